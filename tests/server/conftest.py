"""Server processes: bounded and plain Daphne side by side, and the site itself."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.lab.conftest import alice, newcomer, site, start_site, upstream
from tests.lab.processes import Process, free_port

__all__ = ["alice", "newcomer", "site", "start_site", "upstream"]

# With FULL_SIZES=1 the attacks have the sizes of the bad day; without, those that show the difference quickly.
IS_FULL = os.environ.get("FULL_SIZES") == "1"


class Served(Process):
    """A process of tests/server/child.py."""

    def __init__(self, kind: str, what: str, *, data: Path | None = None, **bounds: float) -> None:
        self.kind, self.port = kind, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        environment |= {"PYTHONWARNINGS": "default", "PONDER_ENV_FILE": "none", "PORT": str(self.port)}
        environment |= {"BOUNDS": json.dumps(bounds)} | ({"DATA_DIR": str(data)} if data else {})
        super().__init__(
            [sys.executable, "-m", "tests.server.child", kind, what, str(self.port)],
            environment,
        )
        self.line_with("serves")

    def told(self, path: str) -> dict[str, Any]:
        """What the small application tells of a path."""
        return dict(httpx.get(f"{self.url}/told", trust_env=False, timeout=60).json().get(path, {}))


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(kind: str = "bounded", what: str = "small", *, data: Path | None = None, **bounds: float) -> Served:
        started.append(Served(kind, what, data=data, **bounds))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture(params=["bounded", "plain"])
def either(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    """The small application, served by ours and by Daphne as it comes."""
    # What the floods show here is that nothing piles up, not that they are ended.
    return serve(request.param, frames_at_once=1e12)
