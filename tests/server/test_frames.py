"""What is not right on the wire: broken frames and handshakes, forged headers, unknown verbs. Never a traceback."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest
import websockets

from tests.lab.people import JSON, PASSWORD, Person, Reader
from tests.lab.processes import Site, wait_for
from tests.server.peers import BINARY, CLOSE, PING, TEXT, Peer, frame, handshake, known_as, opened

TOO_MUCH = 256 * 1024 + 1


@pytest.fixture
def unhurt(site: Site) -> Iterator[Site]:
    """The site, which must serve as before, with no traceback in its log."""
    yield site
    assert httpx.get(f"{site.origin}/up", trust_env=False).status_code == 200
    assert "Traceback" not in site.output


@pytest.fixture(scope="module")
def alice(site: Site) -> Iterator[Person]:
    """One for all: nothing here leaves a trace on her."""
    person = Person(site, "alice-of-the-frames@example.com").signs_up()
    yield person
    person.close()


def continued(pieces: int, size: int, *, opcode: int = TEXT) -> bytes:
    """One message in so many frames."""
    middle = frame(b"x" * size, first=0)
    return frame(b"x" * size, first=opcode) + middle * (pieces - 2) + frame(b"x" * size, first=0x80)


BROKEN = {
    "too large": (frame(b"x" * TOO_MUCH), 1009),
    "too large in pieces": (continued(30, 10_000), 1009),
    "too large and binary": (frame(b"x" * TOO_MUCH, opcode=BINARY), 1009),
    "an announced gigabyte": (frame(b"")[:1] + b"\xff" + (2**30).to_bytes(8, "big") + bytes(4), 1009),
    "not masked": (frame(b"{}", is_masked=False), 1002),
    "an unknown extension": (frame(b"{}", first=0xC1), 1002),
    "an unknown opcode": (frame(b"{}", opcode=3), 1002),
    "an unknown control": (frame(b"{}", opcode=11), 1002),
    "a ping in pieces": (frame(b"x", first=PING), 1002),
    "a long ping": (frame(b"x" * 126, opcode=PING), 1002),
    "an end without a beginning": (frame(b"x", first=0x80), 1002),
    "a beginning within": (frame(b"x", first=TEXT) + frame(b"x"), 1002),
    "not UTF-8": (frame(b"\xff\xfe"), 1007),
    "half a character": (frame("é".encode()[:1]), 1007),
    "a close of one byte": (frame(b"x", opcode=CLOSE), None),
    "a close for a forged reason": (frame((999).to_bytes(2, "big"), opcode=CLOSE), None),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_frame_closes_the_socket_with_its_reason(unhurt: Site, alice: Person, what: str) -> None:
    sent, code = BROKEN[what]
    with opened(alice) as peer:
        peer.sends_what_is_taken([sent, frame(b'{"type":"ping"}') * 50])
        assert peer.close_code() == code


def test_the_largest_message_and_a_binary_one_are_answered(unhurt: Site, alice: Person) -> None:
    with opened(alice) as peer:
        for sent in (frame(b"x" * (TOO_MUCH - 1)), continued(26, 10_000), frame(b"\x00\xff", opcode=BINARY)):
            peer.send(sent)
            peer.until(b'"code":"bad_request"')


HANDSHAKES = {
    "no key": (handshake("/ws/").replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
    "a key twice": (handshake("/ws/").replace(b"Sec-WebSocket-Key", b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Key"), 400),
    "an old version": (handshake("/ws/").replace(b"Version: 13", b"Version: 7"), 400),
    "a version that is none": (handshake("/ws/").replace(b"Version: 13", b"Version: x"), 400),
    "another verb": (handshake("/ws/").replace(b"GET", b"POST"), 405),
    "HTTP/1.0": (handshake("/ws/").replace(b"HTTP/1.1", b"HTTP/1.0"), 403),
    "an unknown path": (handshake("/nowhere/"), 403),
    "no origin": (handshake("/ws/"), 403),
    "a control character": (handshake("/ws/", X="a\x0bb"), 400),
    "a header that is none": (handshake("/ws/", **{"X\x85": "y"}), 400),
    "a body": (handshake("/ws/", **{"Content-Length": "1000"}) + bytes(1000), 403),
    "a body that is too large": (handshake("/ws/", **{"Content-Length": "2000000"}), 413),
}


@pytest.mark.parametrize("what", HANDSHAKES)
def test_a_wrong_handshake_is_refused(unhurt: Site, what: str) -> None:
    sent, status = HANDSHAKES[what]
    with Peer(unhurt.port) as peer:
        peer.send(sent)
        assert peer.until(b"\r\n").startswith(b"HTTP/1.1 %d " % status)


# What Python's splitlines() takes for the end of a line, and HTTP does not: autobahn reads handshakes with it.
@pytest.mark.parametrize("byte", [b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x85"], ids=bytes.hex)
@pytest.mark.parametrize("path", ["/ws/", "/up"])
def test_a_header_within_a_headers_value_is_refused(unhurt: Site, alice: Person, path: str, byte: bytes) -> None:
    asks, status = handshake(path, **known_as(alice)), 101
    if path == "/up":
        asks, status = asks.replace(b"Upgrade: websocket\r\n", b""), 200
    # Autobahn itself minds two origins, and nothing minds the other.
    evil, other = (
        asks.replace(b"\r\n\r\n", b"\r\nX: a" + byte + line + b"\r\n\r\n")
        for line in (b"Origin: evil", b"X-Forwarded-For: 192.0.2.1")
    )
    for sent, answer in ((asks, status), (evil, 400), (other, 400)):
        with Peer(unhurt.port) as peer:
            peer.send(sent)
            assert peer.until(b"\r\n").startswith(b"HTTP/1.1 %d " % answer)


async def test_a_session_in_the_address_is_none(unhurt: Site, alice: Person) -> None:
    address = f"ws://127.0.0.1:{unhurt.port}/ws/?session={alice.http.cookies['session']}"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(address, origin=unhurt.origin, proxy=None):
            pass
    assert refused.value.response.status_code == 403


async def test_a_new_password_closes_the_sockets_of_the_other_sessions(newcomer: Callable[[], Person]) -> None:
    alice = newcomer()
    other = Person(alice.site, alice.email).signs_in()
    async with Reader(other).connected() as there:
        new = PASSWORD + " new"
        sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        reply = await asyncio.to_thread(
            alice.post, "/accounts/password/change/", headers={"Accept": "text/html"}, **sent
        )
        assert reply.status_code == 302
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await there.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    other.close()


@pytest.mark.parametrize("verb", ["TRACE", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "NONSENSE"])
@pytest.mark.parametrize(
    "path", ["/", "/up", "/images/", "/conversations/", "/settings/", "/accounts/login/", "/setup/"]
)
def test_no_address_answers_to_other_verbs(unhurt: Site, alice: Person, verb: str, path: str) -> None:
    headers = {"X-CSRFToken": alice.http.cookies["csrf"], "Cookie": alice.cookies, **JSON}
    with Peer(unhurt.port) as peer:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        host = f"127.0.0.1:{unhurt.port}"
        peer.send(
            f"{verb} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {unhurt.origin}\r\nConnection: close\r\n{lines}\r\n".encode()
        )
        assert peer.everything().split(b"\r\n")[0] == b"HTTP/1.1 405 Method Not Allowed"


WRONG = {
    "a control character in a header": (b"GET /up HTTP/1.1\r\nHost: x\r\nX: a\x0bb\r\n\r\n", {400}),
    "another host": (b"GET /accounts/login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
    "an address with a host": (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
    "two lengths": (b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", {400}),
    "a length and chunks": (
        b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "a length below nought": (b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
    "a length of many digits": (b"POST /up HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", {0, 400, 413}),
    "a chunk that is none": (b"POST /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n", {400}),
    "a coding that is none": (b"POST /up HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", {400}),
    "bytes that are no text": (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no request at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {0, 400}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_request_that_is_none_is_refused(unhurt: Site, what: str) -> None:
    sent, statuses = WRONG[what]
    with Peer(unhurt.port) as peer:
        peer.send(sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = peer.everything()
    status = int(answer.split(b" ", 2)[1]) if answer else 0
    assert status in statuses


def test_nobody_outside_says_under_which_path_the_site_lies(alice: Person) -> None:
    reply = alice.http.get("/accounts/login/", headers={"Daphne-Root-Path": "@evil.example"}, follow_redirects=False)
    assert "evil" not in reply.text + str(reply.headers)
    reply = alice.post("/accounts/password/reset/", headers={"Daphne-Root-Path": "@evil.example"}, email=alice.email)
    assert "evil" not in reply.text + str(reply.headers)


def test_who_is_being_closed_may_not_pour_either(unhurt: Site, alice: Person) -> None:
    told = "too many frames"
    before = unhurt.output.count(told)
    with opened(alice) as peer:
        peer.send(frame(b"{}", is_masked=False))
        peer.sends_what_is_taken([frame(b"", opcode=PING) * 1_000])
        wait_for(lambda: unhurt.output.count(told) > before, what="the end of its parsing")
        assert peer.close_code() == 1002
