"""Two processes of one site: what one answers the other shows, and either may stop it."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.lab.conftest import upstream  # noqa: F401 (a fixture)
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Site, Upstream, free_port, wait_for

pytestmark = pytest.mark.servers


class Pair:
    """One site in two processes; a proxy would spread requests over them."""

    def __init__(self, first: Site, second: Site) -> None:
        self.first, self.second = first, second


@pytest.fixture(scope="module", params=["postgres and redis", "one sqlite file"])
def pair(
    request: pytest.FixtureRequest,
    upstream: Upstream,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    data = tmp_path_factory.mktemp("pair")
    settings = {"OPENROUTER_BASE_URL": upstream.base_url, "OPENROUTER_API_KEY": "key"}
    if request.param == "postgres and redis":
        settings["DATABASE_URL"] = request.getfixturevalue("postgres_url")
        settings["REDIS_URL"] = request.getfixturevalue("redis_url")
    first = Site(data, **settings).ready()
    second = Site(data, port=free_port(), **settings).ready()
    yield Pair(first, second)
    for site in (first, second):
        site.end()


@pytest.fixture(scope="module")
def people(pair: Pair) -> Iterator[tuple[Person, Person]]:
    """The same person at both processes."""
    here = Person(pair.first, "founder@example.com").founds()
    there = Person(pair.second, "founder@example.com").signs_in()
    yield here, there
    here.close()
    there.close()


async def test_a_reader_at_the_other_process_sees_the_same(people: tuple[Person, Person]) -> None:
    here, there = people
    posted = here.asks("simulate: thinking 200, answer 300, rate 300")
    near, far = Reader(here), Reader(there)

    async def read(reader: Reader) -> None:
        async with reader.connected():
            await reader.reads(posted["conversation"], posted["message"])

    await asyncio.gather(read(near), read(far))
    message = there.ended(posted["message"])
    assert message["state"] == "done"
    for reader in (near, far):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))


def test_stop_at_the_other_process(people: tuple[Person, Person], upstream: Upstream) -> None:  # noqa: F811
    here, there = people
    posted = here.asks("stop-me simulate: thinking 10000, rate 100")
    wait_for(lambda: here.message(posted["message"])["parts"], what="the first thought")
    assert there.stops(posted["generation"])["state"] == "stopped"
    assert here.ended(posted["message"])["state"] == "stopped"
    wait_for(lambda: upstream.asked("stop-me")[-1]["closed_by"] == "client", what="upstream's connection to close")


def test_a_title_given_here_is_heard_there(people: tuple[Person, Person]) -> None:
    here, there = people
    posted = here.asks("simulate: say: hello")
    here.ended(posted["message"])

    async def heard() -> str:
        reader = Reader(there)
        async with reader.connected():
            await reader.send(type="watch", conversation=posted["conversation"])
            await reader.receive("watching")
            await asyncio.to_thread(here.post, f"/c/{posted['conversation']}/rename/", title="Heard")
            return str((await reader.receive("renamed"))["title"])

    assert asyncio.run(heard()) == "Heard"


def test_what_a_killed_process_was_answering_is_interrupted_by_the_other(
    pair: Pair, people: tuple[Person, Person]
) -> None:
    here, there = people
    mine = there.asks("simulate: thinking 100000, no-limit, rate 50")
    posted = here.asks("simulate: thinking 100000, no-limit, rate 50")
    wait_for(lambda: there.message(posted["message"])["parts"], what="the first thought")
    shown = text_of(there.message(posted["message"]), "thinking")
    pair.first.end(signal.SIGKILL)
    message = there.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("interrupted", "server")
    assert text_of(message, "thinking").startswith(shown)
    assert there.message(mine["message"])["state"] == "thinking"
    there.stops(mine["generation"])
