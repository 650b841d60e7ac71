"""I7 and I8: whether the site's process is back where it was, and what its log says."""

import re
import time
from collections.abc import Iterable, Iterator

from tests.lab.processes import Site
from tests.lab.rounds.stage import Stage

ERRORS = re.compile(r" (ERROR|CRITICAL) |Traceback|Warning: |was destroyed|never retrieved|never awaited|Exception ")
BEGINS = re.compile(r"\d{4}-\d\d-\d\d |[A-Z]+: ")
# What must be as it was, and what may grow by so much: threads and files are made when needed and kept.
EXACT = ("answers", "followers", "listeners", "sockets", "tasks")
MAY_GROW = {"files": 40, "threads": 40, "memory_kb": 80_000}
LET_GO_SECONDS = 30.0


def at_rest(stage: Stage) -> list[str]:
    """What the process still holds that it did not hold before, once it had time to let go."""
    until = time.monotonic() + LET_GO_SECONDS
    while (over := _excess(stage)) and time.monotonic() < until:
        time.sleep(0.1)
    return [f"{name}: {count}, {stage.rest.get(name, 0)} at rest" for name, count in over.items()]


def _excess(stage: Stage) -> dict[str, int]:
    now = stage.counts()
    bounds = dict.fromkeys(EXACT, 0) | MAY_GROW
    return {name: now[name] for name, more in bounds.items() if now.get(name, 0) > stage.rest.get(name, 0) + more}


def errors(sites: list[Site], lines: int, allowed: str) -> Iterator[str]:
    """Entries of the logs that tell of errors; of the first process those from `lines` on."""
    for number, site in enumerate(sites):
        for entry in _entries(list(site.lines)[0 if number else lines :]):
            if ERRORS.search(entry) and not (allowed and re.search(allowed, entry)):
                yield entry
        if number < len(sites) - 1 and site.child.returncode not in {0, -9, -15}:
            yield f"the process that left ended with {site.child.returncode}"


def _entries(lines: Iterable[str]) -> list[str]:
    """Lines with the traces that belong to them."""
    entries: list[str] = []
    for line in lines:
        if BEGINS.match(line) or not entries:
            entries.append(line)
        else:
            entries[-1] += "\n" + line
    return entries
