"""One streamed answer over the network: opens it, repeats it when that can help, reads it, watches the time.

Nothing here knows an HTTP library: an ``Exchange`` is one request and its answer, made by ``client.py``.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from chatapp.openrouter.alarm import Alarm
from chatapp.openrouter.errors import (
    BadUpstream,
    ConnectionLost,
    NothingCame,
    NotReached,
    TooMuch,
    TooSlow,
    UpstreamError,
)
from chatapp.openrouter.events import Event, Problem, Retrying, Usage
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.reader import Reader
from chatapp.openrouter.refusals import from_answer
from chatapp.openrouter.verdict import Verdict
from chatapp.words import Reason, State, ThinkTags

PAUSES_SECONDS = (1.0, 3.0)
JITTER = 0.25
ERROR_BODY_BYTES = 64 * 1024
# Half of what one read gives at most; what a model says within a fifth of a second is less.
RUSHING_BYTES = 8 * 1024


class Exchange(Protocol):
    """One request and its answer. Its methods raise nothing but ``UpstreamError``."""

    status: int
    headers: Mapping[str, str]
    sent: bool  # whether any of the request's body went out, so that upstream may have acted on it

    async def open(self, on_progress: Callable[[], object]) -> None:
        """Connect, send, wait for the answer's headers; ``on_progress`` is called for each piece sent until then."""

    async def read(self) -> bytes:
        """The next piece of the answer's body; empty at its end."""

    def rest(self) -> None:
        """Take nothing more from the network until the next ``read``."""

    async def aclose(self) -> None:
        """Let go of the connection: closed at once, unless the answer was read to its end."""


