"""A process is killed or told to leave: what a reader saw is stored, every answer ends, and the next process takes over."""

import asyncio
import json
import random
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
import websockets

from tests.lab.conftest import FOUNDER
from tests.lab.people import JSON, Person, Reader, squeezed, text_of
from tests.lab.processes import PATIENCE_SECONDS, Site, Upstream, free_port, wait_for
from tests.lab.storage import locked
from tests.server.peers import SocketPeer, handshake

WITHOUT_A_HOUSE = [sys.executable, "-m", "uvicorn", "chatapp.asgi:application", "--lifespan", "off", "--port"]


async def closes(reader: Reader) -> int | None:
    """Read until the socket closes; gives the close code that was received."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await reader.next()
    return closed.value.rcvd.code if closed.value.rcvd else None


async def test_a_kill_loses_nothing_that_was_seen(
    founder: Person, serve: Callable[..., Site], upstream: Upstream
) -> None:
    first, mark = founder.site, uuid4().hex
    scripts = ["thinking 100000, rate 37", "thinking 20, answer 100000, rate 190", "tokens 100000, rate 800"]
    posted = [founder.asks(f"{mark} {n} simulate: {script}, no-limit") for n, script in enumerate(scripts)]
    readers = [Reader(founder) for _ in posted]
    frames = random.randint(1, 60)
    print(f"killed after {frames} frames")

    async def read(reader: Reader, ids: dict[str, str], frames: int) -> None:
        async with reader.connected():
            await reader.reads(ids["conversation"], ids["message"], frames=frames)
            if frames:
                first.child.kill()
            await closes(reader)

    await asyncio.gather(
        read(readers[0], posted[0], 0), read(readers[1], posted[1], frames), read(readers[2], posted[2], 0),
        return_exceptions=True,
    )  # fmt: skip
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    founder.site = serve(port=first.port).ready()
    for n, (reader, ids) in enumerate(zip(readers, posted, strict=True)):
        message = founder.ended(ids["message"])
        assert (message["state"], message["reason"]) == ("interrupted", "server")
        thinking, answer = text_of(message, "thinking"), text_of(message, "text")
        [truth] = upstream.asked(f"{mark} {n} ")
        assert truth["thinking"].startswith(thinking)
        assert truth["answer"].startswith(answer)
        assert squeezed(thinking).startswith(reader.text("thinking"))
        assert squeezed(answer).startswith(reader.text("text"))
        async with reader.connected():
            await reader.reads(ids["conversation"], ids["message"])
        reader.shows_only_prefixes_of(thinking, answer)
    with closing(sqlite3.connect(founder.site.data / "ponder.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_was_stopped_and_not_settled_is_settled_by_another(founder: Person, serve: Callable[..., Site]) -> None:
    other = Person(serve(port=free_port()).ready(), FOUNDER).signs_in()
    posted = founder.asks("simulate: thinking 100000, no-limit, rate 50")
    wait_for(lambda: founder.message(posted["message"])["parts"], what="the first thought")
    founder.site.child.send_signal(signal.SIGSTOP)
    seen = text_of(other.message(posted["message"]), "thinking")
    assert other.stops(posted["generation"])["state"] == "stopped"
    founder.site.end(signal.SIGKILL)
    message = other.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("stopped", "person")
    assert seen
    assert text_of(message, "thinking") == seen
    other.close()


def test_a_question_that_nobody_took_up_is_answered_or_given_up_by_the_next_process(
    serve: Callable[..., Site], data: Path, upstream: Upstream
) -> None:
    port, mark = free_port(), uuid4().hex
    before = serve(port=port, server=[*WITHOUT_A_HOUSE, str(port)])
    before.line_with("Uvicorn running")
    person = Person(before, FOUNDER).signs_in()
    old = person.asks(f"{mark} old simulate: say: too late")
    with closing(sqlite3.connect(data / "ponder.sqlite3")) as database, database:
        database.execute(
            "UPDATE chatapp_generation SET sent_at = datetime('now', '-1 minute'), "
            "heartbeat = datetime('now', '-1 minute')"
        )
    assert person.message(old["message"])["state"] == "queued"
    after = serve(port=free_port()).ready()
    late = Person(after, FOUNDER).signs_in()
    new = person.asks(f"{mark} new simulate: say: in time")
    message = late.ended(new["message"])
    assert (message["state"], text_of(message, "text")) == ("done", "in time")
    message = late.ended(old["message"])
    assert (message["state"], message["reason"]) == ("interrupted", "restart")
    assert len(upstream.asked(mark)) == 1
    person.close()
    late.close()


async def test_a_deploy_drains_while_the_next_process_serves(
    founder: Person, serve: Callable[..., Site], upstream: Upstream
) -> None:
    old, mark = founder.site, uuid4().hex
    short = founder.asks(f"{mark} short simulate: tokens 1200, rate 100")
    endless = founder.asks(f"{mark} endless simulate: thinking 100000, no-limit, rate 50")
    here, there = Reader(founder), Reader(founder)
    async with here.connected(), there.connected():
        await here.reads(short["conversation"], short["message"], frames=5)
        await there.reads(endless["conversation"], endless["message"], frames=5)
        told_at = time.monotonic()
        old.child.send_signal(signal.SIGTERM)
        assert [await closes(here), await closes(there)] == [1012, 1012]
    new = await asyncio.to_thread(lambda: serve(port=old.port).ready())
    assert old.child.poll() is None, "the old process left before the next one served"
    founder.site = new
    async with here.connected():
        await here.reads(short["conversation"], short["message"])
    assert await asyncio.to_thread(old.child.wait, 60) == 0
    # 25 s are promised; a noisy machine gets more.
    assert time.monotonic() - told_at < 50
    message = founder.ended(short["message"])
    [truth] = upstream.asked(f"{mark} short")
    assert message["state"] == "done"
    here.shows_only_prefixes_of(truth["thinking"], truth["answer"])
    message = founder.ended(endless["message"])
    assert (message["state"], message["reason"]) == ("interrupted", "restart")
    async with there.connected():
        await there.reads(endless["conversation"], endless["message"])
    there.shows_only_prefixes_of(text_of(message, "thinking"), "")
    [truth] = upstream.asked(f"{mark} endless")
    assert truth["closed_by"] == "client"
    assert truth["thinking"].startswith(text_of(message, "thinking"))
    assert "Traceback" not in old.output


async def test_told_to_leave_just_after_a_socket_opened(founder: Person) -> None:
    site = founder.site
    readers = [Reader(founder) for _ in range(3)]
    async with readers[0].connected(), readers[1].connected(), readers[2].connected():
        site.child.send_signal(signal.SIGTERM)
        assert [await closes(reader) for reader in readers] == [1012] * 3
    assert await asyncio.to_thread(site.child.wait, 60) == 0
    assert "Traceback" not in site.output


async def test_told_twice_it_leaves_at_once(founder: Person, serve: Callable[..., Site]) -> None:
    site = founder.site
    posted = founder.asks("simulate: thinking 100000, no-limit, rate 50")
    reader = Reader(founder)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=3)
        site.child.send_signal(signal.SIGTERM)
        assert await closes(reader) == 1012
    assert site.end() == -signal.SIGTERM
    founder.site = serve(port=site.port).ready()
    assert squeezed(text_of(founder.message(posted["message"]), "thinking")).startswith(reader.text("thinking"))


def test_a_kept_connection_is_closed_and_does_not_keep_the_process(founder: Person) -> None:
    site = founder.site
    founder.asks("simulate: silent 3, tokens 20")
    site.child.send_signal(signal.SIGTERM)
    wait_for(lambda: is_closed(site.port), what="the port to be free")
    reply = founder.http.get("/up")
    assert (reply.status_code, reply.headers["connection"]) == (200, "close")
    with pytest.raises(httpx.ConnectError):
        founder.http.get("/up")
    assert site.child.wait(60) == 0


def test_a_request_in_hand_is_answered_whole(founder: Person, data: Path) -> None:
    site = founder.site
    with locked(data) as lock, closing(saves_settings(founder, thinking_pane="open")) as request:
        has_heard_all(site)
        site.child.send_signal(signal.SIGTERM)
        wait_for(lambda: is_closed(site.port), what="the port to be free")
        # Not a wait for something: that it takes so long is what happens to the request. Who waits for nobody is gone.
        time.sleep(0.5)
        lock.release()
        reply = request.getresponse()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        # Less than was announced would raise.
        assert json.loads(reply.read())["thinking_pane"] == "open"
    assert site.child.wait(60) == 0
    assert "Traceback" not in site.output


def test_a_socket_that_opens_while_a_last_request_is_answered_is_told_of_the_restart(
    founder: Person, data: Path
) -> None:
    site = founder.site
    with ExitStack() as opened:
        peers = [opened.enter_context(SocketPeer(site.port)) for _ in range(5)]
        lock = opened.enter_context(locked(data))
        request = opened.enter_context(closing(saves_settings(founder, thinking_pane="open")))
        has_heard_all(site)
        told_while_they_knock(founder, peers)
        for peer in peers:
            assert peer.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        lock.release()
        assert request.getresponse().status == 200
        assert [peer.close_code() for peer in peers] == [1012] * 5
    assert site.child.wait(60) == 0
    assert "Traceback" not in site.output


def test_a_socket_whose_handshake_comes_with_the_signal_is_told_or_refused(founder: Person) -> None:
    site = founder.site
    posted = founder.asks("simulate: thinking 100000, no-limit, rate 50")
    with ExitStack() as opened:
        peers = [opened.enter_context(SocketPeer(site.port)) for _ in range(5)]
        has_heard_all(site)
        told_while_they_knock(founder, peers)
        for peer in peers:
            head = peer.until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 403 ") or peer.close_code() == 1012, head
        founder.stops(posted["generation"])
    assert site.child.wait(60) == 0
    assert "Traceback" not in site.output


def saves_settings(person: Person, **fields: str) -> HTTPConnection:
    """Send a request that writes and begins no answer; the reply is left to be read."""
    site = person.site
    connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_SECONDS)
    headers = {"Cookie": person.cookies, "Origin": site.origin, "X-CSRFToken": person.http.cookies["csrf"], **JSON}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("POST", "/settings/", urlencode(fields), headers)
    return connection


def has_heard_all(site: Site) -> None:
    """The server has let everybody in and read what they sent: one who came last has an answer."""
    httpx.get(f"{site.origin}/up", trust_env=False, timeout=PATIENCE_SECONDS).raise_for_status()


def told_while_they_knock(person: Person, peers: list[SocketPeer]) -> None:
    """The process finds the handshakes and the signal at once."""
    site = person.site
    site.child.send_signal(signal.SIGSTOP)
    for peer in peers:
        peer.send(handshake("/ws/", Host=f"127.0.0.1:{site.port}", Origin=site.origin, Cookie=person.cookies))
    site.child.send_signal(signal.SIGTERM)
    site.child.send_signal(signal.SIGCONT)


def is_closed(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
