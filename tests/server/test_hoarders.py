"""Who brings a thousand little things, or begins a thousand and ends none, is stopped; and nobody else has to go."""

import itertools
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatapp.server.bodies import Bodies
from chatapp.server.request import IN_MEMORY_BYTES
from tests.lab.processes import wait_for
from tests.server.conftest import Served
from tests.server.peers import PING, TEXT, Memory, Peer, SocketPeer, frame

PONG = 10
CHUNKED = b"POST /large/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = b"POST /large/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"

FLOODS = {
    "pings": itertools.repeat(frame(b"", opcode=PING) * 1_000),
    "pongs": itertools.repeat(frame(b"", opcode=PONG) * 1_000),
    "pieces of one message": itertools.chain([frame(b"", first=TEXT)], itertools.repeat(frame(b"", first=0) * 1_000)),
    "messages": itertools.repeat(frame(b"x") * 1_000),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_of_frames_of_any_kind_closes_the_socket(serve: Callable[..., Served], what: str) -> None:
    server = serve()
    memory = Memory(server.child.pid)
    with SocketPeer(server.port).opens("/deaf") as peer:
        peer.sends_what_is_taken(itertools.islice(FLOODS[what], 1_000))
        assert peer.close_code() == 4429
    assert memory.grown < 5
    assert "Traceback" not in server.output


def test_frames_at_a_pace_are_no_flood(serve: Callable[..., Served]) -> None:
    server = serve(frames_at_once=20, frames_a_second=1_000)
    with SocketPeer(server.port).opens("/echo") as peer:
        for number in range(100):
            peer.send(frame(b"", opcode=PONG) if number % 2 else frame(b"said"))
            if number % 2 == 0:
                peer.until(b"said")
            peer.rest(0.003)


def test_a_body_in_crumbs_is_refused(serve: Callable[..., Served]) -> None:
    server = serve(body_pieces=500)
    with Peer(server.port) as peer:
        peer.sends_what_is_taken([CHUNKED, b"1\r\nx\r\n" * 10_000])
        assert peer.everything().startswith(b"HTTP/1.1 400 ")
    with Peer(server.port) as peer:
        # So many pieces of a size that people send.
        peer.send(CHUNKED + b"400\r\n" + bytes(1024) + b"\r\n" + (b"400\r\n" + bytes(1024) + b"\r\n") * 5_000)
        peer.send(b"0\r\n\r\n")
        assert peer.until(b"\r\n0\r\n\r\n").endswith(b"%d" % (5_001 * 1024))


def test_of_too_many_bodies_those_go_of_which_least_has_come(serve: Callable[..., Served]) -> None:
    server = serve(bodies=20)
    with ExitStack() as all_open:
        brought = all_open.enter_context(Peer(server.port))
        brought.send(LONG + bytes(5_000_000))
        peers = [all_open.enter_context(Peer(server.port)) for _ in range(40)]
        for peer in peers:
            peer.send(CHUNKED + b"1\r\nx\r\n")
        wait_for(lambda: sum(peer.is_closed() for peer in peers) >= 21, what="the end of those that are too many")
        brought.send(bytes(5_000_000))
        assert brought.until(b"\r\n0\r\n\r\n").endswith(b"10000000")
        assert sum(peer.is_closed() for peer in peers) <= 21
    assert "Traceback" not in server.output


def test_of_too_many_bytes_the_body_goes_that_began_first(serve: Callable[..., Served]) -> None:
    server = serve(all_bodies_bytes=15_000_000)
    with Peer(server.port) as first, Peer(server.port) as second:
        first.send(LONG + bytes(8_000_000))
        # It has come, as far as it goes.
        wait_for(lambda: len(_files(server)) == 1, what="the first one's file")
        second.send(LONG)
        second.sends_what_is_taken([bytes(10_000_000)])
        assert second.until(b"\r\n0\r\n\r\n").endswith(b"10000000")
        wait_for(first.is_closed, what="the end of the first")


@pytest.mark.parametrize("head", [CHUNKED, LONG])
def test_a_body_of_which_little_has_come_has_no_file(serve: Callable[..., Served], head: bytes) -> None:
    server = serve()
    with ExitStack() as all_open:
        for _ in range(30):
            all_open.enter_context(Peer(server.port)).send(head + b"1\r\nx\r\n")
        last = all_open.enter_context(Peer(server.port))
        last.send(b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n")
        last.until(b"\r\n0\r\n\r\n")
        assert not _files(server)
        grown = all_open.enter_context(Peer(server.port))
        grown.send(LONG + bytes(IN_MEMORY_BYTES + 1))
        wait_for(lambda: len(_files(server)) == 1, what="the file of the one that grew")


def _files(server: Served) -> list[str]:
    """The files that the process has without a name."""
    folder = Path(f"/proc/{server.child.pid}/fd")
    return [name for entry in folder.iterdir() if (name := os.readlink(entry)).endswith(" (deleted)")]


def test_an_answer_that_fails_in_the_midst_is_hung_up_on_each_time(serve: Callable[..., Served]) -> None:
    server = serve()
    for _ in range(3):
        with Peer(server.port) as peer:
            peer.send(b"GET /breaks HTTP/1.1\r\nHost: x\r\n\r\n")
            assert peer.everything().endswith(b"half\r\n")


class Bringing:
    """A connection that can be hung up on."""

    def __init__(self, bodies: "Bodies[Bringing]") -> None:
        self._bodies, self.has_gone = bodies, False

    def give_way(self) -> None:
        self.has_gone = True
        self._bodies.end(self)


def test_what_has_ended_counts_no_more() -> None:
    bodies: Bodies[Bringing] = Bodies(2, 100)
    one, two, three, four = (Bringing(bodies) for _ in range(4))
    for bringer, size in ((one, 60), (two, 30)):
        bodies.goes_on(bringer, size)
    bodies.end(one)
    bodies.goes_on(three, 60)
    assert not two.has_gone
    bodies.goes_on(four, 10)
    assert [each.has_gone for each in (one, two, three, four)] == [False, True, False, False]
    bodies.goes_on(four, 40)
    assert three.has_gone
    assert len(bodies) == 1
