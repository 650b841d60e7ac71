"""A database that another process holds or that cannot be written, a disk that is full: real ones, at will."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


class Lock:
    """The right to write to a SQLite file, held by a process of its own until `release()`."""

    def __init__(self, data: Path) -> None:
        self._holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data / "ponder.sqlite3")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"held\n"

    def release(self) -> None:
        if self._holder.poll() is None:
            self._holder.communicate()


@contextmanager
def locked(data: Path) -> Iterator[Lock]:
    """Hold the database until `release()`, at most as long as the block."""
    lock = Lock(data)
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def read_only(data: Path) -> Iterator[None]:
    """The database's files cannot be written, by nobody, not even through files that are open already."""
    files = [str(path) for path in data.glob("ponder.sqlite3*") if not path.name.endswith("-shm")]
    if os.geteuid() != 0 or subprocess.call(["chattr", "+i", *files], stderr=subprocess.DEVNULL):
        pytest.skip("a file that even its owner cannot write needs root and a file system with chattr")
    try:
        yield
    finally:
        subprocess.check_call(["chattr", "-i", *files])


class Disk:
    """A small disk of its own (as root), or a bound on the size of each file the process writes (as anybody)."""

    def __init__(self, folder: Path, *, mib: int = 24) -> None:
        self.folder = folder
        size = f"size={mib}m"
        self._is_mounted = os.geteuid() == 0 and not subprocess.call(
            ["mount", "-t", "tmpfs", "-o", size, "ponder-laboratory", str(folder)], stderr=subprocess.DEVNULL
        )

    def fill(self, process: int) -> None:
        """Nothing more can be written by the process."""
        if not self._is_mounted:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (65_536, 1):
                try:
                    while filler.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def free(self, process: int) -> None:
        """There is room again."""
        if self._is_mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def remove(self) -> None:
        if self._is_mounted:
            subprocess.check_call(["umount", "--lazy", str(self.folder)])
