"""Lanes: who rested last works next, and what goes wrong is told to who waits, and kept by nobody."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable

import pytest

from chatapp.generation.offload import Lane


class Wrong(Exception):
    pass


def name() -> str:
    return threading.current_thread().name


@pytest.fixture
def lane() -> Lane:
    return Lane("lane", 3)


@pytest.fixture
def held() -> tuple[threading.Event, Callable[[], str]]:
    """A verb that ends when it may."""
    may = threading.Event()

    def waits() -> str:
        assert may.wait(30)
        return name()

    return may, waits


async def test_one_after_the_other_they_are_done_by_the_same_thread(lane: Lane) -> None:
    assert {await lane(name) for _ in range(20)} == {"lane_0"}


async def test_at_once_they_have_a_thread_each_and_the_rest_waits(
    lane: Lane, held: tuple[threading.Event, Callable[[], str]]
) -> None:
    may, waits = held
    tasks = [asyncio.create_task(lane(waits)) for _ in range(3)]
    late = [asyncio.create_task(lane(name)) for _ in range(5)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks + late)
    may.set()
    assert {await task for task in tasks} == {"lane_0", "lane_1", "lane_2"}
    assert {await task for task in late} <= {"lane_0", "lane_1", "lane_2"}


async def test_what_is_cancelled_is_done_all_the_same(
    lane: Lane, held: tuple[threading.Event, Callable[[], str]]
) -> None:
    may, waits = held
    did = []
    tasks = [asyncio.create_task(lane(waits)) for _ in range(3)]
    gone = asyncio.create_task(lane(did.append, 1))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    may.set()
    await asyncio.gather(*tasks)
    await asyncio.gather(*(lane(name) for _ in range(3)))
    assert did == [1]


async def test_an_error_is_raised_where_it_is_waited_for_and_kept_by_nobody(lane: Lane) -> None:
    def fails(thing: object) -> None:
        raise Wrong

    class Thing:
        pass

    thing = Thing()
    seen = weakref.ref(thing)
    gc.disable()
    try:
        try:
            await lane(fails, thing)
        except Wrong:
            del thing
        await lane(name)
        assert seen() is None, "it waits for the collector"
    finally:
        gc.enable()


def test_a_loop_that_is_closed_meanwhile_takes_no_thread_with_it(
    lane: Lane, held: tuple[threading.Event, Callable[[], str]]
) -> None:
    may, waits = held

    async def leaves() -> None:
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr]
        await lane(waits)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leaves())
    may.set()
    assert asyncio.run(lane(name)) in {"lane_0", "lane_1"}
