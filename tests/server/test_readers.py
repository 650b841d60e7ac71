"""Peers that take nothing, or too little, or say more than is heard: they cost a small buffer, and others are served."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
import websockets

from tests.lab.people import Person, Reader
from tests.lab.processes import wait_for
from tests.server.conftest import IS_FULL, Served
from tests.server.peers import CLOSE, MOST_LAG_MS, PING, TEXT, Lag, Memory, Peer, SocketPeer, frame, opened

MB = 1024 * 1024
POURED_MB = 500 if IS_FULL else 64
FLOOD_MB = 500 if IS_FULL else 64
PINGED = frame(b'{"type":"ping"}')


def asks_to_be_poured(server: Served, scheme: str, path: str) -> Peer:
    if scheme == "ws":
        return SocketPeer(server.port, buffer=4096).opens(path)
    peer = Peer(server.port, buffer=4096)
    peer.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return peer


def others_are_served(url: str) -> float:
    """How long others wait while the peer does what it does."""
    with Lag(url) as lag:
        lag.hears()
    return lag.p95


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_reader_that_never_reads_fills_nothing(either: Served, scheme: str) -> None:
    memory, path = Memory(either.child.pid), f"/pour/{POURED_MB}"
    with asks_to_be_poured(either, scheme, path):
        wait_for(lambda: either.told(path).get("bytes"), what="the first bytes")
        if either.kind == "plain":
            wait_for(lambda: either.told(path)["bytes"] == POURED_MB * MB, what="all of it")
        lag = others_are_served(f"{either.url}/told")
        handed = either.told(path)["bytes"]
        print(f"{scheme} {POURED_MB} MB, {either.kind}: {handed / MB:.1f} MB taken, +{memory.grown:.0f} MB;"
              f" lag p95 {lag:.0f} ms")  # fmt: skip
        if either.kind == "plain":
            assert memory.grown > 0.8 * POURED_MB
        else:
            others_are_served(f"{either.url}/told")
            assert either.told(path)["bytes"] == handed, "the application was not made to wait"
            assert memory.grown < 20
            assert lag < MOST_LAG_MS


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_reader_that_never_reads_is_hung_up_on(serve: Callable[..., Served], scheme: str) -> None:
    server, path = serve(stuck_seconds=1), "/pour/50"
    with asks_to_be_poured(server, scheme, path):
        # The application is not left waiting for ever.
        wait_for(lambda: server.told(path).get("ended"), what="the end of the application")
    assert "Traceback" not in server.output


def test_a_reader_that_says_goodbye_without_reading_leaves_nobody_waiting(serve: Callable[..., Served]) -> None:
    server, path = serve(stuck_seconds=1), "/pour/50"
    with asks_to_be_poured(server, "ws", path) as peer:
        wait_for(lambda: server.told(path).get("bytes"), what="the first bytes")
        peer.send(frame((1000).to_bytes(2, "big"), opcode=CLOSE))
        wait_for(lambda: server.told(path).get("ended"), what="the end of the application")
    assert "took too long" not in server.output


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_slow_reader_gets_everything(serve: Callable[..., Served], scheme: str) -> None:
    server, path = serve(stuck_seconds=4), "/pour/8"
    with asks_to_be_poured(server, scheme, path) as peer:
        for _ in range(60):
            # Slow is the point: longer in all than a peer may be stuck, in sips.
            wait_for(peer.has_come, what="a sip")
            peer.sip(4096, then_rest=0.1)
        assert not server.told(path)["ended"]
        peer.skip(7 * MB)


def test_a_flood_that_the_application_does_not_take_is_held_back(either: Served) -> None:
    memory, large = Memory(either.child.pid), frame(bytes(64 * 1024), opcode=TEXT)
    with SocketPeer(either.port).opens("/deaf") as peer, Lag(f"{either.url}/told") as lag:
        sent = peer.sends_what_is_taken(large for _ in range(FLOOD_MB * 16))
        lag.hears()
        print(
            f"{FLOOD_MB} MB, {either.kind}: {sent / MB:.1f} MB taken, +{memory.grown:.0f} MB; lag p95 {lag.p95:.0f} ms"
        )
        if either.kind == "plain":
            assert memory.grown > 0.8 * FLOOD_MB
        else:
            assert sent < FLOOD_MB * MB
            assert memory.grown < 20
            assert lag.p95 < MOST_LAG_MS


async def test_a_flood_of_small_frames_is_held_back_too(serve: Callable[..., Served]) -> None:
    server = serve(frames_at_once=1e12)
    memory, small = Memory(server.child.pid), frame(b"x") * 1000
    with SocketPeer(server.port).opens("/deaf") as peer:
        sent = peer.sends_what_is_taken(small for _ in range(16 * MB // len(small)))
        assert sent < 16 * MB
        assert memory.grown < 20


async def test_what_was_held_back_is_heard_once_there_is_room(serve: Callable[..., Served]) -> None:
    server = serve(inbox_bytes=1000)
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/echo", proxy=None) as socket:
        words = [str(number) * 300 for number in range(200)]
        for word in words:
            await socket.send(word)
        assert [await socket.recv() for _ in words] == words


def test_pings_of_one_who_does_not_read_are_not_answered_without_end(either: Served) -> None:
    memory, ping = Memory(either.child.pid), frame(b"p" * 125, opcode=PING)
    with SocketPeer(either.port, buffer=4096).opens("/deaf") as peer:
        sent = peer.sends_what_is_taken(ping * 500 for _ in range(8 * MB // (500 * len(ping))))
        either.told("/deaf")
        print(f"{either.kind}: {sent / MB:.1f} MB of pings, +{memory.grown:.0f} MB")
        assert memory.grown > 3 if either.kind == "plain" else memory.grown < 2


async def test_many_tabs_of_one_person_draw_from_one_bucket(alice: Person, newcomer: Callable[[], Person]) -> None:
    bob, frames, tabs = newcomer(), 150, 15
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(Reader(alice).connected()) for _ in range(tabs)]
        stranger = await stack.enter_async_context(Reader(bob).connected())
        # Each keeps to what a socket may say; together they do not to what a person may.
        codes = await asyncio.gather(*(_code_after(socket, frames) for socket in sockets))
        assert 4429 in codes
        assert set(codes) <= {4429, None}
        # One alone may say as much.
        async with Reader(bob).connected() as alone:
            assert await _code_after(alone, frames) is None
        await stranger.send(type="ping")
        await stranger.receive("pong")


async def _code_after(reader: Reader, pings: int) -> int | None:
    """The code with which the socket was closed while it said ping so often; None if it was not."""
    try:
        for _ in range(pings):
            await reader.send(type="ping")
        for _ in range(pings):
            await reader.receive("pong")
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
    return None


async def test_a_flood_on_one_socket_leaves_the_same_persons_others_alone(alice: Person) -> None:
    async with Reader(alice).connected() as other:
        # More than a socket may say at once, less than a person may, and than its frames would end it for.
        with opened(alice) as peer:
            peer.send(PINGED * 400)
            assert peer.close_code() == 4429
        await other.send(type="ping")
        await other.receive("pong")
    assert "Traceback" not in alice.site.output


async def test_a_flood_of_commands_closes_the_socket_and_nobody_else_waits(
    alice: Person, newcomer: Callable[[], Person]
) -> None:
    site, bob = alice.site, newcomer()
    memory = Memory(site.child.pid)
    async with Reader(bob).connected() as other:
        with Lag(f"{site.origin}/up") as lag:
            # One flood is over before enough others have asked.
            while not lag.is_enough:
                _floods(alice, 5_000)
        await other.send(type="ping")
        await other.receive("pong")
    print(f"+{memory.grown:.0f} MB, lag p95 {lag.p95:.0f} ms")
    assert memory.grown < 20
    assert lag.p95 < MOST_LAG_MS
    assert "Traceback" not in site.output


def _floods(person: Person, pings: int) -> None:
    """Say so much in one write, and be told that it is too much."""
    with opened(person) as peer:
        peer.send(PINGED * pings)
        peer.until(frame((4429).to_bytes(2, "big"), opcode=CLOSE, is_masked=False))
