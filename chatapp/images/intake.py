"""The door for pictures: judges them by their first bytes, has a child decode them, checks what the child says."""

import hashlib
import logging
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatapp.images import headers, process, sizes, verdict
from chatapp.images.headers import HEAD_BYTES, Header
from chatapp.images.refusals import Broken, Busy, NoDecoder, Refused, TooMuchMemory, TooSlow
from chatapp.images.room import room
from chatapp.images.taken import Kind, Rendition, Taken
from chatapp.images.tokens import MOST_PX, image_tokens

CHILD = (sys.executable, "-E", "-s", "-m", "chatapp.images.child")
WORKERS = 2
DECODING_SECONDS = 10
# By the clock it may take longer: on a machine at its limit a child waits more than it works.
PATIENCE = 3
WAITING_SECONDS = 30.0
# Enough for 40 million pixels of any kind that is met in practice; see the tests for what they need.
MEMORY_BYTES = 1_000_000_000
# Twice what noise at the full size of the model's copy comes to.
MOST_ANSWER_BYTES = 16_000_000
_PIECE_BYTES = 1024 * 1024
_LOGGED_BYTES = 2_000
# Linux kills with the latter when the machine's memory runs out.
_SIGNALS: dict[int, type[Refused]] = {signal.SIGXCPU: TooSlow, signal.SIGKILL: TooMuchMemory}

logger = logging.getLogger(__name__)


class Intake:
    """Takes pictures or says why not, at most ``workers`` at once. Safe to use from any thread.

    ``folder`` is for files that live as long as one examination. A picture waits ``waiting_seconds`` for its turn, and
    may be decoded for ``seconds`` of processor time, three times as long by the clock, in ``memory_bytes`` of address
    space. ``command`` starts the child.
    """

    def __init__(
        self,
        *,
        folder: Path,
        workers: int = WORKERS,
        seconds: int = DECODING_SECONDS,
        waiting_seconds: float = WAITING_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        command: Sequence[str] = CHILD,
    ) -> None:
        self._folder = folder
        self._turns = threading.BoundedSemaphore(workers)
        self._seconds = seconds
        self._waiting_seconds = waiting_seconds
        self._memory_bytes = memory_bytes
        self._command = command

    def examine(self, source: bytes | Path) -> Taken:
        """Look at a picture: the bytes of a file, or its path. Blocks. Raises Refused."""
        head, size = _first_bytes(source)
        header = headers.judge(head, size)
        with self._turn(), self._opened(source) as file:
            sha256 = _sha256(file)
            copies = self._decode(header, file)
        return _taken(source, header=header, size=size, sha256=sha256, copies=copies)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._waiting_seconds):
            raise Busy
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _opened(self, source: bytes | Path) -> Iterator[BinaryIO]:
        if isinstance(source, Path):
            with source.open("rb") as file:
                yield file
            return
        # A file without a name: nothing of it is left, even if this process is killed.
        # Making it and closing it need room too.
        with room(), tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(source)
            file.seek(0)
            yield file

    def _decode(self, header: Header, file: BinaryIO) -> verdict.Copies:
        command = (*self._command, header.kind, str(self._seconds), str(self._memory_bytes))
        try:
            ended = process.run(command, file=file, seconds=self._seconds * PATIENCE, most_bytes=MOST_ANSWER_BYTES)
        except Refused as refusal:
            logger.warning("the decoder of a %s picture was given up: %s", header.kind, refusal.code)
            raise
        if ended.code == 0:
            return verdict.unpack(ended.output)
        logger.warning("the decoder of a %s picture ended with %d: %s", header.kind, ended.code, _last_line(ended))
        # Ended by a signal: it was the picture. By an exit code: it did not come so far as to look at it.
        raise NoDecoder if ended.code > 0 else _SIGNALS.get(-ended.code, Broken)


def _first_bytes(source: bytes | Path) -> tuple[bytes, int]:
    if isinstance(source, bytes):
        return source[:HEAD_BYTES], len(source)
    with source.open("rb") as file:
        return file.read(HEAD_BYTES), source.stat().st_size


def _sha256(file: BinaryIO) -> str:
    """The hash of an open file, which is at its beginning before and after."""
    digest = hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _taken(source: bytes | Path, *, header: Header, size: int, sha256: str, copies: verdict.Copies) -> Taken:
    """What the child said, as far as our own eyes confirm it."""
    model, thumbnail = _rendition(copies.model), _rendition(copies.thumbnail)
    sizes.check(copies.width, copies.height)
    if model.kind not in {Kind.PNG, Kind.JPEG} or model.width * model.height > MOST_PX:
        raise Broken
    if thumbnail.kind is not Kind.JPEG or max(thumbnail.width, thumbnail.height) > sizes.THUMBNAIL_PX:
        raise Broken
    return Taken(
        kind=header.kind,
        width=copies.width,
        height=copies.height,
        size=size,
        sha256=sha256,
        original=source,
        model_copy=model,
        thumbnail=thumbnail,
        tokens=image_tokens(model.width, model.height),
    )


def _rendition(data: bytes) -> Rendition:
    header = headers.read(data[:HEAD_BYTES], len(data))
    if header.width is None or header.height is None:
        raise Broken
    return Rendition(header.kind, header.width, header.height, data)


def _last_line(ended: process.Ended) -> str:
    lines = ended.output[-_LOGGED_BYTES:].decode(errors="replace").split("\n")
    return next((repr(line) for line in reversed(lines) if line.strip()), "not a word")
