"""The watchdog tells a process that is gone from a clock that jumped."""

from datetime import UTC, datetime, timedelta

import pytest

from chatapp.generation import watchdog
from chatapp.generation.watchdog import PATROL_SECONDS, Pulse


class World:
    """A wall clock that jumps, a monotonic one that does not, and a process that beats, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.seconds = datetime(2026, 11, 26, tzinfo=UTC), 0.0
        self.pulse = Pulse(lambda: self.seconds)
        self.beat = self.wall
        monkeypatch.setattr(watchdog.timezone, "now", lambda: self.wall)

    def passes(self, seconds: float, *, alive: bool) -> bool:
        """Time goes by; whether the process is thought gone on the next patrol."""
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds
        if alive:
            self.beat = self.wall
        return self.pulse.silent({1: self.beat}) == [1]

    def jumps(self, hours: float) -> bool:
        """The wall clock jumps; whether the process is thought gone on a patrol before its next beat."""
        self.wall += timedelta(hours=hours)
        return self.pulse.silent({1: self.beat}) == [1]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_process_that_stops_beating_is_gone_after_half_a_minute(world: World) -> None:
    assert not world.passes(PATROL_SECONDS, alive=True)
    gone = [world.passes(PATROL_SECONDS, alive=False) for _ in range(3)]
    assert gone == [False, False, True]


def test_one_that_was_silent_long_before_is_gone_on_the_second_look(world: World) -> None:
    world.beat -= timedelta(hours=1)
    assert not world.passes(0, alive=False)
    assert world.passes(PATROL_SECONDS, alive=False)


@pytest.mark.parametrize("hours", [2, -2, 48])
def test_a_clock_that_jumps_kills_nobody(world: World, hours: float) -> None:
    for _ in range(3):
        assert not world.passes(PATROL_SECONDS, alive=True)
    assert not world.jumps(hours)
    for _ in range(3):
        assert not world.passes(PATROL_SECONDS, alive=True)


@pytest.mark.parametrize("hours", [2, -2])
def test_nor_does_it_keep_anybody_alive(world: World, hours: float) -> None:
    assert not world.passes(PATROL_SECONDS, alive=True)
    world.jumps(hours)
    assert any(world.passes(PATROL_SECONDS, alive=False) for _ in range(4))


def test_a_machine_that_slept_finds_its_processes_alive(world: World) -> None:
    """The monotonic clock stands still meanwhile on Linux, and goes on elsewhere."""
    assert not world.passes(PATROL_SECONDS, alive=True)
    world.wall += timedelta(hours=8)
    assert not world.passes(1, alive=False)
    assert not world.passes(PATROL_SECONDS, alive=True)
