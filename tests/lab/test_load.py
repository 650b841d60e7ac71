"""An answer that comes as fast as it can be read, to readers of every kind; and all readers of a site at once after a
restart: equal texts, few frames, little memory, everybody back."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import websockets

from tests.lab.conftest import LONG
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import PATIENCE_SECONDS, Site, memory_mb
from tests.lab.test_readers import SlowReader

FRAMES_A_SECOND = 20
MOST_GROWTH_MB = 150
# Of answers that have ended, all of them together.
BURSTS, BURST_BYTES, MOST_LEFT_MB = 12, 300_000, 55
# What browsers do when the server restarts, in seconds (static/js/lib/connection.js).
RETRY_FIRST, RETRY_LONGEST = 0.5, 15.0


class Audience:
    """Readers of one answer, of each kind so many, and how long each took."""

    def __init__(self, person: Person, *, fast: int, slow: int, flapping: int) -> None:
        self.fast = [Reader(person) for _ in range(fast)]
        self.slow = [SlowReader(person, buffer_bytes=8_192) for _ in range(slow)]
        self.flapping = [Reader(person) for _ in range(flapping)]
        self.late = Reader(person)
        self.seconds: dict[Reader, float] = {}

    @property
    def everyone(self) -> list[Reader]:
        return [*self.fast, *self.slow, *self.flapping, self.late]

    async def reads(self, conversation: str, message: str) -> None:
        steady = (self._read(reader, conversation, message) for reader in (*self.fast, *self.slow))
        flapping = (self._flap(reader, conversation, message) for reader in self.flapping)
        await asyncio.gather(*steady, *flapping, self._read_late(conversation, message))

    async def _read(self, reader: Reader, conversation: str, message: str) -> None:
        async with reader.connected():
            began = time.monotonic()
            await reader.reads(conversation, message)
            self.seconds[reader] = time.monotonic() - began

    async def _flap(self, reader: Reader, conversation: str, message: str) -> None:
        began = time.monotonic()
        while not reader.settled:
            async with reader.connected():
                await reader.reads(conversation, message, frames=random.randint(1, 4))
        self.seconds[reader] = time.monotonic() - began

    async def _read_late(self, conversation: str, message: str) -> None:
        while not self.fast[0].samples:
            await asyncio.sleep(0.01)
        await self._read(self.late, conversation, message)


@pytest.mark.parametrize(
    ("tokens", "rate", "fast", "slow", "flapping"),
    [(20_000, 0, 5, 1, 1), pytest.param(100_000, 10_000, 10, 2, 3, marks=LONG)],
)
async def test_readers_of_every_kind_get_the_same(
    alice: Person, capsys: pytest.CaptureFixture[str], tokens: int, rate: int, fast: int, slow: int, flapping: int
) -> None:
    process = alice.site.child.pid
    before = memory_mb(process)
    audience = Audience(alice, fast=fast, slow=slow, flapping=flapping)
    posted = alice.asks(f"simulate: tokens {tokens}, rate {rate}, no-limit")
    await audience.reads(posted["conversation"], posted["message"])
    message = await asyncio.to_thread(alice.ended, posted["message"])
    thinking, answer = text_of(message, "thinking"), text_of(message, "text")
    assert message["state"] == "done"
    assert (thinking.count("<r"), answer.count("<a")) == (tokens // 2, tokens // 2)
    for reader in audience.everyone:
        reader.shows_only_prefixes_of(thinking, answer)
        # A frame at once, then so many a second; a reader who comes again gets one at once again.
        assert len(reader.samples) <= 5 * (1 + FRAMES_A_SECOND * audience.seconds[reader])
    growth = memory_mb(process) - before
    with capsys.disabled():
        kinds = (audience.fast[0], audience.slow[0], audience.flapping[0], audience.late)
        rates = ", ".join(f"{len(reader.samples)} frames in {audience.seconds[reader]:.1f} s" for reader in kinds)
        print(f"\n{tokens} tokens to {len(audience.everyone)} readers: fast, slow, flapping, late: {rates}", end="")
        print(f"; memory {before} + {growth} MB")
    assert growth < MOST_GROWTH_MB


async def test_bursts_of_endless_answers_leave_little(alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, each to two readers, and stopped soon."""
    memory = [memory_mb(alice.site.child.pid)]
    for _ in range(BURSTS):
        posted = await asyncio.to_thread(alice.asks, "simulate: tokens 6265, rate 0, never-stops")
        readers = [Reader(alice), Reader(alice)]
        listening = [asyncio.create_task(listens(reader, **posted)) for reader in readers]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(reader.bytes > BURST_BYTES for reader in readers):
                await asyncio.sleep(0.05)
        await asyncio.to_thread(alice.stops, posted["generation"])
        await asyncio.to_thread(alice.ended, posted["message"])
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        memory.append(memory_mb(alice.site.child.pid))
    with capsys.disabled():
        print(f"\nmemory before and after each burst: {memory} MB")
    assert memory[-1] - memory[0] < MOST_LEFT_MB


