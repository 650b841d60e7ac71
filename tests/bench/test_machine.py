"""Figures that others have spoiled are marked: theirs counts, what the benchmark itself uses does not."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import figures
from tests.bench.__main__ import _measured
from tests.bench.machine import Noise
from tests.bench.stage import Stage

SECONDS = 10.0
BURNT = 0.5
# The system counts in hundredths, and rounds down more than once.
NEARLY = BURNT - 0.1
BURN = f"""
import sys, time
while time.process_time() < {BURNT}:
    pass
print("burnt", flush=True)
sys.stdin.read()
"""


def notes(monkeypatch: pytest.MonkeyPatch, *, others: float = 0.0, host: float = 0.0, own: float = 0.0) -> list[str]:
    """What is said of a figure, while which others, the host and the benchmark took such shares of a core."""
    before = Noise(busy=700.0, stolen=20.0, ours=300.0, at=5000.0)
    after = Noise(
        busy=before.busy + (others + own) * SECONDS,
        stolen=before.stolen + host * SECONDS,
        ours=before.ours + own * SECONDS,
        at=before.at + SECONDS,
    )
    moments = [before, after]

    def measured(server: Any, size: figures.Size) -> figures.Found:
        assert moments == [after], "the figure is measured between two looks at the machine"
        yield "fast", 1.0

    server: Any = SimpleNamespace(name="fresh", notes=[], stage=SimpleNamespace(noise=lambda: moments.pop(0)))
    monkeypatch.setattr(figures, "GROUPS", {"fast": measured})
    assert list(_measured(server, figures.QUICK, None)) == [("fast", 1.0)]
    return list(server.notes)


@pytest.mark.parametrize(("others", "host"), [(0.5, 0.0), (0.0, 0.5), (0.25, 0.25)])
def test_half_a_core_of_others_or_of_the_host_is_told(
    monkeypatch: pytest.MonkeyPatch, others: float, host: float
) -> None:
    said = notes(monkeypatch, others=others, host=host, own=1.5)
    assert said == ["fresh, fast: others used 50% of a core: not to be trusted"]


@pytest.mark.parametrize(("others", "host"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1)])
def test_a_tenth_of_a_core_is_not(monkeypatch: pytest.MonkeyPatch, others: float, host: float) -> None:
    assert notes(monkeypatch, others=others, host=host) == []


def test_what_the_benchmark_uses_is_not_told_however_much(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes(monkeypatch, own=2.0) == []
    assert notes(monkeypatch, own=2.0, others=0.1) == []


def test_its_own_are_this_process_those_that_run_and_those_that_ended(tmp_path: Path) -> None:
    # Not entered: that takes this process's signals.
    stage = Stage(tmp_path)
    looks = [stage.noise()]
    child = stage.start("-c", BURN)
    try:
        child.says()
        looks.append(stage.noise())
    finally:
        child.end()
    looks.append(stage.noise())
    until = time.process_time() + BURNT
    while time.process_time() < until:
        pass
    looks.append(stage.noise())
    before, runs, ended, alone = (look.ours for look in looks)
    assert runs - before > NEARLY
    assert ended - before > NEARLY
    assert alone - ended > NEARLY
