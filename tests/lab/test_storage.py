"""The database is held by another process, the disk is full: the screen stands still and says so, nothing is lost,
nothing is doubled, and the site recovers by itself."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.lab.conftest import FOUNDER
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Site, Upstream, wait_for
from tests.lab.storage import Disk, locked
from tests.lab.test_pictures import quarters


def waits(reader: Reader) -> bool:
    return bool(reader.frames[-1].get("delayed"))


@pytest.mark.parametrize(("until", "rate"), [("told", 240), ("refused", 160)])
async def test_a_stream_stands_still_while_the_database_is_held(
    founder: Person, data: Path, upstream: Upstream, until: str, rate: int
) -> None:
    mark = uuid4().hex
    posted = founder.asks(f"{mark} simulate: tokens 2400, rate {rate}")
    reader = Reader(founder)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=5)
        with locked(data):
            while not waits(reader):
                await reader.receive("progress")
            stood = reader.samples[-1]
            other = ThreadPoolExecutor(1).submit(founder.post, "/conversations/", text="And?", client_id=str(uuid4()))
            if until == "refused":
                await asyncio.to_thread(founder.site.line_with, "saving is delayed")
                refused = await asyncio.to_thread(other.result)
                assert refused.status_code == 503
                assert refused.json()["error"]["code"] == "busy"
                assert "try again" in refused.json()["error"]["message"].lower()
            await reader.send(type="ping")
            await reader.receive("pong")
            assert reader.samples[-1] == stood
        if until == "told":
            # The question sent meanwhile waited, and is taken.
            assert (await asyncio.to_thread(other.result)).status_code == 201
        while not reader.settled:
            await reader.receive("progress")
    message = founder.ended(posted["message"])
    [truth] = upstream.asked(mark)
    assert message["state"] == "done"
    assert (text_of(message, "thinking"), text_of(message, "text")) == (truth["thinking"], truth["answer"])
    reader.shows_only_prefixes_of(truth["thinking"], truth["answer"])
    assert not waits(reader)


async def test_stop_while_the_database_is_held_keeps_what_was_seen(
    founder: Person, data: Path, upstream: Upstream
) -> None:
    mark = uuid4().hex
    posted = founder.asks(f"{mark} simulate: thinking 10000, rate 100")
    reader = Reader(founder)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=5)
        with locked(data) as lock, ThreadPoolExecutor(1) as thread:
            while not waits(reader):
                await reader.receive("progress")
            stopping = thread.submit(founder.stops, posted["generation"])
            await asyncio.to_thread(founder.http.get, "/up")
            lock.release()
            assert (await asyncio.to_thread(stopping.result))["state"] == "stopped"
        while not reader.settled:
            await reader.receive("progress")
    message = founder.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("stopped", "person")
    reader.shows_only_prefixes_of(text_of(message, "thinking"), "")
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")
    assert upstream.asked(mark)[0]["thinking"].startswith(text_of(message, "thinking"))


@pytest.fixture
def disk(founded: Path, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "data"
    folder.mkdir()
    found = Disk(folder)
    shutil.copytree(founded, folder, dirs_exist_ok=True)
    yield found
    found.remove()


@pytest.fixture
def tight(disk: Disk, start_site: Callable[..., Site]) -> Iterator[Person]:
    """The founder of a site on the small disk."""
    site = start_site(disk.folder).ready()
    person = Person(site, FOUNDER).signs_in()
    yield person
    person.close()
    site.end()


async def test_a_full_disk_stops_the_screen_and_loses_nothing(tight: Person, disk: Disk, upstream: Upstream) -> None:
    mark, process = uuid4().hex, tight.site.child.pid
    posted = tight.asks(f"{mark} simulate: tokens 6000, rate 600")
    reader = Reader(tight)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=5)
        disk.fill(process)
        while not waits(reader):
            await reader.receive("progress")
        assert await asyncio.to_thread(tight.site.line_with, "saving is delayed")
        refused = await asyncio.to_thread(tight.post, "/conversations/", text="And?", client_id=str(uuid4()))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        disk.free(process)
        while not reader.settled:
            await reader.receive("progress")
    message = tight.ended(posted["message"])
    [truth] = upstream.asked(mark)
    assert message["state"] == "done"
    assert (text_of(message, "thinking"), text_of(message, "text")) == (truth["thinking"], truth["answer"])
    reader.shows_only_prefixes_of(truth["thinking"], truth["answer"])


def test_a_picture_that_finds_no_room_leaves_nothing_behind(tight: Person, disk: Disk) -> None:
    process, folder = tight.site.child.pid, disk.folder / "images"

    def send() -> int:
        headers = {"X-CSRFToken": tight.http.cookies["csrf"], "Accept": "application/json"}
        files = {"file": ("photo.jpg", quarters(), "image/jpeg")}
        return tight.http.post("/images/", files=files, headers=headers).status_code

    disk.fill(process)
    assert send() == 507, tight.site.output
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    disk.free(process)
    assert send() == 201
