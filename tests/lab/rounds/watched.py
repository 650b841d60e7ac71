"""Runs the site's server with a hatch: a Unix socket that tells how much of the process is in use.

`python -m tests.lab.rounds.watched HATCH manage.py serve …` or `… HATCH -m uvicorn …`. The server is the one that
people run; only the thread that answers at the hatch is added.
"""

import asyncio
import faulthandler
import json
import os
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any


def main(hatch: str, *command: str) -> None:
    """Open the hatch and become the server. SIGUSR1 makes it print where its threads are."""
    faulthandler.register(signal.SIGUSR1)
    threading.Thread(target=_answer, args=[hatch], name="hatch", daemon=True).start()
    if command[0] == "-m":
        sys.argv = list(command[1:])
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command)
        runpy.run_path(command[0], run_name="__main__")


def look(hatch: Path) -> dict[str, int]:
    """What the process at this hatch tells."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(hatch))
        with line.makefile() as told:
            return dict(json.loads(told.readline()))


def _answer(hatch: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        # The last process of this folder may still be leaving: its own hatch stays open, but has no name any more.
        Path(hatch).unlink(missing_ok=True)
        listener.bind(hatch)
        listener.listen()
        while True:
            line, _ = listener.accept()
            with line:
                line.sendall(json.dumps(_counts()).encode() + b"\n")


def _counts() -> dict[str, int]:
    found = {
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
        "memory_kb": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024,
    }
    wiring = sys.modules.get("chatapp.wiring")
    consumer = sys.modules.get("chatapp.sockets.consumer")
    house: Any = wiring and wiring._house
    if house and consumer:
        found |= {
            "tasks": len(asyncio.all_tasks(house.runner._loop)),
            "answers": len(house.runner.mine()) + len(house.engine.drafts),
            "followers": len(house.followers._shared),
            "listeners": sum(len(bells) for bells in house.bells._listeners.values()),
            "sockets": len(consumer._crowd),
        }
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
