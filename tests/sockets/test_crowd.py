"""A person's sockets: so many, and one bucket for all that they say, whichever of them says it."""

import pytest

from chatapp.sockets.bucket import Bucket
from chatapp.sockets.crowd import Crowd
from tests.clocks import Clock

ALICE, BOB = 1, 2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crowd(clock: Clock) -> Crowd[str]:
    return Crowd(2, bucket=lambda: Bucket(per_second=1.0, burst=10.0, clock=clock))


def says(crowd: Crowd[str], person: int, *, most: int = 100) -> int:
    """How many frames are borne now."""
    return next((count for count in range(most) if not crowd.may_speak(person)), most)


def test_the_oldest_socket_gives_way(crowd: Crowd[str]) -> None:
    assert [crowd.enter(ALICE, socket) for socket in ("one", "two", "three")] == [None, None, "one"]
    crowd.leave(ALICE, "one")
    assert len(crowd) == 2
    assert crowd.enter(BOB, "his") is None


def test_all_sockets_of_a_person_draw_from_one_bucket(crowd: Crowd[str]) -> None:
    crowd.enter(ALICE, "one")
    crowd.enter(BOB, "his")
    assert says(crowd, ALICE) == 10
    crowd.enter(ALICE, "two")
    assert not crowd.may_speak(ALICE)
    assert crowd.may_speak(BOB)


def test_coming_back_gives_no_fresh_bucket(crowd: Crowd[str], clock: Clock) -> None:
    crowd.enter(ALICE, "one")
    says(crowd, ALICE)
    crowd.leave(ALICE, "one")
    clock.now += 4
    crowd.enter(ALICE, "two")
    # The refused frame counted as well.
    assert says(crowd, ALICE) == 3
    crowd.leave(ALICE, "two")
    clock.now += 60
    crowd.enter(ALICE, "three")
    assert says(crowd, ALICE) == 10


def test_nothing_is_kept_of_those_whose_bucket_is_full_again(crowd: Crowd[str], clock: Clock) -> None:
    for person in range(3, 1_000):
        crowd.enter(person, "socket")
        says(crowd, person)
        crowd.leave(person, "socket")
        clock.now += 1
        assert len(crowd._refilling) <= 12
    crowd.enter(ALICE, "silent")
    clock.now += 60
    crowd.leave(ALICE, "silent")
    assert crowd._refilling == {}
    assert len(crowd) == 0
