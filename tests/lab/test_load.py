"""An answer that comes as fast as it can be read, to readers of every speed: equal texts, few frames, little memory."""

import asyncio
import contextlib
import time

import pytest

from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import memory_mb

TOKENS = 20_000
FRAMES_A_SECOND = 20
MOST_GROWTH_MB = 150


class SlowReader(Reader):
    """Applies, and acknowledges, one frame a second."""

    async def next(self) -> dict[str, object]:
        await asyncio.sleep(1)
        return await super().next()


async def test_readers_of_every_speed_get_the_same(alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    process = alice.site.child.pid
    before = memory_mb(process)
    fast, slow, late = [Reader(alice) for _ in range(5)], SlowReader(alice), Reader(alice)
    seconds: dict[Reader, float] = {}

    async def read(reader: Reader, ids: dict[str, str]) -> None:
        began = time.monotonic()
        await reader.reads(ids["conversation"], ids["message"])
        seconds[reader] = time.monotonic() - began

    async def read_late(ids: dict[str, str]) -> None:
        while not fast[0].samples:
            await asyncio.sleep(0.01)
        async with late.connected():
            await read(late, ids)

    async with contextlib.AsyncExitStack() as all_open:
        for reader in (*fast, slow):
            await all_open.enter_async_context(reader.connected())
        posted = await asyncio.to_thread(alice.asks, f"simulate: tokens {TOKENS}, rate 0, no-limit")
        await asyncio.gather(*(read(reader, posted) for reader in (*fast, slow)), read_late(posted))
    message = await asyncio.to_thread(alice.ended, posted["message"])
    thinking, answer = text_of(message, "thinking"), text_of(message, "text")
    assert message["state"] == "done"
    assert (thinking.count("<r"), answer.count("<a")) == (TOKENS // 2, TOKENS // 2)
    for reader in (*fast, slow, late):
        reader.shows_only_prefixes_of(thinking, answer)
        # A frame at once, then so many a second; five times that on a noisy machine.
        assert len(reader.samples) <= 5 * (1 + FRAMES_A_SECOND * seconds[reader])
    assert len(slow.samples) <= len(fast[0].samples)
    growth = memory_mb(process) - before
    with capsys.disabled():
        rates = ", ".join(f"{len(r.samples)} frames in {seconds[r]:.1f} s" for r in (fast[0], slow, late))
        print(f"\n{TOKENS} tokens to 7 readers: fast, slow, late: {rates}; memory {before} + {growth} MB")
    assert growth < MOST_GROWTH_MB
