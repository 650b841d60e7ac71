"""The benchmark is interrupted: all that it started ends with it, and its folder goes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.bench.stage import PATIENCE_SECONDS, ROOT, Child, Stage
from tests.lab.processes import wait_for

# One column with its quickest group: enough to be in the midst of something.
WORDS = ["--quick", "--columns", "fresh", "--only", "fast"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with benchmark(tmp_path) as (bench, folder):
        wait_for(
            lambda: bench.poll() is not None or "manage.py serve" in " ".join(running(folder).values()),
            seconds=PATIENCE_SECONDS,
            what="the site",
        )
        assert bench.poll() is None, (tmp_path / "said").read_text()
        assert list(folder.iterdir())
        bench.send_signal(number)
        assert bench.wait(PATIENCE_SECONDS) == 128 + number
        # Those that the system ends may be a moment longer in its lists.
        wait_for(lambda: not running(folder), what="the end of what it started")
        assert list(folder.iterdir()) == []


def test_interrupted_while_it_starts_a_process_it_ends_that_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, started = Stage(tmp_path), []

    def interrupted(*arguments: str, **options: Any) -> Child:
        started.append(Child(*arguments, **options))
        stage._interrupted(signal.SIGTERM, None)
        return started[-1]

    monkeypatch.setattr("tests.bench.stage.Child", interrupted)
    try:
        with pytest.raises(SystemExit) as told:
            stage.start("-c", "import signal; signal.pause()")
        stage.__exit__()
        assert told.value.code == 128 + signal.SIGTERM
        assert started[0].has_ended
    finally:
        started[0].end()


@contextmanager
def benchmark(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """The benchmark in a session of its own, and the folder for what it keeps for a while."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    with (tmp_path / "said").open("wb") as said:
        bench = subprocess.Popen(
            [sys.executable, "-m", "tests.bench", *WORDS],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield bench, folder
    finally:
        bench.kill()
        bench.wait()
        # What a failure has left must not be in the way of other tests.
        for process in running(folder):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def running(folder: Path) -> dict[int, str]:
    """What runs of it and was started by it, whoever its parent is by now: those that were given this folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"TMPDIR={folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
    return found
