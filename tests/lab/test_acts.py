"""What people do while an answer is written: send twice, stop at every moment, sign out, delete. Each counts once, and
leaves nothing behind."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import websockets

from tests.lab.people import JSON, PASSWORD, Person, Reader, text_of
from tests.lab.processes import Upstream, wait_for
from tests.lab.test_pictures import quarters
from tests.lab.test_retries import at_once

ENDLESS = "thinking 100000, no-limit, rate 100"
# A second, and two, are promised; a noisy machine gets more.
STOPPED_WITHIN_SECONDS, CLOSED_WITHIN_SECONDS = 5, 10


def is_closed_upstream(upstream: Upstream, mark: str) -> None:
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")


def has_begun(person: Person, posted: dict[str, str]) -> None:
    wait_for(lambda: person.message(posted["message"])["parts"], what="the first thought")


# (what upstream does, whether it must have begun to think when it is stopped)
MOMENTS = [
    ("delay 100", False),
    ("silent", False),
    ("wait 100", False),
    ("hang after 20, tokens 100", True),
    (ENDLESS, True),
    ("never-stops, rate 2000", True),
    ("bytes 1 every 0.05, tokens 100", False),
    ("fail 3 times then ok, retry-after 15, error 503", False),
]


@pytest.mark.parametrize(("script", "begun"), MOMENTS, ids=[row[0] for row in MOMENTS])
def test_stop_works_at_once_whatever_upstream_does(alice: Person, upstream: Upstream, script: str, begun: bool) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: {script}")
    wait_for(lambda: upstream.asked(mark), what="the question to arrive upstream")
    if begun:
        has_begun(alice, posted)
    began = time.monotonic()
    assert alice.stops(posted["generation"])["state"] == "stopped"
    if "error" not in script:
        is_closed_upstream(upstream, mark)
    assert time.monotonic() - began < STOPPED_WITHIN_SECONDS
    message = alice.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("stopped", "person")
    assert "Stopped by you after" in message["sentence"]
    assert upstream.asked(mark)[0]["thinking"].startswith(text_of(message, "thinking"))
    assert len(upstream.asked(mark)) == 1
    assert alice.stops(posted["generation"]) == {
        "generation": posted["generation"],
        "state": "stopped",
        "reason": "person",
    }


def test_stopped_many_times_at_once_it_ends_once(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: {ENDLESS}")
    has_begun(alice, posted)
    replies = at_once(alice, f"/generations/{posted['generation']}/stop/", *[{}] * 6)
    assert {(reply.status_code, reply.json()["state"]) for reply in replies} == {(200, "stopped")}
    message = alice.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("stopped", "person")
    is_closed_upstream(upstream, mark)


@pytest.mark.parametrize("delay_ms", range(0, 200, 40))
def test_stop_around_the_last_token_is_either_done_or_stopped(alice: Person, upstream: Upstream, delay_ms: int) -> None:
    """Never both, never neither; the text is what upstream said, and all of it when it is done."""
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: tokens 20, rate 200")
    wait_for(lambda: upstream.asked(mark))
    # When it comes is what varies.
    time.sleep(delay_ms / 1000)
    told = alice.stops(posted["generation"])
    message = alice.ended(posted["message"])
    assert told["state"] == message["state"]
    assert message["state"] in {"stopped", "done"}
    [truth] = upstream.asked(mark)
    for kind, whole in (("thinking", truth["thinking"]), ("text", truth["answer"])):
        assert whole.startswith(text_of(message, kind))
        assert message["state"] == "stopped" or whole == text_of(message, kind)


async def test_a_stop_that_nobody_rings_for_is_seen_all_the_same(alice: Person, upstream: Upstream) -> None:
    """Another process of the site wrote it, and its bell was lost: the row alone says so."""
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: {ENDLESS}")
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=3)
        with closing(sqlite3.connect(alice.site.data / "ponder.sqlite3", timeout=30)) as database, database:
            database.execute(
                "UPDATE chatapp_generation SET state = 'stopped', reason = 'person', ended_ms = 1000 WHERE public_id = ?",
                [posted["generation"].replace("-", "")],
            )
        began = time.monotonic()
        await asyncio.to_thread(is_closed_upstream, upstream, mark)
        assert time.monotonic() - began < STOPPED_WITHIN_SECONDS
        while not reader.settled:
            await reader.receive("progress")
    message = alice.ended(posted["message"])
    assert message["state"] == "stopped"
    reader.shows_only_prefixes_of(text_of(message, "thinking"), "")


async def test_signing_out_closes_the_socket_and_the_answer_goes_on(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: tokens 600, rate 150")
    here = Reader(alice)
    other = Person(alice.site, alice.email).signs_in()
    async with here.connected():
        await here.reads(posted["conversation"], posted["message"], frames=3)
        began = time.monotonic()
        await asyncio.to_thread(alice.post, "/accounts/logout/", headers={"Accept": "text/html"})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await here.next()
        assert time.monotonic() - began < CLOSED_WITHIN_SECONDS
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    with pytest.raises(websockets.InvalidStatus):
        async with Reader(alice).connected():
            pass
    message = other.ended(posted["message"])
    assert message["state"] == "done"
    [truth] = upstream.asked(mark)
    assert (text_of(message, "thinking"), text_of(message, "text")) == (truth["thinking"], truth["answer"])
    other.close()


@pytest.fixture
def quiet(founder: Person) -> Iterator[Person]:
    """The founder of a site that must log no error."""
    yield founder
    wrong = [line for line in founder.site.lines if "ERROR" in line or "Traceback" in line]
    assert wrong == []


def rows(data: Path) -> dict[str, int]:
    """How many rows there are of what an answer is made of."""
    with closing(sqlite3.connect(data / "ponder.sqlite3", timeout=30)) as database:
        tables = ("conversation", "message", "generation", "part", "journal", "call", "image")
        return {table: database.execute(f"SELECT count(*) FROM chatapp_{table}").fetchone()[0] for table in tables}


def files(data: Path) -> list[Path]:
    return [path for path in (data / "images").rglob("*") if path.is_file()]


def send_picture(person: Person) -> str:
    headers = JSON | {"X-CSRFToken": person.http.cookies["csrf"]}
    files = {"file": ("photo.jpg", quarters(), "image/jpeg")}
    return str(person.http.post("/images/", files=files, headers=headers).json()["id"])


# Upstream thinks, says nothing at all, comes to its end, or breaks off just then.
PURGED = (ENDLESS, "silent", "delay 100", "tokens 30, rate 50", "cut after 30, tokens 60, rate 50")


async def test_a_conversation_purged_while_it_is_answered_leaves_nothing(
    quiet: Person, data: Path, upstream: Upstream
) -> None:
    before = rows(data)
    for script in PURGED:
        await _is_purged_while_answered(quiet, upstream, script)
    # Whatever was on its way has come: the next question is answered, and nothing of the others is there.
    later = quiet.asks("simulate: tokens 5")
    quiet.ended(later["message"])
    assert quiet.post(f"/c/{later['conversation']}/purge/").status_code == 200
    assert rows(data) == before
    assert files(data) == []


@pytest.mark.parametrize("script", [ENDLESS, "silent"])
async def test_an_account_deleted_while_it_is_answered_leaves_nothing(
    quiet: Person, data: Path, upstream: Upstream, script: str
) -> None:
    before = rows(data)
    leaver = Person(quiet.site, f"{uuid4().hex[:10]}@example.com").signs_up()
    async with _asked(leaver, upstream, script) as asked:
        # The reader goes on reading: one that does not answer the closing in time is cut off without a word.
        left = await asyncio.to_thread(leaver.post, "/settings/leave/", password=PASSWORD)
        assert left.status_code == 200
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await asked.reader.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    await asyncio.to_thread(is_closed_upstream, upstream, asked.mark)
    await asyncio.to_thread(wait_for, lambda: rows(data) == before, what="the last of the account to go")
    await asyncio.to_thread(wait_for, lambda: files(data) == [], what="the picture's files to go")
    leaver.close()


@dataclass(frozen=True, slots=True)
class Watched:
    """A question with a picture that is being answered, and who reads it."""

    posted: dict[str, str]
    picture: str
    mark: str
    reader: Reader


@asynccontextmanager
async def _asked(person: Person, upstream: Upstream, script: str) -> AsyncIterator[Watched]:
    picture, mark = send_picture(person), uuid4().hex
    reply = person.post("/conversations/", text=f"{mark} simulate: {script}", client_id=str(uuid4()), images=picture)
    posted = reply.json()
    reader = Reader(person)
    async with reader.connected():
        await reader.send(type="watch", conversation=posted["conversation"])
        await reader.receive("watching")
        await reader.holds(posted["message"])
        await asyncio.to_thread(wait_for, lambda: upstream.asked(mark), what="the question to arrive upstream")
        yield Watched(posted, picture, mark, reader)


async def _is_purged_while_answered(quiet: Person, upstream: Upstream, script: str) -> None:
    async with _asked(quiet, upstream, script) as asked:
        assert quiet.post(f"/c/{asked.posted['conversation']}/purge/").status_code == 200
        await asked.reader.receive("gone")
    if "tokens" not in script:
        await asyncio.to_thread(is_closed_upstream, upstream, asked.mark)
    wait_for(lambda: upstream.asked(asked.mark)[0]["state"] != "open", what="the end of it upstream")
    for path in (
        f"/messages/{asked.posted['message']}/",
        f"/c/{asked.posted['conversation']}/",
        f"/images/{asked.picture}/",
    ):
        assert quiet.http.get(path, headers=JSON).status_code == 404
    assert quiet.post(f"/generations/{asked.posted['generation']}/stop/").status_code == 404
