"""One request to upstream over HTTP, and its answer.

Whatever the HTTP library raises becomes an ``UpstreamError`` here. Under httpx-aiohttp the class of an exception says
nothing about when it happened, so what was sent is known from our own flag: the request's body notes that it was asked
for its first piece, which happens on an open connection only.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import lru_cache

import httpx

from chatapp.openrouter.errors import ConnectionLost, NotReached, Refusal
from chatapp.openrouter.refusals import KEY
from chatapp.openrouter.transports import FOREIGN_ERRORS, connection_of, unread

UPLOAD_PIECE_BYTES = 64 * 1024


class HttpExchange:
    """One request and its answer; what ``stream.Exchange`` promises."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        params: Mapping[str, str] | None,
        payload: bytes | None,
    ) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.sent = False
        self._transport = transport
        self._method = method
        self._url = url
        self._request_headers = headers
        self._params = params
        self._payload = payload
        self._response: httpx.Response | None = None
        self._broken: ConnectionLost | None = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._resting: asyncio.Transport | None = None

    async def open(self, on_progress: Callable[[], object]) -> None:
        if not all(value.isascii() and value.isprintable() for value in self._request_headers.values()):
            raise Refusal("the key has characters that no header can carry", kind=KEY)
        body = None if self._payload is None else self._upload(self._payload, on_progress)
        try:
            request = httpx.Request(
                self._method, _url(self._url), headers=self._request_headers, params=self._params, content=body
            )
            self._response = await self._transport.handle_async_request(request)
        except FOREIGN_ERRORS as error:
            raise (ConnectionLost if self.sent else NotReached)(_named(error)) from error
        self.status = self._response.status_code
        self.headers = self._response.headers
        # Raw: a body that was encoded against our wish is refused, never unpacked.
        self._pieces = aiter(self._response.stream)  # type: ignore[arg-type]

    async def read(self) -> bytes:
        assert self._pieces is not None
        if self._broken:
            raise self._broken
        if self._resting:
            self._resting.resume_reading()
            self._resting = None
        try:
            return await anext(self._pieces, b"")
        except FOREIGN_ERRORS as error:
            self._broken = ConnectionLost(_named(error), status=self.status)
            if left := unread(self._response):
                return left
            raise self._broken from error

    def rest(self) -> None:
        if found := connection_of(self._response):
            found.pause_reading()
            self._resting = found

    async def aclose(self) -> None:
        if self._response is not None:
            with suppress(*FOREIGN_ERRORS):  # it is closed, which is all that was wanted
                await self._response.aclose()

    async def _upload(self, payload: bytes, on_progress: Callable[[], object]) -> AsyncIterator[bytes]:
        self.sent = True
        for start in range(0, len(payload), UPLOAD_PIECE_BYTES):
            if not self.status:
                on_progress()
            yield payload[start : start + UPLOAD_PIECE_BYTES]


@lru_cache(maxsize=16)
def _url(address: str) -> httpx.URL:
    return httpx.URL(address)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
