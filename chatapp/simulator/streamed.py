"""An answer as a stream of events."""

from collections.abc import Callable
from functools import partial
from typing import Any

from chatapp.simulator import errors
from chatapp.simulator.chunks import COMMENT, Chunks, Token
from chatapp.simulator.delivery import Delivery, Job
from chatapp.simulator.replies import EVENT_STREAM, Body, ByteLimit, head
from chatapp.simulator.script import Do, ThinkingForm

ENDLESS_PIECE = b"x" * 32_768
_CALL_ID_LETTERS = 20


class Streamed(Delivery):
    """Writes events, and breaks them where the script says so."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        script, record = job.script, job.record
        self._chunked = not script.close_delimited
        self._chunks = Chunks(
            generation=record.generation or "", created=job.created, model=job.ask.slug, script=script
        )
        self._body = Body(
            job.connection,
            chunked=self._chunked,
            piece_bytes=script.piece_bytes,
            piece_seconds=script.piece_seconds,
            limit_bytes=script.byte_stop.at if script.byte_stop else None,
        )
        self._tag_due = script.thinking_form is ThinkingForm.TAGS and job.plan.thinks
        self._garbage = 0
        self._last_write = self._clock()

    async def run(self) -> None:
        try:
            await super().run()
        except ByteLimit:
            assert self.script.byte_stop is not None
            await self._break_connection(self.script.byte_stop.do)

    async def begin(self) -> None:
        framing = {"Transfer-Encoding": "chunked"} if self._chunked else {"Connection": "close"}
        headers = {
            "Content-Type": EVENT_STREAM,
            "Cache-Control": "no-cache",
            "X-Generation-Id": self.record.generation or "",
            **framing,
        }
        self.record.status = 200
        self.connection.send(head(200, headers))
        if self.script.bom:
            await self._write(b"\xef\xbb\xbf")
        if (self.job.ask.body.get("debug") or {}).get("echo_upstream_body") is True:
            await self._write(self._chunks.echo(self.job.ask.body))
        if self.script.odd:
            await self._write(self._chunks.odd())

    async def put(self, batch: list[Token]) -> None:
        # Up to a byte limit one token at a time, or the record would claim some that never went out.
        groups = [batch] if self.script.byte_stop is None else [[token] for token in batch]
        for group in groups:
            noted = partial(self.record.note, group, hidden=self.job.ask.exclude)
            if data := b"".join(map(self._event, group)):
                await self._write(data, noted)
            else:
                noted()
                await self.connection.drain()

    def _event(self, token: Token) -> bytes:
        kind, _ = token
        if kind == "thinking" and self.job.ask.exclude:
            return b""
        event = self._chunks.token(token)
        if self._tag_due and kind == "answer":
            self._tag_due = False
            event = self._chunks.closing_tag() + event
        if self._garbage < self.script.garbage:
            event += self._chunks.bad(self._garbage)
            self._garbage += 1
        return event

    async def wait(self, seconds: float, *, comments: bool) -> None:
        if not comments:
            await self._body.flush()
            await self.connection.sleep(seconds)
            return
        over = self._clock() + seconds
        while (left := over - self._clock()) > 0:
            quiet = self._last_write + self.job.comment_seconds - self._clock()
            if quiet <= 0:
                await self._write(COMMENT)
                continue
            await self._body.flush()
            await self.connection.sleep(min(left, quiet))

    async def end(self, finish: str, usage: dict[str, Any]) -> None:
        await self._write(b"".join(self._last_events(finish, usage)), partial(self.record.end, "complete"))
        await self._body.flush()
        if self.script.stay_open:
            await self.connection.hang()
        await self._body.end()

    def _last_events(self, finish: str, usage: dict[str, Any]) -> list[bytes]:
        events: list[bytes] = []
        if self._tag_due and finish == "stop":
            events.append(self._chunks.closing_tag())
        events += [self._chunks.bad(number) for number in range(self._garbage, self.script.garbage)]
        if finish == "tool_calls":
            for index, call in enumerate(self.job.plan.calls):
                call_id = f"call_{(self.record.generation or '')[-_CALL_ID_LETTERS:]}{index}"
                events.append(self._chunks.call(index, call, call_id))
        if self.script.finish:
            events.append(self._chunks.ending(finish, usage))
        if self.script.done:
            events.append(self._chunks.done())
        return events

    async def fail(self) -> None:
        error = errors.error_object(self.script.status, self.script.variant)
        done = self._chunks.done() if self.script.done_after_error else b""
        await self._write(self._chunks.error(error, self.script.shape) + done, partial(self.record.end, "complete"))
        await self._body.end()

    async def break_off(self, do: Do) -> None:
        match do:
            case Do.ENDLESS:
                await self._write(self._chunks.torn_json())
                while True:
                    await self._write(ENDLESS_PIECE)
            case Do.CUT_IN_JSON:
                await self._write(self._chunks.torn_json())
            case Do.CUT_IN_CHARACTER:
                await self._write(self._chunks.torn_character())
        await self._body.flush()
        await self._break_connection(do)

    async def _break_connection(self, do: Do) -> None:
        if do is Do.HANG:
            await self.connection.hang()
        self.record.end("broken", "server")
        if do is Do.RESET:
            await self.connection.reset()
        else:
            self.connection.close()

    async def _write(self, data: bytes, noted: Callable[[], None] | None = None) -> None:
        if self.script.newline != b"\n":
            data = data.replace(b"\n", self.script.newline)
        self._last_write = self._clock()
        await self._body.write(data, noted)
