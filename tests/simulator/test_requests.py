"""Request heads, without a socket."""

import pytest

from chatapp.simulator.requests import (
    BODY_LIMIT_BYTES,
    HEAD_LIMIT_BYTES,
    Malformed,
    chunk_size,
    end_of_head,
    parse_head,
)

POST = b"POST /api/v1/x?a=1&b=%C3%A9 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-Thing:  two words \r\n\r\n"


def test_a_head_is_read_with_its_query_and_headers() -> None:
    head = parse_head(POST)
    assert (head.method, head.path, head.query) == ("POST", "/api/v1/x", {"a": "1", "b": "é"})
    assert head.headers == {"host": "h", "content-length": "3", "x-thing": "two words"}
    assert (head.length, head.chunked, head.keep_alive, head.http_1_1) == (3, False, True, True)


def test_the_end_of_a_head_is_found_at_every_cut() -> None:
    for cut in range(len(POST)):
        assert end_of_head(POST[:cut]) is None
    assert end_of_head(POST + b"abc") == len(POST)


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        ("1", "", True),
        ("1", "Connection: close\r\n", False),
        ("0", "", False),
        ("0", "Connection: keep-alive\r\n", True),
    ],
)
def test_keep_alive_follows_version_and_header(version: str, connection: str, keeps: bool) -> None:
    assert parse_head(f"GET / HTTP/1.{version}\r\n{connection}\r\n".encode()).keep_alive is keeps


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nna me: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded\r\n\r\n", 400),
        (b"GET //[x HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT_BYTES + 1), 413),
    ],
)
def test_a_bad_head_has_a_status(raw: bytes, status: int) -> None:
    with pytest.raises(Malformed) as caught:
        parse_head(raw)
    assert caught.value.status == status


def test_what_is_no_http_is_known_at_the_first_byte() -> None:
    with pytest.raises(Malformed):
        end_of_head(b"\x16\x03\x01")


def test_a_head_has_a_limit() -> None:
    with pytest.raises(Malformed) as caught:
        end_of_head(b"GET / HTTP/1.1\r\nx: " + b"y" * HEAD_LIMIT_BYTES)
    assert caught.value.status == 431


def test_chunk_sizes_are_hexadecimal() -> None:
    assert chunk_size(b"1F;ext=1\r\n") == 31
    for bad in (b"\r\n", b"-1\r\n", b"0x1\r\n", b"123456789\r\n"):
        with pytest.raises(Malformed):
            chunk_size(bad)
