"""One child process: started with nothing of ours, read within bounds, and ended whatever happens."""

import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from chatapp.images.refusals import Broken, NoDecoder, TooSlow

_PIECE_BYTES = 64 * 1024
_ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a child ended: its exit code, negative for the signal that killed it, and what it wrote."""

    code: int
    output: bytes


def run(command: Sequence[str], *, file: BinaryIO, seconds: float, most_bytes: int) -> Ended:
    """Run a command on an open file, its standard input.

    Raises TooSlow when it has not ended after ``seconds``, Broken when it writes more than ``most_bytes``, NoDecoder
    when it cannot be started.
    """
    deadline = time.monotonic() + seconds
    with _started(command, file) as process:
        assert process.stdout is not None
        try:
            output = _read(process.stdout.fileno(), deadline, most_bytes)
            return Ended(process.wait(timeout=max(0.0, deadline - time.monotonic())), output)
        except subprocess.TimeoutExpired as exc:
            raise TooSlow from exc
        finally:
            process.kill()


def _started(command: Sequence[str], file: BinaryIO) -> subprocess.Popen[bytes]:
    # The environment holds keys. An interpreter outside of the usual places may need this one entry to start.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603  our own command; nothing of a person's is in it
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=_ROOT,
            env=kept,
            # A Ctrl+C at the terminal is the server's to handle.
            start_new_session=True,
        )
    except OSError as exc:
        raise NoDecoder from exc


def _read(pipe: int, deadline: float, most_bytes: int) -> bytes:
    """All that comes until the other end is closed."""
    output = bytearray()
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    while True:
        if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TooSlow
        piece = os.read(pipe, _PIECE_BYTES)
        if not piece:
            return bytes(output)
        output += piece
        if len(output) > most_bytes:
            raise Broken
