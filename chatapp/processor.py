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
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_SECONDS = 2.0
# So much more of its time another processor must have for us before we move there.
WORTH_MOVING = 0.25

STATISTICS, SYSTEM = Path("/proc/stat"), Path("/sys/devices/system/cpu")
# What a processor is worth beside others, where some are slower by design: by the scheduler's scale, or in kHz.
_WORTHS = ("cpu_capacity", "cpufreq/cpuinfo_max_freq")
_AS_GOOD = 0.9

_everywhere: frozenset[int] = frozenset()
_good: frozenset[int] = frozenset()
_here: int | None = None


def gather() -> None:
    """Keep the calling thread, and those it will start, on one processor. Nothing is done where that cannot be had, or
    there is but one."""
    global _everywhere, _good, _here
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return
    _everywhere = frozenset(os.sched_getaffinity(0))
    _good = frozenset(best(_everywhere))
    # By chance: processes that start together know nothing of each other yet.
    _here = random.choice(sorted(_good))  # noqa: S311
    _put(0, {_here})


def leave() -> None:
    """Let the calling thread, and the processes it will start, go where the system puts them."""
    if _here is not None:
        _put(0, _everywhere)


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
        _put(0, {_here})


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


def best(processors: Collection[int]) -> set[int]:
    """Those that are as good as the best of these: some have slow ones beside the quick, to save energy."""
    for name in _WORTHS:
        with suppress(OSError, ValueError):
            worths = {each: int((SYSTEM / f"cpu{each}" / name).read_text()) for each in processors}
            return {each for each in processors if worths[each] >= _AS_GOOD * max(worths.values())}
    return set(processors)


def better(shares: Mapping[int, float], *, here: int, own: float) -> int | None:
    """The processor that would have clearly more time for us than this one; None to stay.

    `shares` says how much of its time each was at work, `own` how much of that was our work here.
    """
    others = {**shares, here: shares.get(here, 0.0) - own}
    calmest = min(others, key=others.__getitem__)
    return calmest if others[here] - others[calmest] > WORTH_MOVING else None


def busy_seconds() -> dict[int, float]:
    """For how long each processor that is good for us has been at work since the start, or taken by the host. Empty
    where the system does not tell."""
    found = {}
    with suppress(OSError):
        for name, *ticks in map(str.split, STATISTICS.read_text().splitlines()):
            if name.startswith("cpu") and name != "cpu" and int(name[3:]) in _good:
                user, nice, system, _idle, _waiting, interrupts, soft, stolen = map(int, ticks[:8])
                found[int(name[3:])] = (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
    return found


def move(to: int) -> None:
    """Have everything that is kept on one processor go on at this one."""
    global _here
    _here = to
    for thread in os.listdir("/proc/self/task"):
        if _is_kept(int(thread)):
            _put(int(thread), {to})


def _is_kept(thread: int) -> bool:
    # It may just have ended.
    with suppress(ProcessLookupError):
        return len(os.sched_getaffinity(thread)) == 1
    return False


def _put(thread: int, processors: Collection[int]) -> None:
    # It may just have ended, and the system may have taken a processor away: then it has found another place itself.
    with suppress(OSError):
        os.sched_setaffinity(thread, processors)
