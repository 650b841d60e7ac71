"""Who takes too long is cut off: headers, bodies, connections without a request, sockets without an answer."""

import contextlib
import itertools
import signal
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.lab.processes import wait_for
from tests.server.conftest import Served
from tests.server.peers import Memory, Peer, SocketPeer, handshake

# Of a small answer.
END = b"\r\n0\r\n\r\n"
CROWD = 300
GET = b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n"
TOO_LARGE = b"POST /small/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
POST = b"POST /large/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    bounds = {"header_seconds": 2, "idle_seconds": 3, "body_pause_seconds": 2, "body_start_seconds": 3}
    started = Served("bounded", "small", **bounds, body_bytes_a_second=10_000)
    yield started
    started.end()
    assert "Traceback" not in started.output


def drips(peer: Peer, pieces: Any) -> None:
    """Send a piece whenever the other side was seen to be still there, until it has hung up."""
    for number, piece in enumerate(pieces):
        if peer.is_closed():
            return
        try:
            peer.send(piece)
        except ConnectionError:
            return
        peer.rest(0.05)
        assert number < 2000, "it is still listened to"


def test_headers_that_come_slowly(server: Served) -> None:
    with Peer(server.port) as peer:
        peer.send(b"GET /told HTTP/1.1\r\n")
        drips(peer, itertools.repeat(b"X: y\r\n"))
        assert b"408" in peer.everything()


def test_a_request_line_that_comes_slowly_on_a_connection_that_was_good(server: Served) -> None:
    with Peer(server.port) as peer:
        peer.send(GET)
        peer.until(END)
        drips(peer, itertools.repeat(b"G"))
        assert b"408" in peer.everything()


def test_a_connection_on_which_nothing_is_asked(server: Served) -> None:
    with Peer(server.port) as silent, Peer(server.port) as kept:
        kept.send(GET)
        kept.until(END)
        wait_for(silent.is_closed, what="the end of the silent one")
        wait_for(kept.is_closed, what="the end of the one that was kept")


def test_a_connection_on_which_something_is_asked_now_and_then_is_kept(server: Served) -> None:
    with Peer(server.port) as peer:
        for _ in range(10):
            peer.send(GET)
            peer.until(END)
            peer.rest(0.6)


def test_a_body_that_stops(serve: Callable[..., Served]) -> None:
    # Its pace alone would be good for long.
    server = serve(body_pause_seconds=2, body_start_seconds=1000)
    with Peer(server.port) as peer:
        peer.send(POST % 500_000 + bytes(400_000))
        assert b"408" in peer.everything()


@pytest.mark.parametrize("head", [POST % 500_000, b"POST /large/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"])
def test_a_body_that_drips(server: Served, head: bytes) -> None:
    with Peer(server.port) as peer:
        peer.send(head)
        drips(peer, itertools.repeat(b"1\r\nx\r\n"))
        assert b"408" in peer.everything()


def test_a_body_on_a_slow_line_is_taken(server: Served) -> None:
    # Longer than a body may take that does not go on, at several times the slowest pace.
    with Peer(server.port) as peer:
        peer.send(POST % (100 * 4000))
        for _ in range(100):
            peer.send(bytes(4000))
            peer.rest(0.06)
        assert peer.everything().endswith(b"400000\r\n0\r\n\r\n")


def test_headers_without_end(server: Served) -> None:
    for endless in (b"GET /told HTTP/1.1\r\nX: " + b"y" * 200_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 30_000):
        with Peer(server.port) as peer:
            peer.sends_what_is_taken([endless])
            assert peer.everything()[:13] in {b"", b"HTTP/1.1 400 "}
    assert httpx.get(f"{server.url}/told", trust_env=False).status_code == 200


def test_a_socket_that_is_not_answered_in_time(server: Served) -> None:
    with Peer(server.port) as peer:
        peer.send(handshake("/mute"))
        wait_for(peer.is_closed, what="the end of the handshake")


def test_a_peer_that_goes_on_after_its_refusal(serve: Callable[..., Served]) -> None:
    server = serve(parting_seconds=2)
    with Peer(server.port) as peer:
        peer.send(TOO_LARGE)
        peer.until(b"HTTP/1.1 413 ")

        def is_cut_off() -> bool:
            # That no more is said is not it: the refusal is the last word, and what comes is still taken.
            try:
                peer.send(b"x")
            except ConnectionError:
                return True
            return False

        wait_for(is_cut_off, what="the end of patience")


def test_a_peer_that_pours_on_after_its_refusal(serve: Callable[..., Served]) -> None:
    server = serve(parting_seconds=1000, parting_bytes=8_000_000)
    with Peer(server.port) as peer:
        peer.send(TOO_LARGE)
        assert peer.sends_what_is_taken(bytes(65_536) for _ in range(10_000)) < 100_000_000


def test_nothing_is_read_before_the_handshake_is_answered(server: Served) -> None:
    with Peer(server.port) as peer:
        peer.send(handshake("/mute"))
        wait_for(lambda: server.told("/mute"), what="the application")
        memory = Memory(server.child.pid)
        peer.sends_what_is_taken(bytes(65_536) for _ in range(256))
        assert memory.grown < 4


def test_of_too_many_connections_those_go_that_ask_for_nothing(serve: Callable[..., Served]) -> None:
    server = serve(connections=20)
    with contextlib.ExitStack() as all_open:
        peers = [all_open.enter_context(Peer(server.port)) for _ in range(30)]
        socket = all_open.enter_context(SocketPeer(server.port).opens("/deaf"))
        wait_for(lambda: sum(peer.is_closed() for peer in peers) >= 11, what="the end of those that are too many")
        assert not any(peer.is_closed() for peer in [*peers[-15:], socket])
        poured = all_open.enter_context(Peer(server.port))
        poured.send(b"GET /pour/50 HTTP/1.1\r\nHost: x\r\n\r\n")
        poured.until(b"\r\n\r\n")
        for _ in range(30):
            all_open.enter_context(Peer(server.port))
        wait_for(lambda: all(peer.is_closed() for peer in peers), what="the end of the others")
        assert not socket.is_closed()
        poured.skip(10 * 2**20)
        assert server.told("/pour/50")
    assert "Traceback" not in server.output


def test_a_crowd_that_comes_while_the_process_is_busy_is_let_in_without_knocking_twice(
    serve: Callable[..., Served],
) -> None:
    server = serve()
    server.child.send_signal(signal.SIGSTOP)
    try:
        with contextlib.ExitStack() as all_open:
            # The system takes each in at once, or not before somebody has made room.
            peers = [all_open.enter_context(Peer(server.port)) for _ in range(CROWD)]
            server.child.send_signal(signal.SIGCONT)
            for peer in peers:
                peer.send(GET)
            for peer in peers:
                peer.until(END)
    finally:
        server.child.send_signal(signal.SIGCONT)
