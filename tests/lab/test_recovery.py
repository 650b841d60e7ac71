"""The database cannot be written for a while, or for too long, or the clock jumps: what is said meanwhile, what becomes
of the answers, and that the same process goes on as if nothing had been."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.lab.conftest import FOUNDER, LONG
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Site, Upstream, free_port, memory_mb, wait_for
from tests.lab.storage import locked, read_only
from tests.lab.test_storage import waits

MOST_GROWTH_MB = 60
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def readiness(person: Person) -> tuple[int, str]:
    reply = person.http.get("/ready")
    return reply.status_code, str(reply.json().get("reason", ""))


@pytest.mark.parametrize("fault", [locked, read_only])
def test_a_site_that_cannot_save_reads_says_so_and_recovers(
    founder: Person, data: Path, fault: Callable[[Path], AbstractContextManager[object]]
) -> None:
    posted = founder.asks("simulate: say: kept")
    founder.ended(posted["message"])
    assert readiness(founder) == (200, "")
    with fault(data):
        assert readiness(founder) == (503, "database")
        assert founder.http.get("/up").status_code == 200
        page = founder.http.get(f"/c/{posted['conversation']}/")
        assert (page.status_code, "kept" in page.text) == (200, True)
        refused = founder.post("/conversations/", text="And?", client_id=str(uuid4()))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert "Nothing was changed" in refused.json()["error"]["message"]
        assert founder.http.get("/", headers={"Accept": "text/html"}).status_code == 200
    wait_for(lambda: readiness(founder) == (200, ""), what="the site to be ready again")
    assert founder.ended(founder.asks("simulate: say: again")["message"])["state"] == "done"


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (read_only, 3),
        pytest.param(read_only, 40, marks=LONG),
        pytest.param(locked, 15, marks=LONG),
        pytest.param(locked, 40, marks=LONG),
    ],
)
async def test_a_stream_outlives_a_database_that_cannot_be_written(
    founder: Person,
    data: Path,
    upstream: Upstream,
    fault: Callable[[Path], AbstractContextManager[object]],
    seconds: int,
) -> None:
    mark = uuid4().hex
    posted = founder.asks(f"{mark} simulate: tokens {100 * (seconds + 5)}, rate 100")
    reader, pings = Reader(founder), []
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=5)
        with fault(data):
            while not waits(reader):
                await reader.receive("progress")
            stood = reader.samples[-1]
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                asked_at = time.monotonic()
                await reader.send(type="ping")
                await reader.receive("pong")
                pings.append(time.monotonic() - asked_at)
                await asyncio.sleep(0.2)
            assert reader.samples[-1] == stood
            assert await asyncio.to_thread(readiness, founder) in {(503, "database"), (503, "saving")}
        while not reader.settled:
            await reader.receive("progress")
    message = founder.ended(posted["message"])
    [truth] = upstream.asked(mark)
    assert message["state"] == "done"
    assert (text_of(message, "thinking"), text_of(message, "text")) == (truth["thinking"], truth["answer"])
    reader.shows_only_prefixes_of(truth["thinking"], truth["answer"])
    # 200 ms are promised; a noisy machine gets more.
    assert sorted(pings)[len(pings) // 2] < 1
    assert "Traceback" not in founder.site.output


def test_more_than_memory_may_hold_ends_the_answer(founder: Person, data: Path, upstream: Upstream) -> None:
    """Two megabytes of text wait for the database, then it is given up, with those kept."""
    mark, process = uuid4().hex, founder.site.child.pid
    posted = founder.asks(f"{mark} simulate: wait 3, thinking 10, answer 400000, rate 0, no-limit")
    before = memory_mb(process)
    wait_for(lambda: upstream.asked(mark), what="the question to arrive upstream")
    with locked(data):
        founder.site.line_with("the database was away for too long")
        assert upstream.asked(mark)[0]["state"] != "complete"
        growth = memory_mb(process) - before
    message = founder.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("failed", "storage")
    assert "could not be saved" in message["sentence"]
    answer = text_of(message, "text")
    assert upstream.asked(mark)[0]["answer"].startswith(answer)
    assert 1_000_000 < len(answer) <= 2_000_000
    assert growth < MOST_GROWTH_MB
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")
    assert founder.ended(founder.asks("simulate: say: again")["message"])["state"] == "done"


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What the wall clock of the site's processes is set by; their monotonic clock is left alone."""
    if FAKETIME is None:
        message = "clock tests skipped: no libfaketime found"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    found = tmp_path / "clock"
    found.write_text("+0")
    return found


@pytest.fixture
def twin(serve: Callable[..., Site], clock: Path) -> Iterator[tuple[Person, Person]]:
    """The founder at two processes of one site whose clock can be set."""
    faked = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    here = Person(serve(**faked).ready(), FOUNDER).signs_in()
    there = Person(serve(port=free_port(), **faked).ready(), FOUNDER).signs_in()
    yield here, there
    here.close()
    there.close()


@LONG
async def test_a_clock_that_jumps_changes_nothing_for_a_running_answer(
    twin: tuple[Person, Person], clock: Path, upstream: Upstream
) -> None:
    here, there = twin
    conversation = ""
    for jump in ("+2h", "-2h", "+2d"):
        mark = uuid4().hex
        posted = here.asks(f"{mark} simulate: tokens 2400, rate 120", conversation=conversation)
        conversation = posted["conversation"]
        near, far = Reader(here), Reader(there)
        async with near.connected(), far.connected():
            await near.reads(conversation, posted["message"], frames=2)
            clock.write_text(jump)
            began = time.monotonic()
            await asyncio.gather(*(reader.reads(conversation, posted["message"]) for reader in (near, far)))
        # Longer than a round of the other process's watchdog.
        assert time.monotonic() - began > 10
        message = here.ended(posted["message"])
        [truth] = upstream.asked(mark)
        assert message["state"] == "done"
        for reader in (near, far):
            reader.shows_only_prefixes_of(truth["thinking"], truth["answer"])
            assert all(frame.get("elapsed_ms", 0) >= 0 for frame in reader.frames)
        assert 15_000 < message["times"]["ended_ms"] < 120_000
    page = here.http.get(f"/c/{conversation}/", headers={"Accept": "text/html"}).text
    assert page.count("Thought for") == 3
    assert "Thought for -" not in page
