"""Processes that tests start and end: the site as `make run` starts it, and the simulator."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> Any:
    """The first true value of the condition. Fails, saying what was waited for, when none comes."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain for {what or condition}"
        time.sleep(0.02)
    return found


def memory_mb(process: int) -> int:
    """What the process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


class Process:
    """A child process whose output is kept; ended with the test."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._fresh: queue.Queue[str] = queue.Queue()
        self.child = subprocess.Popen(
            arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(line)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def line_with(self, words: str) -> str:
        """The first line that contains the words; fails when the process ends without."""

        def found() -> str:
            for line in list(self.lines):
                if words in line:
                    return line
            assert self.child.poll() is None, f"ended with {self.child.returncode}:\n{self.output}"
            return ""

        return str(wait_for(found, what=f"{words!r} in:\n{self.output}"))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait; gives the exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        try:
            code = self.child.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise
        self._reader.join(timeout=5)
        if self.child.stdout:
            self.child.stdout.close()
        return code


class Upstream(Process):
    """The simulator, with its control door open."""

    def __init__(self) -> None:
        super().__init__(
            [
                sys.executable,
                "-m",
                "chatapp.simulator",
                "--control",
                "--quiet",
                "--pace",
                "0",
                "--streams",
                str(ROOT / "tests" / "streams"),
            ],
            dict(os.environ),
        )
        self.base_url = self.line_with("http://").strip()
        self._control = httpx.Client(base_url=self.base_url.removesuffix("/api/v1"), trust_env=False)

    def log(self) -> list[dict[str, Any]]:
        """What was asked and told, oldest first."""
        found = self._control.get("/control/log").json()
        return list(found["requests"] if isinstance(found, dict) else found)

    def play(self, script: str) -> None:
        """The next chat request is answered by this script, whatever it asks."""
        self._control.post("/control/script", json={"script": script, "times": 1}).raise_for_status()

    def asked(self, words: str) -> list[dict[str, Any]]:
        """The requests whose last message contains the words."""
        return [
            entry
            for entry in self.log()
            if entry["path"].endswith("/chat/completions")
            and words in str((entry["body"] or {}).get("messages", [{}])[-1].get("content"))
        ]

    def end(self, number: int = signal.SIGTERM) -> int:
        self._control.close()
        return super().end(number)


class Site(Process):
    """The site, as `make run` serves it, with a data folder and a port of its own."""

    def __init__(
        self, data: Path, *, port: int | None = None, server: list[str] | None = None, **settings: str
    ) -> None:
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.data = data
        environment = {
            name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "PUBLIC_ORIGIN"}
        } | {
            "PONDER_ENV_FILE": "none",
            "DATA_DIR": str(data),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "default",
            **settings,
        }
        super().__init__(server or [sys.executable, "manage.py", "serve"], environment)

    def ready(self) -> Self:
        self.line_with(" is at http")
        return self
