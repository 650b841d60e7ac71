"""An upstream that costs little: OpenRouter's stream from chunks encoded beforehand. A process of its own.

A question says what it wants: `bench tokens=600 wait=100 rate=50` (`rate=0`: as fast as they are taken; else a
multiple of RATE). All streams with a rate share one clock of one-millisecond slots, so that a thousand cost little more than one.
"""

import asyncio
import json
import re
import sys
from collections import deque
from functools import cache
from itertools import chain

from tests.bench import text

RATE = 50
SLOTS = 1000 // RATE
_WISH = re.compile(rb"bench tokens=(\d+) wait=(\d+) rate=(\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_HOLE = b"Q00000000"
_START = {
    "id": "gen-1795348801-Bench00000000000000",
    "object": "chat.completion.chunk",
    "created": 1795348801,
    "model": "qwen/qwen3-vl-8b-thinking",
    "provider": "Alibaba",
}


def _event(value: object) -> bytes:
    data = b"data: " + (value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()) + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def _delta(delta: dict[str, object], **choice: object) -> dict[str, object]:
    whole = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None, "native_finish_reason": None}
    return {**_START, "choices": [whole | choice]}


@cache
def chunks(count: int) -> list[list[bytes]]:
    """Each token's event, with its HTTP framing; those of marks in pieces, between which the mark comes."""
    found = []
    for kind, tokens in zip(("thinking", "answer"), text.tokens(count), strict=True):
        for token in tokens:
            shown = token.replace("@", _HOLE.decode())
            detail = {"type": "reasoning.text", "text": shown, "format": "unknown", "index": 0}
            thinking: dict[str, object] = {"content": "", "reasoning": shown, "reasoning_details": [detail]}
            found.append(_event(_delta(thinking if kind == "thinking" else {"content": shown})).split(_HOLE))
    return found


@cache
def ending(count: int) -> bytes:
    """Finish, usage, [DONE], and the end of the body."""
    usage = {
        "prompt_tokens": 40,
        "completion_tokens": count,
        "total_tokens": count + 40,
        "completion_tokens_details": {"reasoning_tokens": round(count * text.THINKING_SHARE)},
        "cost": count * 1.365e-06,
    }
    finish = _delta({"content": ""}, finish_reason="stop", native_finish_reason="stop")
    return b"".join(map(_event, (finish, _delta({"content": ""}) | {"usage": usage}, b"[DONE]"))) + b"0\r\n\r\n"


class Stream:
    """One answer on its way."""

    def __init__(self, transport: asyncio.Transport, count: int) -> None:
        self._transport = transport
        self._count = count
        self._chunks = iter(chunks(count))
        self._marks = 0
        self._is_over = False

    def one(self) -> bool:
        """Say the next token. False when there was none left and the end was said."""
        if self._is_over or self._transport.is_closing():
            return False
        pieces = next(self._chunks, None)
        self._is_over = pieces is None
        self._transport.write(ending(self._count) if pieces is None else self._filled(pieces))
        return not self._is_over

    async def all(self, drained: asyncio.Event) -> None:
        """Say everything, as fast as it is taken."""
        batch: deque[bytes] = deque()
        for pieces in self._chunks:
            batch.append(self._filled(pieces))
            if len(batch) == 100:
                self._transport.write(b"".join(batch))
                batch.clear()
                await drained.wait()
                await asyncio.sleep(0)
        self._transport.write(b"".join(chain(batch, [ending(self._count)])))

    def _filled(self, pieces: list[bytes]) -> bytes:
        if len(pieces) == 1:
            return pieces[0]
        mark = text.stamp(self._marks, text.now_ms()).encode()
        self._marks += 1
        return mark.join(pieces)


class Clock:
    """Gives each stream with a rate its turn, every twenty milliseconds, or as often more as its rate says."""

    def __init__(self) -> None:
        self._slots: list[set[Stream]] = [set() for _ in range(SLOTS)]
        self._loop = asyncio.get_running_loop()
        self._at = int(self._loop.time() * 1000)
        self._is_running = False

    def begin(self, stream: Stream, wait_ms: int, rate: int = RATE) -> None:
        """The stream's first token comes after the wait, the others at the rate."""
        self._loop.call_later(wait_ms / 1000, self._join, stream, max(1, rate // RATE))

    def _join(self, stream: Stream, turns: int) -> None:
        now = int(self._loop.time() * 1000)
        if not self._is_running:
            self._is_running, self._at = True, now
            self._loop.call_later(0.001, self._tick)
        # The slot that has just been served: the next token is due a whole turn later.
        if stream.one():
            for turn in range(turns):
                self._slots[(self._at + turn * SLOTS // turns) % SLOTS].add(stream)

    def _tick(self) -> None:
        now = int(self._loop.time() * 1000)
        while self._at < now:
            self._at += 1
            slot = self._slots[self._at % SLOTS]
            over = [stream for stream in slot if not stream.one()]
            slot.difference_update(over)
        self._is_running = any(self._slots)
        if self._is_running:
            self._loop.call_later(0.001, self._tick)


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bytes = b""
        self._drained = asyncio.Event()
        self._drained.set()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        head, end, rest = self._bytes.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(rest) < (size := int(length[1]) if length else 0):
            return
        self._bytes = rest[size:]
        wishes = _WISH.findall(rest[:size])
        if not wishes:
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        count, wait_ms, rate = map(int, wishes[-1])
        self._transport.write(_HEAD)
        stream = Stream(self._transport, count)
        if rate:
            self._clock.begin(stream, wait_ms, rate)
        else:
            self._task = asyncio.create_task(stream.all(self._drained))


async def main() -> None:
    """Serve on a free port of loopback, say which, and end with standard input."""
    clock = Clock()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(clock), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
