"""One upstream and one site for the whole laboratory; tests that end their server start one of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.lab.people import Person
from tests.lab.processes import Site, Upstream


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
    founder = Person(found, "founder@example.com").founds()
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