async def listens(reader: Reader, conversation: str, message: str, **_: str) -> None:
    """Read without keeping what was read."""
    async with reader.connected():
        await reader.send(type="watch", conversation=conversation)
        await reader.receive("watching")
        await reader.holds(message)
        while True:
            await reader.ignores("progress")


class Returning(Reader):
    """Comes back as a browser does; `is_live` says whether it is told of its conversation."""

    is_live = False

    async def stays(self, conversation: str, message: str) -> None:
        tries = 0
        while True:
            try:
                async with self.connected():
                    await self.send(type="watch", conversation=conversation)
                    await self.receive("watching")
                    await self.holds(message)
                    self.is_live, tries = True, 0
                    while True:
                        await self.next()
            except websockets.ConnectionClosed as closed:
                wait = 0.2 + 1.3 * random.random() if closed.rcvd and closed.rcvd.code == 1012 else self._wait(tries)
            except (OSError, websockets.WebSocketException, EOFError):
                wait = self._wait(tries)
            self.is_live, tries = False, tries + 1
            await asyncio.sleep(wait)

    def _wait(self, tries: int) -> float:
        return min(RETRY_LONGEST, RETRY_FIRST * 2**tries) * (0.5 + random.random() / 2)


@pytest.fixture
def town(
    start_site: Callable[..., Site], data: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Callable[[], Site], list[Person]]]:
    """A site of its own with so many people, and how it is started."""

    def start(**more: int) -> Site:
        server = [sys.executable, "manage.py", "serve", "--no-setup"]
        started.append(start_site(data, server=server, TRUSTED_PROXIES="1", **more))
        return started[-1].ready()

    started: list[Site] = []
    site = start()
    people = [Person(site, f"citizen-{number}@example.com") for number in range(request.param)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(Person.signs_up, people))
    yield lambda: start(port=site.port), people
    for person in people:
        person.close()
    for one in started:
        one.end(signal.SIGKILL)


@pytest.mark.parametrize(
    ("town", "number", "told"),
    [(4, "SIGTERM", 15), pytest.param(20, "SIGTERM", 15, marks=LONG), pytest.param(20, "SIGKILL", 15, marks=LONG)],
    indirect=["town"],
)
async def test_everybody_is_back_soon_after_a_restart(
    town: tuple[Callable[[], Site], list[Person]], capsys: pytest.CaptureFixture[str], number: str, told: int
) -> None:
    """Fifteen tabs of each person, each with an answer that is being written."""
    restart, people = town
    old = people[0].site
    posted = [person.asks("simulate: thinking 100000, no-limit, rate 5") for person in people]
    readers = [(Returning(person), ids) for person, ids in zip(people, posted, strict=True) for _ in range(15)]
    staying = [asyncio.create_task(reader.stays(ids["conversation"], ids["message"])) for reader, ids in readers]
    await all_live(readers)
    old.child.send_signal(getattr(signal, number))
    while any(reader.is_live for reader, _ in readers):
        await asyncio.sleep(0.05)
    site = await asyncio.to_thread(restart)
    began = time.monotonic()
    await all_live(readers)
    seconds = time.monotonic() - began
    with capsys.disabled():
        print(f"\n{len(readers)} readers live {seconds:.1f} s after the next process listened ({number})")
    for task in staying:
        task.cancel()
    await asyncio.gather(*staying, return_exceptions=True)
    assert seconds < 5 * told
    assert "Traceback" not in site.output


async def all_live(readers: list[tuple[Returning, dict[str, str]]]) -> None:
    async with asyncio.timeout(120):
        while not all(reader.is_live for reader, _ in readers):
            await asyncio.sleep(0.05)
