"""The sending half of a socket, where its edges are hard to reach from outside."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatapp import events
from chatapp.broadcast import Bells
from chatapp.sockets import viewer as room
from chatapp.sockets.guard import Visitor
from chatapp.sockets.viewer import Viewer
from chatapp.wiring import House


async def _said(_: Any) -> int:
    return 0


def _viewer(codes: list[int]) -> Viewer:
    async def close(code: int) -> None:
        codes.append(code)

    house = cast(House, SimpleNamespace(bells=Bells(owner="this process")))
    return Viewer(house, Visitor(pk=1, session_key="k"), _said, close)


@pytest.mark.parametrize(("size", "most"), [(100, 256), (64_000, 1)])
async def test_commands_that_wait_are_few_or_small(size: int, most: int) -> None:
    viewer = _viewer([])
    heard = [viewer.hear(events.Hold(message="m"), size) for _ in range(most + 1)]
    assert heard == [True] * most + [False]


async def test_what_needs_no_doing_may_be_said_without_end() -> None:
    viewer = _viewer([])
    assert all(viewer.hear(events.Ack(count=number), 30) for number in range(10_000))


async def test_commands_that_were_done_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "look_for", lambda _, commands: [None for _ in commands])
    viewer = _viewer([])
    running = asyncio.create_task(viewer.run())
    for _ in range(5):
        assert all(viewer.hear(events.Ping(), 16) for _ in range(240))
        while viewer._commands:
            await asyncio.sleep(0)
    running.cancel()


class EarlyBell:
    """Rings for nobody, and a moment before the time is over, as a timer may."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock

    async def wait(self, seconds: float) -> set[str]:
        await asyncio.sleep(0)
        # A timer's grain: what is left of a moment passes whole.
        self._clock.now += seconds - 0.002 if seconds > 0.002 else 0.002
        return set()


class Clock:
    """Time as the bell lets it pass."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


async def test_whose_socket_it_is_is_asked_every_half_minute_though_timers_go_off_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, codes, asked = Clock(), [], []
    monkeypatch.setattr(room, "time", clock)

    def identify(session_key: str) -> Visitor | None:
        asked.append(clock.now)
        return Visitor(pk=1, session_key=session_key) if len(asked) < 4 else None

    monkeypatch.setattr(room, "identify", identify)
    viewer = _viewer(codes)
    viewer._bell = cast(Any, EarlyBell(clock))
    await viewer.run()
    assert codes == [events.CLOSE_SIGNED_OUT]
    assert [at - 1_000.0 for at in asked] == pytest.approx([30, 60, 90, 120], abs=0.1)
