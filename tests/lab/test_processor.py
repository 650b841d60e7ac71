"""A site that serves keeps what runs Python on one processor, lets uploads roam, and can be told not to."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.conftest import FOUNDER
from tests.lab.people import Person, text_of
from tests.lab.processes import Site, wait_for
from tests.lab.test_pictures import quarters, upload

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is but one processor"
)


def _places(site: Site) -> list[frozenset[int]]:
    """Where each thread of the process may run."""
    places = []
    for thread in Path(f"/proc/{site.child.pid}/task").iterdir():
        # It may just have ended.
        with suppress(ProcessLookupError):
            places.append(frozenset(os.sched_getaffinity(int(thread.name))))
    return places


def test_threads_share_a_processor_and_uploads_may_go_anywhere(founder: Person) -> None:
    asked = founder.asks("simulate: say: here")
    assert text_of(founder.ended(asked["message"]), "text") == "here"
    # It may be moving just now.
    wait_for(lambda: len(set(_places(founder.site))) == 1, what="all threads on one processor")
    [place] = set(_places(founder.site))
    assert len(place) == 1
    upload(founder, quarters())
    wait_for(lambda: len(set(_places(founder.site))) == 2, what="a thread of uploads elsewhere")
    everywhere = max(_places(founder.site), key=len)
    assert everywhere == frozenset(os.sched_getaffinity(0))
    assert _places(founder.site).count(everywhere) == 1


def test_it_can_be_told_to_leave_threads_where_the_system_puts_them(serve: Callable[..., Site]) -> None:
    site = serve(ONE_PROCESSOR="0").ready()
    Person(site, FOUNDER).signs_in().close()
    assert set(_places(site)) == {frozenset(os.sched_getaffinity(0))}
