"""A bell's wait ends at a ring or when its time is over, however short that is, on every loop the site runs on."""

import asyncio
from collections.abc import Callable

import pytest

from chatapp.broadcast import Bells


def every_loop() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    try:
        import uvloop
    except ImportError:
        return [asyncio.new_event_loop]
    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("loop", every_loop())
@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.0004, 0.002])
def test_short_waits_end_and_leave_nothing_that_troubles_the_next(
    loop: Callable[[], asyncio.AbstractEventLoop], seconds: float
) -> None:
    async def listen() -> None:
        bells = Bells(owner="this process")
        bell = bells.open()
        bell.listen("g1")
        # Nothing rings: the time ends it.
        assert await bell.wait(seconds) == set()
        # Its timer went off a moment too early and is set anew, when it is waited at again after a ring.
        bell._due_at = asyncio.get_running_loop().time() + seconds
        bell._arm()
        asyncio.get_running_loop().call_later(0.01, bells.ring_here, ["g1"])
        while not (rung := await bell.wait(60)):
            # It may have gone off before.
            pass
        assert rung == {"g1"}
        assert await bell.wait(seconds) == set()
        bell.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(listen(), 30))
