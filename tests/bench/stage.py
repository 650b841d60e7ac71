"""The processes of a benchmark: started here, and ended whatever happens, each with all that it started."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError

from tests.bench.machine import Noise

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.01


class Child:
    """A process in a group of its own."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None, log: Path | None = None) -> None:
        self._arguments = arguments
        output: Any = log.open("ab") if log else None
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=output or subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )
        if output:
            output.close()
        self.pid = self._process.pid

    def says(self) -> str:
        """The next line it prints."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._arguments)} ended with {self._process.wait()}")
        return line

    def hear(self, told: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> None:
        """End it and its group; by force when it takes too long."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # Something may still be on its way to it.
            with contextlib.suppress(BrokenPipeError):
                if pipe:
                    pipe.close()


class Stage:
    """Everything that runs. Leaving it ends all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[Child] = []
        self._upstream_port = 0
        self._told = 0
        self._holds_back = False

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._interrupted)
        self._upstream_port = int(self.start("-m", "tests.bench.upstream").says())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._holds_back = True
        for child in reversed(self._children):
            child.end()

    def start(self, *arguments: str, **options: Any) -> Child:
        # Who interrupts meanwhile is heard afterwards: a child that is not on the list would stay.
        self._holds_back = True
        try:
            self._children.append(Child(*arguments, **options))
        finally:
            self._holds_back = False
        if self._told:
            raise SystemExit(128 + self._told)
        return self._children[-1]

    def ran(self, *arguments: str, **options: Any) -> Any:
        """What a child that ends by itself printed last, as JSON."""
        child = self.start(*arguments, **options)
        said = child.says()
        child.end()
        return json.loads(said)

    def noise(self) -> Noise:
        return Noise.now([os.getpid(), *(child.pid for child in self._children if not child.has_ended)])

    @property
    def upstream(self) -> str:
        return f"http://127.0.0.1:{self._upstream_port}/api/v1"

    def _interrupted(self, number: int, _: Any) -> None:
        # Once: what follows must not be interrupted again.
        if self._told:
            return
        self._told = number
        if not self._holds_back:
            raise SystemExit(128 + number)


class Server:
    """The site on a data folder (or, without one, the relay), with a crowd of readers of its own."""

    def __init__(self, stage: Stage, name: str, data: Path | None = None, **archive: int) -> None:
        self.stage, self.name, self._data = stage, name, data
        self.notes: list[str] = []
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.archive: dict[str, Any] = {"sessions": []}
        if data is not None:
            self.archive = self._prepared(data, archive)
        self.child = self._started()
        self._readers = stage.start("-m", "tests.bench.readers")
        self._readers.hear({"origin": self.origin, "pid": self.child.pid, "sessions": self.archive["sessions"]})

    def _prepared(self, data: Path, archive: dict[str, int]) -> dict[str, Any]:
        known = data / "bench.json"
        if not known.exists():
            data.mkdir(parents=True, exist_ok=True)
            wishes = [word for name, value in archive.items() for word in (f"--{name}", str(value))]
            made = self.stage.ran("-m", "tests.bench.archive", *wishes, env=self._environment())
            known.write_text(json.dumps(made))
        return dict(json.loads(known.read_text()))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "chatapp.settings",
            "PONDER_ENV_FILE": "none",
            "PORT": str(self.port),
            "DATA_DIR": str(self._data),
            "UPSTREAM": self.stage.upstream,
            "OPENROUTER_BASE_URL": self.stage.upstream,
            "OPENROUTER_API_KEY": "sk-or-v1-of-the-benchmark",
        }

    def _started(self) -> Child:
        relay = ("-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "tests.bench.relay:application")
        words = relay if self._data is None else ("manage.py", "serve")
        child = self.stage.start(*words, env=self._environment(), log=self.stage.folder / f"{self.name}.log")
        until = time.monotonic() + PATIENCE_SECONDS
        while not _answers(f"{self.origin}/ready"):
            if child.has_ended or time.monotonic() > until:
                raise RuntimeError(f"the {self.name} server did not start: see its log in {self.stage.folder}")
            time.sleep(POLL_SECONDS)
        return child

    def restart_seconds(self) -> float:
        """How long from the start of the process to the first answer of /ready."""
        self.child.end()
        began = time.monotonic()
        self.child = self._started()
        seconds = time.monotonic() - began
        self._readers.end()
        self._readers = self.stage.start("-m", "tests.bench.readers")
        self._readers.hear({"origin": self.origin, "pid": self.child.pid, "sessions": self.archive["sessions"]})
        return seconds

    def crowd(self, do: str, **command: Any) -> dict[str, Any]:
        """Have the readers do something; gives what they saw."""
        self._readers.hear({"do": do, **command})
        return dict(json.loads(self._readers.says()))

    def first_page(self) -> dict[str, Any]:
        sessions: Sequence[str] = self.archive["sessions"]
        return dict(self.stage.ran("-m", "tests.bench.page", self.origin, sessions[0]))

    def eye(self, tokens: int) -> dict[str, Any]:
        """What Chromium's main thread does while an answer streams, and while the long conversation opens."""
        words = (self.origin, self.archive["sessions"][0], str(tokens), self.archive.get("long", ""))
        return dict(self.stage.ran("-m", "tests.bench.eye", *words))

    def end(self) -> None:
        self._readers.end()
        self.child.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Loopback needs no proxy, whatever the environment says.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _answers(address: str) -> bool:
    try:
        with _direct.open(address, timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False
