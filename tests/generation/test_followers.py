"""Readers that share a follower: one that goes leaves nothing half done to the others."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from chatapp.generation.draft import Row
from chatapp.generation.follower import Reading
from chatapp.generation.followers import INLINE_CHARS, Shared


class Slow:
    """A follower that takes in what it is given when it may."""

    generation_id, is_gone, is_settled, seq = 1, False, False, 0

    def __init__(self) -> None:
        self.may, self.begun, self.taken = threading.Event(), threading.Event(), list[int]()

    def must_begin(self, reading: Reading) -> bool:
        return False

    def apply(self, reading: Reading) -> None:
        self.begun.set()
        assert self.may.wait(30)
        self.taken += [row.seq for row in reading.rows]
        self.seq = self.taken[-1] if self.taken else 0


async def test_what_was_settled_here_is_not_read_again() -> None:
    follower = Slow()
    follower.may.set()
    shared = Shared(follower, lambda generation_id: None)
    shared.hear(Reading(None, (Row(7, 0, "end", 0),)))
    # There is no database here to be asked.
    await shared.refresh()
    assert follower.taken == [7]


async def test_the_first_word_does_not_wait_because_somebody_looked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    follower, rows = Slow(), list[Row]()
    follower.may.set()
    shared = Shared(follower, lambda generation_id: SimpleNamespace(standing=None, committed=rows))
    rests = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", rest)
    await shared.refresh()
    rows.append(Row(1, 0, "word", 0))
    await shared.refresh()
    assert (follower.taken, rests) == ([1], [])
    rows.append(Row(2, 0, "more", 0))
    await shared.refresh()
    assert follower.taken == [1, 2]
    assert len(rests) == 1, "what comes after it comes in fewer, bigger frames"


async def test_what_a_reader_began_who_went_is_not_done_twice() -> None:
    follower = Slow()
    rows = [Row(1, 0, "x" * INLINE_CHARS, 0), Row(2, 0, "y", 0)]
    shared = Shared(follower, lambda generation_id: SimpleNamespace(standing=None, committed=rows))
    goes = asyncio.create_task(shared.refresh())
    async with asyncio.timeout(30):
        while not follower.begun.is_set():
            await asyncio.sleep(0.01)
    goes.cancel()
    stays = asyncio.create_task(shared.refresh())
    for _ in range(20):  # turns of the loop, in which the other would begin
        await asyncio.sleep(0)
    follower.may.set()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await goes
    assert follower.taken == [1, 2]
