"""Who may open a socket, what may be said on it, and that nothing of another person comes over it."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import websockets

from tests.lab.people import Person, Reader
from tests.lab.processes import Site


def connect(site: Site, *, origin: str | None, cookies: str, path: str = "/ws/", host: str = "") -> Any:
    headers = {"Cookie": cookies} | ({"Host": host} if host else {})
    address = site.origin.replace("http", "ws") + path
    return websockets.connect(address, origin=origin, additional_headers=headers, proxy=None)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "{origin}.evil.example",
        "https://127.0.0.1:{port}",
        "http://sub.127.0.0.1:{port}",
    ],
)
async def test_only_the_exact_origin_is_let_in(alice: Person, origin: str | None) -> None:
    spoken = origin.format(origin=alice.site.origin, port=alice.site.port) if origin else None
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(alice.site, origin=spoken, cookies=alice.cookies):
            pass
    # 400 for an origin that is not even an address.
    assert refused.value.response.status_code in {400, 403}


@pytest.mark.parametrize("cookies", ["", "session=", "session=nonsense", "session=" + "x" * 2000])
async def test_only_a_living_session_is_let_in(site: Site, cookies: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(site, origin=site.origin, cookies=cookies):
            pass
    assert refused.value.response.status_code == 403


async def test_another_host_name_is_refused(alice: Person) -> None:
    address = f"ws://evil.example:{alice.site.port}/ws/"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(
            address,
            host="127.0.0.1",
            port=alice.site.port,
            origin=alice.site.origin,
            additional_headers={"Cookie": alice.cookies},
            proxy=None,
        ):
            pass
    assert refused.value.response.status_code == 403


async def test_an_unknown_path_is_closed_without_a_traceback(alice: Person) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with connect(alice.site, origin=alice.site.origin, cookies=alice.cookies, path="/ws/other/"):
            pass
    assert "Traceback" not in alice.site.output


BAD = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"watch"',
    "{}",
    '{"type":null}',
    '{"type":"websocket.disconnect"}',
    '{"type":"__init__"}',
    '{"type":"progress"}',
    '{"type":"watch"}',
    '{"type":"watch","conversation":7}',
    '{"type":"watch","conversation":null}',
    '{"type":"hold","message":"x","parts":[]}',
    '{"type":"hold","message":"x","parts":{"0":"many"}}',
    '{"type":"hold","message":"x","parts":{"0":1e999}}',
    '{"type":"ack"}',
    '{"type":"ack","count":"1"}',
    '{"type":"ack","count":NaN}',
    '{"type":"ack","count":' + "9" * 30 + "}",
    "[" * 5000,
    '{"type":"watch","conversation":"' + "x" * 70_000 + '"}',
    b"\x00\x01",
]


async def test_frames_of_every_wrong_kind_change_nothing(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 600, rate 300")
    reader = Reader(alice)
    async with reader.connected():
        await reader.send(type="watch", conversation=posted["conversation"])
        await reader.receive("watching")
        await reader.holds(posted["message"])
        for frame in BAD:
            await reader.socket.send(frame)
            assert (await reader.receive("error"))["code"] == "bad_request"
        await reader.send(type="ping")
        await reader.receive("pong")
        while not reader.settled:
            await reader.receive("progress")
    message = alice.ended(posted["message"])
    reader.shows_only_prefixes_of(message["parts"][0]["text"], message["parts"][1]["text"])
    assert "Traceback" not in alice.site.output


async def test_a_frame_above_the_limit_closes_the_socket(alice: Person) -> None:
    async with connect(alice.site, origin=alice.site.origin, cookies=alice.cookies) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.send("x" * 300_000)
            while True:
                await asyncio.wait_for(socket.recv(), 30)
    assert "Traceback" not in alice.site.output


async def test_what_is_anothers_does_not_exist(newcomer: Callable[[], Person]) -> None:
    alice, charlie = newcomer(), newcomer()
    posted = alice.asks("CANARY-OF-ALICE simulate: tokens 300, rate 300")
    spy = Reader(charlie)
    async with spy.connected():
        for key in (posted["conversation"], str(uuid4()), "nonsense"):
            await spy.send(type="watch", conversation=key)
            assert await spy.receive("gone") == {"type": "gone", "conversation": key}
        answers = []
        for key in (posted["message"], posted["question"], str(uuid4()), "nonsense"):
            await spy.send(type="hold", message=key)
            answers.append(await spy.receive("error"))
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["code"] == "not_found"
        await asyncio.to_thread(alice.ended, posted["message"])
        await spy.send(type="ping")
        await spy.receive("pong")
    told = json.dumps(spy.frames)
    assert "CANARY" not in told
    assert "r000001" not in told


async def test_signing_out_closes_the_sockets_of_that_session_only(alice: Person) -> None:
    other = Person(alice.site, alice.email).signs_in()
    here, there = Reader(alice), Reader(other)
    async with here.connected(), there.connected():
        await asyncio.to_thread(alice.post, "/accounts/logout/", headers={"Accept": "text/html"})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await here.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        await there.send(type="ping")
        await there.receive("pong")
    other.close()


async def test_more_commands_than_a_person_means_close_the_socket(alice: Person) -> None:
    async with connect(alice.site, origin=alice.site.origin, cookies=alice.cookies) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            for _ in range(5_000):
                await socket.send('{"type":"ping"}')
            while True:
                await asyncio.wait_for(socket.recv(), 30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4429


async def test_of_too_many_sockets_of_one_person_the_oldest_gives_way(newcomer: Callable[[], Person]) -> None:
    alice, bob = newcomer(), newcomer()
    async with contextlib.AsyncExitStack() as all_open:
        theirs = await all_open.enter_async_context(Reader(bob).connected())
        gone = Reader(alice)
        async with gone.connected():
            pass
        readers = [await all_open.enter_async_context(Reader(alice).connected()) for _ in range(22)]
        for oldest in readers[:2]:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await oldest.next()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4408
        for reader in (*readers[2:], theirs):
            await reader.send(type="ping")
            await reader.receive("pong")
    assert "Traceback" not in alice.site.output
