"""A PostgreSQL that drops its connections, as one that restarts does: nothing is lost, and nothing is called a defect."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import upstream  # noqa: F401 (a fixture)
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Site, Upstream
from tests.servers.conftest import another_database

pytestmark = pytest.mark.servers
CUTS, CHARACTERS = 6, 400


@pytest.fixture(scope="module")
def database_url(postgres_url: str) -> str:
    return another_database(postgres_url, "cut")


@pytest.fixture
def person(database_url: str, upstream: Upstream, tmp_path: Path) -> Iterator[Person]:  # noqa: F811
    site = Site(
        tmp_path, OPENROUTER_BASE_URL=upstream.base_url, OPENROUTER_API_KEY="key", DATABASE_URL=database_url
    ).ready()
    person = Person(site, "founder@example.com").founds()
    yield person
    person.close()
    site.end()


def cut_off(database_url: str) -> None:
    """End all connections to the database but this one."""
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_an_answer_outlives_the_databases_connections(person: Person, database_url: str) -> None:
    posted = person.asks("simulate: thinking 300, answer 600, rate 150")
    reader = Reader(person)

    async def reads() -> None:
        async with reader.connected():
            await reader.reads(posted["conversation"], posted["message"])

    async def cuts() -> None:
        for count in range(1, CUTS + 1):
            while len(reader.text("thinking") + reader.text("text")) < count * CHARACTERS:
                await asyncio.sleep(0.02)
            await asyncio.to_thread(cut_off, database_url)

    await asyncio.gather(reads(), cuts())
    message = person.ended(posted["message"])
    assert message["state"] == "done"
    reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    assert "Traceback" not in person.site.output
    # Pages as well: the first one that finds its connection gone may say so, none later.
    answers = [person.http.get("/conversations/").status_code for _ in range(20)]
    assert set(answers[10:]) == {200}, answers