class AnswerStream:
    """Batches of events, one for each piece from the network that brought any.

    Iterate in one task, once. Iterating never raises for what upstream or the network does: then the last event is a
    ``Problem``. Afterwards ``verdict()`` says how it ended. Before the first delta a request is repeated, at most
    twice, when its error allows that; ``Retrying`` tells it.
    """

    def __init__(
        self,
        make_exchange: Callable[[], Exchange],
        *,
        limits: Limits,
        think_tags: ThinkTags,
        secrets: Callable[[], Sequence[str]],
        sleep: Callable[[float], Awaitable[object]],
        random: Callable[[], float],
    ) -> None:
        self.error: UpstreamError | None = None
        self.requests = 0
        self._make_exchange = make_exchange
        self._limits = limits
        self._think_tags = think_tags
        self._secrets = secrets
        self._sleep = sleep
        self._random = random
        self._clock = asyncio.get_running_loop().time
        self._started = self._clock()
        self._alarm = Alarm()
        self._batches = self._run()
        self._begin()

    def __aiter__(self) -> AsyncIterator[list[Event]]:
        return self._batches

    @property
    def generation_id(self) -> str:
        """Upstream's id of the answer, for asking its cost later; empty if it gave none."""
        return self._exchange.headers.get("x-generation-id", "") or self._reader.generation_id

    @property
    def usage(self) -> Usage | None:
        """What was used, if upstream said so."""
        return self._reader.usage

    @property
    def sent(self) -> bool:
        """Whether the last request went out, so that it may be billed."""
        return self._exchange.sent

    @property
    def is_rushing(self) -> bool:
        """Whether the last piece was so large that more is probably waiting."""
        return self._piece_bytes >= RUSHING_BYTES

    def verdict(self) -> Verdict:
        """How it ended, once the iteration is over."""
        return Verdict(self.error.state, self.error.reason) if self.error else self._reader.verdict()

    async def aclose(self) -> None:
        """Stop at once, wherever it stands."""
        self._alarm.close()
        try:
            await self._batches.aclose()
        finally:
            await self._exchange.aclose()

    def _begin(self) -> None:
        """A fresh reader for a fresh request."""
        self.error = None
        self._exchange = self._make_exchange()
        self._reader = Reader(self._think_tags, self._limits)
        self._received = self._piece_bytes = 0
        self._waited = 0.0  # seconds of waiting since the last progress

    async def _run(self) -> AsyncGenerator[list[Event], None]:
        while True:
            self.requests += 1
            async for batch in self._request():
                yield batch
            if self.error is None:
                return
            self.error.hide(self._secrets())
            pause = self._pause(self.error)
            if pause is None:
                yield [Problem(self.error)]
                return
            yield [Retrying(self.error, pause)]
            await self._exchange.aclose()
            await self._sleep(pause)
            self._begin()

    async def _request(self) -> AsyncGenerator[list[Event], None]:
        """One request from its beginning to its end; what went wrong is left in ``error``."""
        try:
            await self._open()
            while not self._reader.done and not self._reader.error and (piece := await self._read()):
                batch = self._digest(piece)
                if batch:
                    if not self.is_rushing and not self._reader.done:
                        # What comes while the listener rests is then read in one go, not a token at a time. After the
                        # end only the connection's own is to come, which makes it one that can be used again.
                        self._exchange.rest()
                    yield batch
        except UpstreamError as error:
            self.error = error
        batch = _without_problem(self._reader.close())
        if batch:
            yield batch
        self.error = self.error or self._reader.error or self._nothing()

    async def _open(self) -> None:
        try:
            with self._alarm.within(self._limits.connect_seconds):
                await self._exchange.open(lambda: self._alarm.within(self._limits.first_byte_seconds))
        except TimeoutError:
            if self._exchange.sent:
                raise TooSlow(f"no answer within {self._limits.first_byte_seconds:g} s") from None
            raise NotReached(f"no connection within {self._limits.connect_seconds:g} s") from None
        encoding = self._exchange.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise BadUpstream(f"a body encoded as {encoding!r}, which was not asked for")
        kind = self._exchange.headers.get("content-type", "").lower()
        if self._exchange.status != 200 or "json" in kind or "html" in kind:
            raise await self._no_stream(kind)

    async def _no_stream(self, kind: str) -> UpstreamError:
        """The error in an answer that is no stream."""
        status, body = self._exchange.status, b""
        try:
            with self._alarm.within(self._limits.first_byte_seconds):
                while len(body) < ERROR_BODY_BYTES and (piece := await self._exchange.read()):
                    body += piece
        except (TimeoutError, UpstreamError):
            pass  # what came of it must do
        if status == 200 and not body.strip():
            return NothingCame("an empty body", status=status)
        if status == 200 and ("html" in kind or b'"error"' not in body):
            return BadUpstream(f"{len(body)} bytes of {kind} instead of a stream", status=status)
        return from_answer(status=status, headers=self._exchange.headers, body=body, now=time.time())

    async def _read(self) -> bytes:
        """The next piece; empty at the end. After the finish chunk no trouble is worth telling."""
        seconds, otherwise = self._patience()
        before = self._clock()
        # The alarm lets a process that stood still hear what came meanwhile; of this limit nothing may come afterwards.
        if self._reader.finish_reason is None and before - self._started > self._limits.whole_seconds:
            raise TooSlow(f"not finished within {self._limits.whole_seconds:g} s")
        try:
            with self._alarm.within(seconds):
                piece = await self._exchange.read()
        except (TimeoutError, ConnectionLost) as error:
            if self._reader.finish_reason is not None:
                return b""
            if isinstance(error, TimeoutError):
                raise TooSlow(otherwise) from None
            raise
        self._waited += self._clock() - before
        self._piece_bytes = len(piece)
        self._received += self._piece_bytes
        if self._received > self._limits.body_bytes:
            raise TooMuch(f"a body of more than {self._limits.body_bytes} bytes")
        return piece

    def _patience(self) -> tuple[float, str]:
        """How long to wait for the next piece, and what to say if it does not come."""
        limits = self._limits
        if self._reader.finish_reason is not None:
            return limits.tail_seconds - self._waited, "no end"
        deltas = limits.between_deltas_seconds if self._reader.deltas else limits.first_delta_seconds
        whole = limits.whole_seconds - (self._clock() - self._started)
        silence = limits.idle_bytes_seconds
        if silence <= deltas - self._waited and silence <= whole:
            return silence, f"no byte for {silence:g} s"
        if whole <= deltas - self._waited:
            return whole, f"not finished within {limits.whole_seconds:g} s"
        return deltas - self._waited, f"comments but no delta for {deltas:g} s"

    def _digest(self, piece: bytes) -> list[Event]:
        reader = self._reader
        before = reader.deltas, reader.finish_reason
        batch = reader.feed(piece)
        if before != (reader.deltas, reader.finish_reason):
            self._waited = 0.0
        return _without_problem(batch)

    def _nothing(self) -> UpstreamError | None:
        """A proper end without a word is an error too. It may be asked again if no token was made."""
        if self._reader.deltas or self._reader.verdict() != (State.FAILED, Reason.EMPTY):
            return None
        nothing = NothingCame(f"no word, finish reason {self._reader.finish_reason!r}")
        if self.usage is not None and self.usage.completion_tokens:
            nothing.retries = 0
        return nothing

    def _pause(self, error: UpstreamError) -> float | None:
        """Seconds to wait before the same request is made again; None when it must not be."""
        again = self.requests - 1
        if self._reader.deltas or again >= min(error.retries, len(PAUSES_SECONDS)):
            return None
        pause = PAUSES_SECONDS[again] * (1 + JITTER * (2 * self._random() - 1))
        if error.retry_after is not None:
            pause = max(pause, error.retry_after)
            if error.retry_after > self._limits.retry_after_seconds:
                return None
        # All tries to connect together may take as long as one.
        if not self._exchange.sent and self._clock() - self._started + pause > self._limits.connect_seconds:
            return None
        return pause


def _without_problem(batch: list[Event]) -> list[Event]:
    """Whether a problem is told or the request repeated is decided later."""
    if batch and isinstance(batch[-1], Problem):
        batch.pop()
    return batch
