"""What carries requests below httpx, and what is theirs: the errors they raise, how they read ahead."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import cache
from typing import Literal

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from chatapp.openrouter.ahead import Ahead

KEEPALIVE_SECONDS = 15
FOREIGN_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, aiohttp.ClientError, OSError)

Transport = Literal["aiohttp", "httpx"]


def open_transport(name: Transport) -> httpx.AsyncBaseTransport:
    """No limit on connections: every answer that runs needs one, and the site limits those itself."""
    ssl_context = _ssl_context()
    if name == "httpx":
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_SECONDS)
        return _ReadingAhead(verify=ssl_context, trust_env=False, limits=limits)

    def session() -> aiohttp.ClientSession:
        # Made on the first request, because it belongs to the running loop. Cookies of one person's answer have no
        # business in another's request.
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl_context, keepalive_timeout=KEEPALIVE_SECONDS)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    transport: httpx.AsyncBaseTransport = AiohttpTransport(verify=ssl_context, trust_env=False, client=session)
    return transport


def unread(response: httpx.Response | None) -> bytes:
    """What had arrived before the connection broke. aiohttp raises first and would drop it; httpx hands it over."""
    answer = getattr(response and response.stream, "_aiohttp_response", None)
    return bytes(answer.content._read_nowait(-1)) if answer else b""


def connection_of(response: httpx.Response | None) -> asyncio.Transport | None:
    """What the answer comes over, until it has come to its end. None under httpx, which reads only when asked."""
    answer = getattr(response and response.stream, "_aiohttp_response", None)
    connection = answer and answer.connection
    found: asyncio.Transport | None = connection and connection.transport
    return found


@cache
def _ssl_context() -> ssl.SSLContext:
    """The same for every client: reading the certificates takes longer than all else that a client needs."""
    return httpx.create_ssl_context(trust_env=False)


class _ReadingAhead(httpx.AsyncHTTPTransport):
    """httpx's own transport, whose bodies are read on while their listener rests, as aiohttp does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AheadStream(response.stream)
        return response


class _AheadStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._ahead: Ahead | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._ahead = Ahead(aiter(self._stream))
        return self._ahead

    async def aclose(self) -> None:
        if self._ahead is not None:
            await self._ahead.aclose()
        await self._stream.aclose()
