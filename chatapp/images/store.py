"""Where pictures are kept: a private folder for each, under a random name, there as a whole or not at all.

    <folder>/3f/3f9c…/{original,model,thumbnail}
    <folder>/aside/3f9c…/                           being written, or being removed

A picture is written aside, synchronised, and moved into place in one step; it is removed the other way round. Its name
is made here: nothing that a person chose is part of a path. Folders have mode 0700, files 0600.
"""

import contextlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from chatapp.images.room import room
from chatapp.images.taken import Taken

ORPHAN_SECONDS = 24 * 3600
PIECE_BYTES = 64 * 1024
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_NAME = re.compile(r"[0-9a-f]{32}")
_NAMES_AT_ONCE = 500


class Copy(StrEnum):
    """Which of the files of a picture."""

    ORIGINAL = "original"
    MODEL = "model"
    THUMBNAIL = "thumbnail"


class Missing(LookupError):
    """There is no picture of that name."""


class Store:
    """Pictures on disk. Safe to use from any thread and by several processes at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "aside"
        _make_folder(folder)
        _make_folder(self._aside)

    @property
    def aside(self) -> Path:
        """Where files lie that live only for moments; what is left there by a crash is swept."""
        return self._aside

    def keep(self, taken: Taken) -> str:
        """Write a picture's files. Gives its name, 32 hexadecimal digits. Raises NoRoom; then nothing is left of it."""
        name = uuid.uuid4().hex
        aside, place = self._aside / name, self._place(name)
        try:
            with room():
                self._write(aside, taken)
                _make_folder(place.parent)
                aside.rename(place)
                _synchronise(place.parent)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            shutil.rmtree(place, ignore_errors=True)
            raise
        return name

    def path(self, name: str, copy: Copy) -> Path:
        """Where a file is, for reading. Raises Missing."""
        path = self._place(name) / copy
        if not path.is_file():
            raise Missing(name)
        return path

    def read(self, name: str, copy: Copy) -> bytes:
        """The bytes of a file. Raises Missing."""
        try:
            return (self._place(name) / copy).read_bytes()
        except FileNotFoundError as exc:
            raise Missing(name) from exc

    def size(self, name: str, copy: Copy) -> int:
        """How many bytes a file has. Raises Missing."""
        try:
            return (self._place(name) / copy).stat().st_size
        except FileNotFoundError as exc:
            raise Missing(name) from exc

    def pieces(self, name: str, copy: Copy) -> Iterator[bytes]:
        """The bytes of a file, a piece at a time. Raises Missing, also later on, when the picture is removed meanwhile.

        Between two pieces no file is open: who takes them slowly, of many pictures at once, holds nothing.
        """
        place = 0
        while piece := self._piece(name, copy, place):
            yield piece
            place += len(piece)

    def remove(self, name: str) -> None:
        """Remove a picture with all its files. Nothing happens when there is none."""
        aside = self._aside / name
        with contextlib.suppress(FileNotFoundError, Missing):
            self._place(name).rename(aside)
            shutil.rmtree(aside)

    def sweep(
        self, known: Callable[[Collection[str]], Collection[str]], *, older_than_seconds: float = ORPHAN_SECONDS
    ) -> int:
        """Remove what nobody knows, and what was left aside, once it is old enough. Gives how many pictures that were.

        ``known`` is given some names at a time and gives those that are in use.
        """
        before = time.time() - older_than_seconds
        for left in self._aside.iterdir():
            if _changed(left) < before:
                shutil.rmtree(left, ignore_errors=True)
        old = (place.name for place in self._folder.glob("??/*") if _NAME.fullmatch(place.name))
        old = (name for name in old if _changed(self._place(name)) < before)
        removed = 0
        while names := list(islice(old, _NAMES_AT_ONCE)):
            orphans = set(names).difference(known(names))
            for name in orphans:
                self.remove(name)
            removed += len(orphans)
        return removed

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Missing(name)
        return self._folder / name[:2] / name

    def _piece(self, name: str, copy: Copy, place: int) -> bytes:
        try:
            with (self._place(name) / copy).open("rb", buffering=0) as file:
                file.seek(place)
                return file.read(PIECE_BYTES)
        except FileNotFoundError as exc:
            raise Missing(name) from exc

    def _write(self, folder: Path, taken: Taken) -> None:
        _make_folder(folder)
        with _opened(taken.original) as original:
            _write(folder / Copy.ORIGINAL, original)
        _write(folder / Copy.MODEL, BytesIO(taken.model_copy.data))
        _write(folder / Copy.THUMBNAIL, BytesIO(taken.thumbnail.data))
        _synchronise(folder)


def _opened(source: bytes | Path) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _write(path: Path, source: BinaryIO) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


def _synchronise(folder: Path) -> None:
    """Make the entries of a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _changed(path: Path) -> float:
    """When a folder last changed, as Unix time; never, if it is gone by now."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return float("inf")
