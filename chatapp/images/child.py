"""The process that decodes one picture: ``python -m chatapp.images.child KIND SECONDS BYTES``.

The picture is standard input, an open file; the answer, as in ``verdict``, goes to standard output. Before the first
byte is read the process gives away what decoding does not need, so that a picture which takes over its decoder finds
itself without files, network, other processes, rights, or the server's environment, and with little time and memory.
"""

import contextlib
import os
import resource
import sys

from chatapp.images.copies import make_copies, prepare
from chatapp.images.refusals import Refused, TooMuchMemory
from chatapp.images.taken import Kind
from chatapp.images.verdict import pack, pack_refusal

# The server's own work goes first, and a picture still gets its turn on a machine that has no idle time.
NICENESS = 5
NOBODY = 65_534
STANDARD_STREAMS = 3


def main(arguments: list[str]) -> None:
    """Decode what is in standard input."""
    kind = Kind(arguments[0])
    prepare(kind)
    # The decoder of HEIC starts a thread of its own whatever it is told; the others start none.
    give_away(seconds=int(arguments[1]), memory_bytes=int(arguments[2]), threads=kind is Kind.HEIC)
    try:
        answer = pack(make_copies(sys.stdin.buffer.read(), kind))
    except Refused as refusal:
        answer = pack_refusal(refusal)
    except MemoryError:
        answer = pack_refusal(TooMuchMemory())
    sys.stdout.buffer.write(answer)


def give_away(*, seconds: int, memory_bytes: int, threads: bool) -> None:
    """Keep the three open streams, this much processor time and address space, and the last place in every queue."""
    _silence()
    os.nice(NICENESS)
    _be_the_first_to_go()
    _become_nobody()
    # A second between the signal that can be told from others and the one that cannot be survived.
    _limit(resource.RLIMIT_CPU, seconds, seconds + 1)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    # No writing to any file, no opening of any file or socket, no new process or thread.
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, STANDARD_STREAMS)
    if not threads:
        _limit(resource.RLIMIT_NPROC, 0)


def _silence() -> None:
    """From here on only the answer may come out; until here, what kept the process from starting."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


def _be_the_first_to_go() -> None:
    """Where memory runs out, Linux ends this process and not the server."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def _become_nobody() -> None:
    """A server that runs as root shares that with no decoder. Some containers cannot change it."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)


def _limit(what: int, most: int, hard: int | None = None) -> None:
    # Not every system knows every limit (macOS has none on address space); the parent's clock holds everywhere.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (most, most if hard is None else hard))


if __name__ == "__main__":
    main(sys.argv[1:])
