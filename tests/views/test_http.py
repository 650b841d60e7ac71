"""HTTP through our own handler: each request on one thread that stays, what comes in pieces a piece at a time."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from chatapp import http

MULTIPART = [(b"content-type", b"multipart/form-data; boundary=x")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]


class Told(http.Handler):
    """Gives what it is told instead of asking a view."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response, self.threads = response, set[str]()

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        self.threads.add(threading.current_thread().name)
        return self.response


async def asked(
    handler: http.Handler, path: str = "/", headers: Any = (), *, method: str = "GET"
) -> list[Mapping[str, Any]]:
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [*headers]}
    await handler(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("path", "headers", "lane"),
    [("/", (), "pages"), ("/c/", FORM, "pages"), ("/images/", MULTIPART, "uploads"), ("/up", (), "health")],
)
async def test_what_may_wait_long_keeps_no_page_waiting(path: str, headers: Any, lane: str) -> None:
    handler = Told(HttpResponse(b"whole"))
    start, body = await asked(handler, path, headers, method="POST")
    assert (start["status"], body["body"]) == (200, b"whole")
    assert [name.partition("_")[0] for name in handler.threads] == [lane]
    assert handler.response.closed


async def test_what_comes_in_pieces_is_sent_in_pieces_and_closed() -> None:
    response = StreamingHttpResponse(iter([b"one", b"two"]), headers={"X-Kind": "ü"})
    response.set_cookie("side", "folded")
    start, *pieces = await asked(Told(response))
    assert (b"X-Kind", "ü".encode("latin1")) in start["headers"]
    assert (b"Set-Cookie", b"side=folded; Path=/") in start["headers"]
    assert [piece.get("body", b"") for piece in pieces] == [b"one", b"two", b""]
    assert not pieces[-1].get("more_body")
    assert response.closed


@pytest.mark.parametrize("response", [HttpResponse(b"x" * 200_000), StreamingHttpResponse(iter([b"one", b"two"]))])
async def test_of_what_is_asked_for_by_its_head_nothing_else_is_sent(response: HttpResponseBase) -> None:
    response.headers["Content-Length"] = "200000"
    start, *pieces = await asked(Told(response), method="HEAD")
    assert (b"Content-Length", b"200000") in start["headers"]
    assert b"".join(piece.get("body", b"") for piece in pieces) == b""
    assert response.closed


async def test_what_breaks_off_ends_and_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise OSError("the disk is gone")

    response = StreamingHttpResponse(pieces(), headers={"Content-Length": "9"})
    start, *sent = await asked(Told(response))
    assert start["status"] == 200
    assert [piece.get("body", b"") for piece in sent] == [b"one", b""]
    assert not sent[-1].get("more_body")
    assert "the disk is gone" in caplog.text
    assert response.closed
