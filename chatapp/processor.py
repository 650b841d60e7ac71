"""One processor for all that runs Python.

The threads of an interpreter take turns, hundreds of times for a chat. Left to itself the system spreads them over the
processors; each turn then begins with waking another processor, whose caches know nothing of what is to be done. On
one processor the same work takes two thirds of the time, and Python could not have used a second one. What works
without the interpreter for long (passwords, pictures) goes `anywhere`.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_SECONDS = 2.0
# So much more of its time another processor must have for us before we move there.
WORTH_MOVING = 0.25

_everywhere: frozenset[int] = frozenset()
_here: int | None = None


def gather() -> None:
    """Keep the calling thread, and those it will start, on one processor. Nothing is done where that cannot be had, or
    there is but one."""
    global _everywhere, _here
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return
    _everywhere = frozenset(os.sched_getaffinity(0))
    # By chance: processes that start together know nothing of each other yet.
    _here = random.choice(sorted(_everywhere))  # noqa: S311
    os.sched_setaffinity(0, {_here})


def leave() -> None:
    """Let the calling thread, and the processes it will start, go where the system puts them."""
    if _here is not None:
        os.sched_setaffinity(0, _everywhere)


@contextmanager
def anywhere() -> Iterator[None]:
    """For what works long without the interpreter: on any processor meanwhile."""
    if _here is None or not _is_kept(0):
        yield
        return
    leave()
    try:
        yield
    finally:
        os.sched_setaffinity(0, {_here})


async def keep_away_from_others() -> None:
    """Move to another processor when others crowd this one, for ever."""
    while _here is not None:
        before, own, began = busy_seconds(), time.process_time(), time.monotonic()
        # Not two at the same moment from one processor to the same other one.
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
        seconds = time.monotonic() - began
        shares = {each: (busy - before.get(each, busy)) / seconds for each, busy in busy_seconds().items()}
        calmer = better(shares, here=_here, own=(time.process_time() - own) / seconds)
        if calmer is not None:
            move(calmer)


def better(shares: Mapping[int, float], *, here: int, own: float) -> int | None:
    """The processor that would have clearly more time for us than this one; None to stay.

    `shares` says how much of its time each was at work, `own` how much of that was our work here.
    """
    others = {**shares, here: shares.get(here, 0.0) - own}
    calmest = min(others, key=others.__getitem__)
    return calmest if others[here] - others[calmest] > WORTH_MOVING else None


def busy_seconds() -> dict[int, float]:
    """For how long each processor that we may use has been at work since it was started, or taken by the host."""
    found = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu" and int(name[3:]) in _everywhere:
            user, nice, system, _idle, _waiting, interrupts, soft, stolen = map(int, ticks[:8])
            found[int(name[3:])] = (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
    return found


def move(to: int) -> None:
    """Have everything that is kept on one processor go on at this one."""
    global _here
    _here = to
    for thread in os.listdir("/proc/self/task"):
        # It may just have ended.
        with suppress(ProcessLookupError):
            if _is_kept(int(thread)):
                os.sched_setaffinity(int(thread), {to})


def _is_kept(thread: int) -> bool:
    return len(os.sched_getaffinity(thread)) == 1
