"""The course of an answer: tokens by the clock, and what the script wants to happen between them.

`Delivery` knows when; how a thing looks on the wire is decided by `streamed` and `in_one_piece`.
"""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chatapp.simulator import prices
from chatapp.simulator.ask import Ask
from chatapp.simulator.chunks import Token
from chatapp.simulator.connection import Connection
from chatapp.simulator.plan import Plan
from chatapp.simulator.record import Record
from chatapp.simulator.script import Do, Script, Stop

# Tokens in one write when behind the clock: enough to be quick, few enough to let others run.
BATCH_TOKENS = 256
# What an answer nobody hears is billed at most; the longest known of the real model.
RUNAWAY_TOKENS = 82_393


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to deliver. `rate` is in tokens per second, 0 for as fast as they are taken."""

    ask: Ask
    script: Script
    plan: Plan
    record: Record
    connection: Connection
    rate: float
    lead_seconds: float
    comment_seconds: float
    created: int


class Delivery(ABC):
    """Carries out one `Job`. Raises Gone when the connection ends, whoever ended it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.connection = job.connection
        self.script = job.script
        self.record = job.record
        self._clock = asyncio.get_running_loop().time
        self._tokens = islice(job.plan.tokens, job.plan.limit)
        self._sent = 0
        self._began = 0.0

    async def run(self) -> None:
        """Deliver the answer to its end, natural or not. The record says which."""
        await self.connection.sleep(self.script.delay)
        await self.begin()
        await self.wait(self.script.silent, comments=False)
        await self.wait(self.script.wait or self.job.lead_seconds, comments=True)
        self._began = self._clock()
        for stop in self.script.stops:
            if not await self._flow(stop.after):
                break
            if await self._reach(stop):
                return
        else:
            await self._flow(None)
        await self._finish(self._natural_finish())

    @abstractmethod
    async def begin(self) -> None:
        """Say what comes before any token."""

    @abstractmethod
    async def put(self, batch: list[Token]) -> None:
        """Send tokens and note them in the record."""

    @abstractmethod
    async def wait(self, seconds: float, *, comments: bool) -> None:
        """Let time pass, with or without signs of life."""

    @abstractmethod
    async def end(self, finish: str, usage: dict[str, Any]) -> None:
        """Say the end."""

    @abstractmethod
    async def fail(self) -> None:
        """Say the error of the script."""

    @abstractmethod
    async def break_off(self, do: Do) -> None:
        """End the connection in the wrong way, or never."""

    async def _reach(self, stop: Stop) -> bool:
        """Do what is to be done here. True when that was the end."""
        match stop.do:
            case Do.PAUSE | Do.WAIT:
                self._began += stop.seconds
                await self.wait(stop.seconds, comments=stop.do is Do.WAIT)
                return False
            case Do.LENGTH:
                await self._finish("length")
            case Do.FILTER:
                await self._finish("content_filter")
            case Do.ERROR:
                self.record.finish_reason = "error"
                await self.fail()
                self.record.end("complete")
            case _:
                await self.break_off(stop.do)
        return True

    async def _flow(self, until: int | None) -> bool:
        """Send tokens up to a number of them. False when there are no more."""
        while until is None or self._sent < until:
            room = BATCH_TOKENS if until is None else min(BATCH_TOKENS, until - self._sent)
            batch = list(islice(self._tokens, min(room, await self._due())))
            if not batch:
                return False
            self._sent += len(batch)
            await self.put(batch)
        return True

    async def _due(self) -> int:
        """How many tokens may go out now; waits until it is at least one."""
        if not self.job.rate:
            return BATCH_TOKENS
        while True:
            now = self._clock()
            due = int((now - self._began) * self.job.rate) + 1 - self._sent
            if due > 0:
                return due
            await self.wait(self._began + self._sent / self.job.rate - now, comments=True)

    async def _finish(self, finish: str) -> None:
        usage = self.usage()
        if self.script.finish:
            self.record.finish_reason = finish
        self.record.usage = usage
        await self.end(finish, usage)
        self.record.end("complete")

    def _natural_finish(self) -> str:
        plan = self.job.plan
        cut_short = plan.limit is not None and self._sent >= plan.limit and next(plan.tokens, None) is not None
        return "length" if cut_short else plan.finish

    def usage(self, *, whole: bool = False) -> dict[str, Any]:
        """The bill so far, or of the `whole` answer: the provider goes on when the client has gone."""
        counts = dict(self.record.tokens)
        if whole:
            for kind, _ in islice(self._tokens, max(0, RUNAWAY_TOKENS - self._sent)):
                counts[kind] += 1
        return prices.usage(
            self.job.ask.model.price,
            prompt=self.job.ask.prompt_tokens,
            thinking=counts["thinking"],
            answer=counts["answer"],
        )
