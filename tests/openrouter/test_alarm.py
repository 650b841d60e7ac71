"""The time limit on waiting."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chatapp.openrouter.alarm import Alarm


async def never() -> None:
    await asyncio.Event().wait()


async def test_waiting_too_long_is_a_timeout_and_leaves_no_trace() -> None:
    alarm = Alarm()
    for _ in range(3):
        with pytest.raises(TimeoutError), alarm.within(0.01):
            await never()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_what_is_quick_enough_is_not_disturbed() -> None:
    alarm = Alarm()
    for _ in range(100):
        with alarm.within(60):
            await asyncio.sleep(0)
    alarm.close()


async def test_a_nearer_limit_goes_before_an_armed_one() -> None:
    alarm = Alarm()
    with alarm.within(3600):
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), alarm.within(0.01):
        await never()


async def test_a_limit_that_has_passed_ends_a_wait_at_once_but_not_what_needs_none() -> None:
    alarm = Alarm()
    with alarm.within(-1):
        pass
    with pytest.raises(TimeoutError), alarm.within(-1):
        await never()


async def test_a_limit_can_be_put_off_while_waiting() -> None:
    alarm = Alarm()
    loop = asyncio.get_running_loop()
    released = asyncio.Event()
    loop.call_later(0.02, alarm.within, 60)
    loop.call_later(0.15, released.set)
    with alarm.within(0.1):
        await released.wait()
    alarm.close()


async def test_between_waits_nothing_rings() -> None:
    alarm = Alarm()
    with alarm.within(0.01):
        pass
    await asyncio.sleep(0.05)
    with alarm.within(60):
        await asyncio.sleep(0)
    alarm.close()


async def test_what_came_while_the_process_stood_still_is_heard() -> None:
    alarm = Alarm()
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)

    def stand_still() -> None:
        time.sleep(0.4)
        far.send(b"x")

    asyncio.get_running_loop().call_soon(stand_still)
    with alarm.within(0.1):
        assert await reader.read(1) == b"x"
    alarm.close()
    far.close()
    writer.close()
    await writer.wait_closed()


async def test_a_loop_that_is_always_late_does_not_put_it_off_for_ever() -> None:
    alarm = Alarm()
    loop = asyncio.get_running_loop()
    looks = 0

    def stand_still() -> None:
        nonlocal looks
        looks += 1
        time.sleep(0.25)
        if looks < 10:
            loop.call_soon(stand_still)

    loop.call_soon(stand_still)
    with pytest.raises(TimeoutError), alarm.within(0.1):
        await never()
    assert looks < 10
    looks = 10


async def test_a_cancelled_task_is_cancelled_and_not_timed_out() -> None:
    alarm = Alarm()
    waiting = asyncio.Event()

    async def work() -> None:
        waiting.set()
        with alarm.within(60):
            await never()

    task = asyncio.create_task(work())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    alarm.close()


async def test_an_error_that_comes_first_is_that_error() -> None:
    alarm = Alarm()
    with pytest.raises(KeyError), alarm.within(60):
        raise KeyError
    alarm.close()


@pytest.mark.parametrize(
    "holds",
    [
        test_waiting_too_long_is_a_timeout_and_leaves_no_trace,
        test_a_nearer_limit_goes_before_an_armed_one,
        test_a_limit_that_has_passed_ends_a_wait_at_once_but_not_what_needs_none,
        test_a_limit_can_be_put_off_while_waiting,
        test_a_loop_that_is_always_late_does_not_put_it_off_for_ever,
    ],
)
def test_the_same_holds_on_the_loop_that_the_site_runs_on(holds: Callable[[], Coroutine[Any, Any, None]]) -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(holds(), 20))
