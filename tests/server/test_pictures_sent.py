"""Pictures on their way out: a piece at a time, so that who does not read holds little; whole, or cut off."""

import contextlib
import os
import re
from contextlib import ExitStack
from pathlib import Path

from tests.lab.people import Person
from tests.lab.processes import Site, wait_for
from tests.lab.test_pictures import quarters, upload
from tests.server.peers import Memory, Peer

READERS = 20
# What comes after a picture's end is kept with it, and costs no time to look at.
TAIL_BYTES = 9_000_000


def asks(person: Person, path: str, *, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {person.cookies}\r\n\r\n".encode()


def large(person: Person) -> tuple[bytes, str]:
    """A picture of the person's, and the path of its original."""
    data = quarters() + os.urandom(TAIL_BYTES)
    return data, f"/images/{upload(person, data)['id']}/original/"


def length_in(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    assert found
    return int(found[1])


def test_readers_that_read_nothing_hold_no_pictures(site: Site, alice: Person) -> None:
    data, path = large(alice)
    assert alice.http.get(path).content == data
    memory = Memory(site.child.pid)
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(site.port, buffer=4096)) for _ in range(READERS)]
        for peer in peers:
            peer.send(asks(alice, path))
        wait_for(lambda: all(peer.has_come() for peer in peers), what="the first bytes of each")
        print(f"{READERS} readers of {len(data) / 1e6:.0f} MB: +{memory.grown:.0f} MB")
        assert memory.grown < 20
        # What they left untouched is there, and no file is open meanwhile.
        assert not [kept for kept in open_files(site) if "/images/" in kept]
        head = peers[0].until(b"\r\n\r\n")
        assert length_in(head) == len(data)
        assert alice.http.get(path).content == data


def open_files(site: Site) -> list[str]:
    found = []
    for handle in Path(f"/proc/{site.child.pid}/fd").iterdir():
        # It may just have been closed.
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(handle))
    return found


def test_who_asks_for_the_head_gets_the_head_alone(site: Site, alice: Person) -> None:
    data, path = large(alice)
    with Peer(site.port) as peer:
        peer.send(asks(alice, path, method="HEAD"))
        assert length_in(peer.until(b"\r\n\r\n")) == len(data)
        peer.send(asks(alice, "/up"))
        assert peer.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_picture_that_goes_while_it_is_sent_is_cut_off(site: Site, alice: Person) -> None:
    data, path = large(alice)
    with Peer(site.port, buffer=4096) as peer:
        peer.send(asks(alice, path))
        head = peer.until(b"\r\n\r\n")
        [kept] = [file for file in (site.data / "images").rglob("original") if file.read_bytes() == data]
        kept.unlink()
        # At once: it would be hung up on as well if it asked for nothing for minutes.
        came = len(peer.everything())
        assert 0 < came < length_in(head) == len(data)
    assert alice.http.get(path).status_code == 404
    assert alice.http.get("/up").status_code == 200
