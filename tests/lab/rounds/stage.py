"""Where rounds are played: upstream, the wire to it, the site's process, and the line that people reach it by."""

import shutil
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import httpx

from tests.lab.people import Person
from tests.lab.processes import Site, Upstream, free_port, wait_for
from tests.lab.proxy import Proxy
from tests.lab.rounds import watched
from tests.lab.storage import Disk

FOUNDER = "founder@example.com"
DISK_MIB = 96
# How an operator runs it: bounded on leaving, silent about each request.
UVICORN = ["-m", "uvicorn", "chatapp.asgi:application", "--timeout-graceful-shutdown", "20", "--no-access-log"]
READY = {"daphne": " is at http", "uvicorn": "Uvicorn running on"}


def found(data: Path) -> Path:
    """Make the data folder of a site that has its founder."""
    site = Site(data).ready()
    Person(site, FOUNDER).founds().close()
    site.end()
    return data


class Stage:
    """A site of its own with a small disk. `line` stands between people and the site, `wire` between it and upstream.

    `sites` are its processes, the present one last.
    """

    def __init__(self, upstream: Upstream, *, founded: Path, server: str, transport: str) -> None:
        """`founded` is the data folder of a site that has its founder; it is copied."""
        self.upstream, self.server, self.transport = upstream, server, transport
        self._founded = founded
        self.port = free_port()
        self.sites: list[Site] = []
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        with self._exits as exits:
            self.folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="ponder-rounds-")))
            self.data = self.folder / "data"
            self.data.mkdir()
            self.disk = Disk(self.data, mib=DISK_MIB)
            exits.callback(self.disk.remove)
            shutil.copytree(self._founded, self.data, dirs_exist_ok=True)
            exits.callback(self._end)
            self.wire = exits.enter_context(Proxy(httpx.URL(self.upstream.base_url).port or 0))
            self.line = exits.enter_context(Proxy(self.port))
            self._warm_up()
            self.rest = self.counts()
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @property
    def site(self) -> Site:
        return self.sites[-1]

    def start(self) -> Site:
        """One more process of the site, on the same folder and port."""
        hatch = str(self.folder / "hatch")
        own = ["manage.py", "serve", "--no-setup"]
        own = own if self.server == "daphne" else [*UVICORN, "--host", "127.0.0.1", "--port", str(self.port)]
        command = [sys.executable, "-m", "tests.lab.rounds.watched", hatch, *own]
        base_url = f"http://127.0.0.1:{self.wire.port}/api/v1"
        self.sites.append(
            Site(
                self.data,
                port=self.port,
                server=command,
                OPENROUTER_BASE_URL=base_url,
                OPENROUTER_API_KEY="sk-or-v1-CANARY-of-the-rounds",
                UPSTREAM_TRANSPORT=self.transport,
                TRUSTED_PROXIES="1",
            )
        )
        return self.site.ready(READY[self.server])

    def counts(self) -> dict[str, int]:
        """How much of the present process is in use."""
        return watched.look(self.folder / "hatch")

    def is_free(self) -> bool:
        """Whether nobody listens at the site's port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def _warm_up(self) -> None:
        self.start()
        # A first question: what is made once and kept is made now.
        person = Person(self.site, FOUNDER).signs_in()
        person.ended(person.asks("simulate: tokens 20")["message"])
        person.close()
        wait_for(lambda: not self.counts().get("answers", 1), what="the first answer's end")

    def _end(self) -> None:
        for site in self.sites:
            with suppress(ProcessLookupError):
                site.child.send_signal(signal.SIGCONT)
            site.end(signal.SIGKILL)
