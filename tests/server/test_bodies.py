"""A body that is too large is refused while it arrives, in the site's words, and never lies in memory."""

import itertools
import json
from collections.abc import Callable, Iterator

import pytest

from tests.lab.people import Person
from tests.lab.processes import Site
from tests.server.conftest import IS_FULL, Served
from tests.server.peers import MOST_LAG_MS, Lag, Memory, Peer, Poured, pours

MB = 1024 * 1024
PIECE = bytes(64 * 1024)
WITH_LENGTH_MB = 1024 if IS_FULL else 64
CHUNKED_MB = 300 if IS_FULL else 64
LOGIN = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"


def with_length(port: int, megabytes: int) -> tuple[bytes, Iterator[bytes]]:
    head = LOGIN % port + b"Content-Length: %d\r\n\r\n" % (megabytes * MB)
    return head, (PIECE for _ in range(megabytes * 16))


def chunked(port: int, megabytes: int) -> tuple[bytes, Iterator[bytes]]:
    head = LOGIN % port + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    return head, itertools.chain((chunk for _ in range(megabytes * 16)), [b"0\r\n\r\n"])


@pytest.mark.parametrize(("body", "megabytes"), [(with_length, WITH_LENGTH_MB), (chunked, CHUNKED_MB)])
async def test_a_huge_body_of_a_stranger_is_refused_and_not_kept(
    site: Site,
    serve: Callable[..., Served],
    body: Callable[..., tuple[bytes, Iterator[bytes]]],
    megabytes: int,
) -> None:
    memory = Memory(site.child.pid)
    with Lag(f"{site.origin}/up") as lag:
        # One is refused before enough others have asked.
        while not lag.is_enough:
            refused = await pours(site.port, *body(site.port, megabytes))
    ours = memory.grown
    plain = serve("plain", "site", data=site.data)
    memory = Memory(plain.child.pid)
    taken = await pours(plain.port, *body(plain.port, megabytes))
    print(f"{body.__name__} {megabytes} MB: +{ours:.0f} MB, plain +{memory.grown:.0f} MB;"
          f" refused after {refused.sent / MB:.1f} MB; lag p95 {lag.p95:.0f} ms")  # fmt: skip
    assert refused.status == 413
    assert refused.sent < 16 * MB
    assert b"\r\nConnection: close\r\n" in refused.answer
    assert ours < 20
    assert lag.p95 < MOST_LAG_MS
    # It takes all of it before it looks whether it may.
    assert taken.sent == pytest.approx(megabytes * MB, rel=0.01)
    assert memory.grown > 0.8 * megabytes


async def test_the_refusal_is_the_sites_own_page_with_its_headers(site: Site) -> None:
    refused = await pours(site.port, *with_length(site.port, 2))
    head, page = refused.answer.split(b"\r\n\r\n", 1)
    assert b"That is too much at once" in page
    assert b"<!doctype html>" in page
    assert b"Content-Length: %d" % len(page) in head
    for header in (b"Content-Security-Policy: ", b"X-Content-Type-Options: nosniff", b"Cache-Control: no-store"):
        assert header in head


async def test_a_program_hears_the_refusal_as_json(site: Site) -> None:
    head, pieces = chunked(site.port, 2)
    refused = await pours(site.port, head.replace(b"\r\n", b"\r\nAccept: application/json\r\n", 1), pieces)
    assert json.loads(refused.answer.split(b"\r\n\r\n", 1)[1])["error"]["code"] == "too_large"


def test_who_asks_before_sending_sends_nothing(site: Site) -> None:
    with Peer(site.port) as peer:
        peer.send(LOGIN % site.port + b"Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n")
        assert peer.everything().startswith(b"HTTP/1.1 413 ")


async def posts(server: Served, path: str, size: int, *, is_chunked: bool) -> Poured:
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" % path.encode()
    sizes = [min(size - start, len(PIECE)) for start in range(0, size, len(PIECE))]
    if not is_chunked:
        return await pours(server.port, head + b"Content-Length: %d\r\n\r\n" % size, (PIECE[:each] for each in sizes))
    chunks = (b"%x\r\n%s\r\n" % (each, PIECE[:each]) for each in [*sizes, 0])
    return await pours(server.port, head + b"Transfer-Encoding: chunked\r\n\r\n", chunks)


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(("path", "most"), [("/small/", 1_000_000), ("/large/", 12_000_000)])
async def test_the_bound_is_exact(serve: Callable[..., Served], path: str, most: int, is_chunked: bool) -> None:
    server = serve()
    let_in = await posts(server, path, most, is_chunked=is_chunked)
    assert (let_in.status, b"%d" % most in let_in.answer) == (200, True)
    assert (await posts(server, path, most + 1, is_chunked=is_chunked)).status == 413
    assert (await posts(server, path, 1, is_chunked=is_chunked)).status == 200


def test_pictures_may_be_large_where_files_are_taken_and_nowhere_else(alice: Person) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(9_900_000)
    headers = {"X-CSRFToken": alice.http.cookies["csrf"], "Accept": "application/json"}
    asked = alice.asks("simulate: say: yes")
    asking = [
        "/conversations/",
        f"/conversations/{asked['conversation']}/messages/",
        f"/messages/{asked['question']}/edit/",
    ]
    for path, status in [*((path, 400) for path in ["/images/", *asking]), ("/settings/", 413), ("/nowhere/", 413)]:
        reply = alice.http.post(path, files={"file": ("a.png", picture)}, headers=headers)
        assert (path, reply.status_code) == (path, status)
    # A broken picture and a question without words: both were looked at by their views.
    reply = alice.http.post("/images/", files={"file": ("a.png", picture + bytes(2_500_000))}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


async def test_a_body_of_which_the_peer_thought_better_is_forgotten(serve: Callable[..., Served]) -> None:
    server = serve()
    for _ in range(20):
        with Peer(server.port) as peer:
            peer.send(b"POST /large/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + PIECE)
    memory = Memory(server.child.pid)
    assert (await posts(server, "/large/", 9_000_000, is_chunked=False)).status == 200
    assert memory.grown < 9
    assert "Traceback" not in server.output
