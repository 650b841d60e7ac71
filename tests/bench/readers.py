"""The readers' process: hears what to do as lines of JSON, does it with many people at once, says what they saw."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from tests.bench.machine import Usage
from tests.bench.people import Failed, Person, RelayPerson, Seen

BROKEN = (Failed, aiohttp.ClientError, OSError, TimeoutError, TypeError)


class Crowd:
    """The people of one server. Each public verb is a command; it gives what goes into the table's figures."""

    def __init__(self, http: aiohttp.ClientSession, origin: str, pid: int, sessions: Sequence[str]) -> None:
        kind = Person if sessions else RelayPerson
        self._people = [kind(http, origin, session) for session in sessions or [""] * 500]
        self._pid = pid
        self._idle: list[Any] = []

    async def connect(self, *, people: int, sockets: int = 1) -> dict[str, Any]:
        """Open idle sockets, so many for each."""
        for _ in range(sockets):
            for start in range(0, people, 50):
                group = self._people[start : min(start + 50, people)]
                self._idle += await asyncio.gather(*(person.connect() for person in group))
        return {"sockets": len(self._idle)}

    async def disconnect(self) -> dict[str, Any]:
        await asyncio.gather(*(socket.close() for socket in self._idle))
        self._idle = []
        return {}

    async def stream(self, *, people: int, tokens: int, rate: int, wait: int, spread: float = 0.0) -> dict[str, Any]:
        """Everybody asks one question, within `spread` seconds, and reads the answer."""
        crowd = self._people[:people]
        # Connected beforehand, as a page is that was read before one asks.
        await self.connect(people=people)
        everyone = [Seen(tokens) for _ in crowd]
        words = f"bench tokens={tokens} wait={wait} rate={rate}"
        before = Usage.of(self._pid)
        steady = asyncio.create_task(self._steady(everyone))
        await asyncio.gather(
            *(
                self._one(person, seen, words, spread * place / people)
                for place, (person, seen) in enumerate(zip(crowd, everyone, strict=True))
            )
        )
        whole = Usage.of(self._pid) - before
        await self.disconnect()
        return _summary(everyone, wait) | {"steady": await steady, "cpu": whole.cpu, "seconds": whole.at}

    async def chats(self, *, people: int, tokens: int, seconds: float, rate: int = 0, wait: int = 0) -> dict[str, Any]:
        """Whole chats one after the other, by so many people at once: asked, read to the end."""
        await self.connect(people=people)
        until = time.monotonic() + seconds
        everyone: list[Seen] = []
        words = f"bench tokens={tokens} wait={wait} rate={rate}"
        before = Usage.of(self._pid)

        async def go_on(person: Person) -> None:
            while time.monotonic() < until:
                everyone.append(Seen(tokens))
                await self._one(person, everyone[-1], words, 0.0)

        await asyncio.gather(*(go_on(person) for person in self._people[:people]))
        whole = Usage.of(self._pid) - before
        await self.disconnect()
        return _summary(everyone, wait) | {"seconds": whole.at, "cpu": whole.cpu}

    async def get(self, *, path: str, times: int) -> dict[str, Any]:
        """The first person opens a page so often."""
        await self._people[0].get(path)
        before = Usage.of(self._pid)
        for _ in range(times):
            await self._people[0].get(path)
        whole = Usage.of(self._pid) - before
        return {"cpu_ms": whole.cpu / times * 1000, "ms": whole.at / times * 1000}

    async def _one(self, person: Person, seen: Seen, words: str, after: float) -> None:
        await asyncio.sleep(after)
        try:
            await person.reads(await person.asks(words, seen), seen)
        except BROKEN as wrong:
            seen.failure = f"{type(wrong).__name__}: {wrong}"

    async def _steady(self, everyone: Sequence[Seen]) -> dict[str, Any]:
        """What was used between the moment when all had begun and the one when the first had ended."""
        while not all(seen.stamps or seen.failure for seen in everyone):
            await asyncio.sleep(0.05)
        before, tokens, frames = Usage.of(self._pid), _sum(everyone, "tokens"), _sum(everyone, "frames")
        while not any(seen.ended or seen.failure for seen in everyone):
            await asyncio.sleep(0.02)
        used = Usage.of(self._pid) - before
        return {
            "cpu": used.cpu,
            "seconds": used.at,
            "tokens": _sum(everyone, "tokens") - tokens,
            "frames": _sum(everyone, "frames") - frames,
            "memory": used.memory + before.memory,
        }


def _sum(everyone: Sequence[Seen], name: str) -> int:
    return sum(getattr(seen, name) for seen in everyone)


def _summary(everyone: Sequence[Seen], wait_ms: int) -> dict[str, Any]:
    good = [seen for seen in everyone if not seen.failure]
    first = sorted(seen.first_after * 1000 - wait_ms for seen in good if seen.stamps)
    lags = sorted(lag for seen in everyone for lag in seen.lags)
    return {
        "asked": len(everyone),
        "failed": len(everyone) - len(good),
        "failures": sorted({seen.failure for seen in everyone if seen.failure})[:3],
        "first": [_quantile(first, 0.5), _quantile(first, 0.99)],
        "lag": [_quantile(lags, 0.5), _quantile(lags, 0.99)],
        "last": max((seen.last_after for seen in good), default=None),
        "tokens": _sum(everyone, "tokens"),
        "bytes": _sum(everyone, "bytes"),
        "frames": _sum(everyone, "frames"),
    }


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(len(values) * share))], 1) if values else None


async def main() -> None:
    """The first line says whom to visit; each further one is a command, answered by a line."""
    reader = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    where = json.loads(await reader.readline())
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=600)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        crowd = Crowd(http, **where)
        while line := await reader.readline():
            command = json.loads(line)
            verb: Callable[..., Awaitable[dict[str, Any]]] = getattr(crowd, command.pop("do"))
            print(json.dumps(await verb(**command)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
