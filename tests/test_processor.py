"""What runs Python stays on one processor: tried in processes of their own, since it cannot be undone."""

import json
import os
import subprocess
import sys

import pytest

from chatapp import processor

CAN_STAY = hasattr(os, "sched_setaffinity")
SEVERAL = CAN_STAY and len(os.sched_getaffinity(0)) > 1

pytestmark = pytest.mark.skipif(not CAN_STAY, reason="this system does not say where a thread runs")


def _said(code: str) -> object:
    """What a process of its own prints as JSON."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(ended.stdout)


WHERE = """
import json, os, subprocess, sys, threading
from concurrent.futures import ThreadPoolExecutor
from chatapp import processor

def count():
    return len(os.sched_getaffinity(0))

everywhere = sorted(os.sched_getaffinity(0))
"""


def test_threads_stay_where_the_first_is_and_others_may_leave():
    said = _said(
        WHERE
        + """
processor.gather()
told = [count(), ThreadPoolExecutor(1).submit(count).result()]
roaming = ThreadPoolExecutor(1, initializer=processor.leave)
told.append(roaming.submit(count).result())
child = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
told.append(int(roaming.submit(subprocess.check_output, child).result()))
with processor.anywhere():
    told.append(count())
told.append(count())
print(json.dumps([told, len(everywhere)]))
"""
    )
    assert isinstance(said, list)
    told, count = said
    assert told == [1, 1, count, count, count, 1]


def test_without_it_nothing_is_touched():
    assert _said(
        WHERE
        + """
with processor.anywhere():
    inside = count()
processor.leave()
print(json.dumps([inside == count() == len(everywhere)]))
"""
    ) == [True]


def test_all_that_stays_moves_together_and_what_roams_goes_on_roaming():
    said = _said(
        WHERE
        + """
processor.gather()
lane, roaming = ThreadPoolExecutor(1), ThreadPoolExecutor(1, initializer=processor.leave)
lane.submit(count).result(), roaming.submit(count).result()
here = os.sched_getaffinity(0)
other = next((each for each in everywhere if each not in here), everywhere[0])
processor.move(other)
places = [sorted(os.sched_getaffinity(0)), sorted(lane.submit(os.sched_getaffinity, 0).result())]
print(json.dumps([places, [other], sorted(roaming.submit(os.sched_getaffinity, 0).result()), everywhere]))
"""
    )
    assert isinstance(said, list)
    places, other, roaming, everywhere = said
    if SEVERAL:
        assert places == [other, other]
    assert roaming == everywhere


def test_it_moves_when_others_crowd_it_and_does_not_come_back_for_nothing():
    if not SEVERAL:
        # There is nowhere to go.
        assert (
            _said(WHERE + "import asyncio; print(json.dumps(asyncio.run(processor.keep_away_from_others())))") is None
        )
        return
    said = _said(
        WHERE
        + """
import asyncio, time
processor.gather()
processor.LOOK_SECONDS = 0.01
first, = os.sched_getaffinity(0)
began = time.monotonic()
# Another process has all of the processor where we are; the others rest.
processor.busy_seconds = lambda: {each: time.monotonic() - began if each == first else 0.0 for each in everywhere}

async def look():
    task = asyncio.create_task(processor.keep_away_from_others())
    while os.sched_getaffinity(0) == {first}:
        await asyncio.sleep(0.01)
    moved = os.sched_getaffinity(0)
    for _ in range(20):
        await asyncio.sleep(0.01)
    task.cancel()
    return first not in moved and os.sched_getaffinity(0) == moved

print(json.dumps(asyncio.run(look())))
"""
    )
    assert said is True


@pytest.mark.parametrize(
    ("shares", "own", "goes_to"),
    [
        ({0: 1.0, 1: 0.1}, 1.0, None),
        ({0: 1.0, 1: 0.1}, 0.5, 1),
        ({0: 1.0, 1: 0.9}, 0.5, None),
        ({0: 1.0, 1: 0.3}, 0.5, None),
        ({0: 1.0, 1: 0.9, 2: 0.2}, 0.4, 2),
        ({0: 0.2, 1: 0.0}, 0.3, None),
        ({1: 0.1}, 0.3, None),
    ],
)
def test_another_processor_must_have_clearly_more_to_give(shares, own, goes_to):
    assert processor.better(shares, here=0, own=own) == goes_to


def test_the_systems_own_figures_are_read():
    said = _said(WHERE + "processor.gather(); print(json.dumps(sorted(processor.busy_seconds())))")
    assert said == (sorted(processor.best(os.sched_getaffinity(0))) if SEVERAL else [])


def test_slow_processors_beside_quick_ones_are_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "SYSTEM", tmp_path)
    assert processor.best({0, 1, 2}) == {0, 1, 2}
    for each, kilohertz in enumerate((5_000_000, 5_200_000, 3_800_000)):
        (tmp_path / f"cpu{each}" / "cpufreq").mkdir(parents=True)
        (tmp_path / f"cpu{each}" / "cpufreq" / "cpuinfo_max_freq").write_text(f"{kilohertz}\n")
    assert processor.best({0, 1, 2}) == {0, 1}
    assert processor.best({2}) == {2}
    for each, capacity in enumerate((430, 430, 1024)):
        (tmp_path / f"cpu{each}" / "cpu_capacity").write_text(f"{capacity}\n")
    assert processor.best({0, 1, 2}) == {2}


def test_a_system_that_tells_nothing_moves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "STATISTICS", tmp_path / "stat")
    assert processor.busy_seconds() == {}
    assert processor.better({}, here=0, own=0.5) is None
    # A processor that is gone, or a thread.
    processor._put(2**22 + 1, {0})
    processor._put(0, {1_000})
    assert not processor._is_kept(2**22 + 1)
