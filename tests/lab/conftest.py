"""One upstream and one site for the whole laboratory; tests that end their server start one of their own."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.lab.people import Person
from tests.lab.processes import Site, Upstream

FOUNDER = "founder@example.com"
# Faults that last: run once in a while, not with every `make test`.
LONG = pytest.mark.skipif(not os.environ.get("LONG"), reason="takes minutes: set LONG=1")


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    process = Upstream()
    yield process
    process.end()


@pytest.fixture(scope="session")
def start_site(upstream: Upstream) -> Iterator[Callable[..., Site]]:
    """Starts sites whose upstream is the simulator's process; ends them all."""
    started: list[Site] = []

    def start(data: Path, **settings: str) -> Site:
        site = Site(
            data, OPENROUTER_BASE_URL=upstream.base_url, OPENROUTER_API_KEY="sk-or-v1-CANARY-of-the-tests", **settings
        )
        started.append(site)
        return site

    yield start
    for site in started:
        site.end()


@pytest.fixture(scope="session")
def site(start_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    found = start_site(tmp_path_factory.mktemp("site"), TRUSTED_PROXIES="1").ready()
    founder = Person(found, FOUNDER).founds()
    founder.close()
    return found


@pytest.fixture
def newcomer(site: Site) -> Iterator[Callable[[], Person]]:
    """Makes people with accounts of their own."""
    people: list[Person] = []

    def sign_up() -> Person:
        people.append(Person(site, f"{uuid4().hex[:10]}@example.com"))
        return people[-1].signs_up()

    yield sign_up
    for person in people:
        person.close()


@pytest.fixture
def alice(newcomer: Callable[[], Person]) -> Person:
    return newcomer()


@pytest.fixture(scope="session")
def founded(start_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site that has its founder and has ended."""
    data = tmp_path_factory.mktemp("founded")
    site = start_site(data).ready()
    Person(site, FOUNDER).founds().close()
    site.end()
    return data


@contextmanager
def serving(
    start: Callable[..., Site], founded: Path, folders: pytest.TempPathFactory, **settings: str
) -> Iterator[Person]:
    """The founder of a site with a data folder and settings of its own."""
    data = Path(shutil.copytree(founded, folders.mktemp("serving") / "data"))
    site = start(data, server=[sys.executable, "manage.py", "serve", "--no-setup"], **settings).ready()
    person = Person(site, FOUNDER).signs_in()
    yield person
    person.close()
    site.end()


@pytest.fixture
def data(founded: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return Path(shutil.copytree(founded, tmp_path / "data"))


@pytest.fixture
def serve(start_site: Callable[..., Site], data: Path) -> Iterator[Callable[..., Site]]:
    """Starts processes of a site of the test's own, all on `data`; kills what is left of them."""
    started: list[Site] = []

    def start(**settings: Any) -> Site:
        settings.setdefault("server", [sys.executable, "manage.py", "serve", "--no-setup"])
        started.append(start_site(data, **settings))
        return started[-1]

    yield start
    for site in started:
        site.end(signal.SIGKILL)


@pytest.fixture
def founder(serve: Callable[..., Site]) -> Iterator[Person]:
    """The founder of the test's own site, which is up."""
    person = Person(serve().ready(), FOUNDER).signs_in()
    yield person
    person.close()
