"""`POST /chat/completions`: from the body of a request to the end of its answer."""

import asyncio
import time
from pathlib import Path

from chatapp.simulator.ask import read_ask, read_body
from chatapp.simulator.connection import Connection, Gone
from chatapp.simulator.delivery import Delivery, Job
from chatapp.simulator.in_one_piece import InOnePiece
from chatapp.simulator.instead import reply_instead
from chatapp.simulator.plan import make_plan
from chatapp.simulator.record import Journal, Record, generation_figures, new_generation_id
from chatapp.simulator.replayed import Replayed, find_recording
from chatapp.simulator.requests import Request
from chatapp.simulator.script import Script
from chatapp.simulator.stage import Stage
from chatapp.simulator.streamed import Streamed

COMMENT_SECONDS = 1.0


class Chat:
    """Answers chat requests. `pace` is in tokens per second, 0 for as fast as they are taken; times in seconds."""

    def __init__(
        self,
        *,
        journal: Journal,
        stage: Stage,
        pace: float,
        lead_seconds: float,
        generation_seconds: float,
        streams: Path | None,
    ) -> None:
        self._journal = journal
        self._stage = stage
        self._pace = pace
        self._lead_seconds = lead_seconds
        self._generation_seconds = generation_seconds
        self._streams = streams
        self.spent_dollars = 0.0

    async def complete(self, request: Request, connection: Connection, record: Record) -> None:
        """Answer. Raises ApiError before anything is sent, Gone when the connection ends."""
        body = read_body(request.body)
        record.body = body
        ask = read_ask(body)
        script, question = self._stage.next_script(ask.question)
        record.script = script.text
        if script.instead is not None:
            await connection.sleep(script.delay)
            await reply_instead(script, connection, record)
            return
        record.generation = new_generation_id()
        job = Job(
            ask=ask,
            script=script,
            plan=make_plan(ask, script, question),
            record=record,
            connection=connection,
            rate=self._pace if script.rate is None else script.rate,
            lead_seconds=0.0 if script.scripted else self._lead_seconds,
            comment_seconds=script.comment_every or COMMENT_SECONDS,
            created=int(time.time()),
        )
        await self._deliver(self._delivery(job))

    def _delivery(self, job: Job) -> Delivery:
        if job.script.replay is not None:
            return Replayed(job, find_recording(self._streams, job.script.replay))
        return Streamed(job) if job.ask.stream else InOnePiece(job)

    async def _deliver(self, delivery: Delivery) -> None:
        record = delivery.record
        try:
            await delivery.run()
        except Gone:
            record.end("broken", delivery.connection.closed_by)
            raise
        except asyncio.CancelledError:
            record.end("broken", "server")
            raise
        finally:
            self._settle(delivery, delivery.script)

    def _settle(self, delivery: Delivery, script: Script) -> None:
        record = delivery.record
        cancelled = record.closed_by == "client"
        # The provider works on when a client has gone, and an error costs nothing.
        usage = record.usage or delivery.usage(whole=cancelled)
        if record.finish_reason == "error":
            usage = {**usage, "cost": 0}
        self.spent_dollars += usage["cost"]
        after = script.generation_after
        self._journal.add_generation(
            generation_figures(record, model=delivery.job.ask.slug, usage=usage, cancelled=cancelled),
            seconds=self._generation_seconds if after is None else after,
        )
