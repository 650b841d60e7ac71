"""HTTP as Django's ASGI handler speaks it, but each request on one thread that stays.

Django's own gives each request a thread of its own, which opens and closes its own connection to the database, and
takes it to the event loop and back between the middleware and the view: four fifths of what a small page costs. All
views here are plain functions, so the middleware, the view and the rendering run in one go, as under WSGI.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import IO, Any, cast

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from chatapp import processor
from chatapp.generation.offload import Lane
from chatapp.views.requests import Brings, may_bring

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Few, since they share one interpreter with the loop that streams; what may wait long must not keep pages waiting.
pages = Lane("pages", 8)
uploads = Lane("uploads", 32, prepare=processor.leave)
# Each that is hashed takes 100 MB meanwhile, and more at once are not quicker. Only that goes anywhere, by the hasher.
passwords = Lane("passwords", 2)
health = Lane("health", 2)
HEALTH_PATHS = ("/up", "/ready")


class Handler(ASGIHandler):
    """The site's HTTP. Serves no asynchronous views."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        lane = _lane(scope)
        response = await lane(self._respond, scope, body)
        try:
            await self.send_response(response, send, lane)
        finally:
            # Those that hold what they say are closed already.
            if response.streaming:
                await lane(response.close)

    async def send_response(self, response: HttpResponseBase, send: Send, lane: Lane = pages) -> None:
        """Send it; what comes in pieces is taken from its thread a piece at a time.

        What breaks off then ends short of the length that was told, and the server hangs up. It must not hear of the
        exception: Daphne would begin another answer, fail at that, and never look after its connections again.
        """
        if not response.streaming:
            await super().send_response(response, send)
            return
        pieces = iter(response)
        await send({"type": "http.response.start", "status": response.status_code, "headers": _headers(response)})
        while (piece := await lane(_next, pieces)) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__
        if scope["method"] == "HEAD":
            _leave_the_head(response)
        body.close()
        if not response.streaming:
            response.close()
        return cast(HttpResponseBase, response)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    try:
        return next(pieces, None)
    except Exception as wrong:
        log.error("an answer broke off: %r", wrong)
        return None


def _leave_the_head(response: Any) -> None:
    """Take out what would be sent after the head: Daphne leaves out only the first piece of it."""
    if response.streaming:
        response.streaming_content = ()
    else:
        response.content = b""


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    found = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    return found + [(b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]


def _lane(scope: Scope) -> Lane:
    path = scope["path"].removeprefix(get_script_prefix(scope))
    if path in HEALTH_PATHS:
        return health
    # Django reads no form of other methods, and takes these in any case.
    if scope["method"].upper() != "POST":
        return pages
    # Not by what the request says it is: anyone may say that of a sign-in too.
    match may_bring(path):
        case Brings.PASSWORD:
            return passwords
        case Brings.FILES if _is_multipart(scope):
            return uploads
        case _:
            return pages


def _is_multipart(scope: Scope) -> bool:
    types = (value for name, value in scope["headers"] if name == b"content-type")
    return any(value.lower().startswith(b"multipart/") for value in types)
