"""The door to upstream: the only place that knows an HTTP library.

Whatever that library raises becomes an ``UpstreamError`` here. Under httpx-aiohttp the class of an exception says
nothing about when it happened, so what was sent is known from our own flag: the request's body notes that it was asked
for its first piece, which happens on an open connection only.
"""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache, lru_cache
from typing import Any, Literal

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from chatapp.openrouter.ahead import Ahead
from chatapp.openrouter.catalogue import Facts
from chatapp.openrouter.chunks import decode_json
from chatapp.openrouter.errors import BadUpstream, ConnectionLost, NotReached, Refusal, TooSlow, UpstreamError
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.lookups import Endpoint, GenerationRecord, KeyFacts
from chatapp.openrouter.refusals import KEY, from_answer
from chatapp.openrouter.request import words_of
from chatapp.openrouter.stream import AnswerStream
from chatapp.words import ThinkTags

UPLOAD_PIECE_BYTES = 64 * 1024
LOOKUP_BODY_BYTES = 32 * 1024 * 1024
KEEPALIVE_SECONDS = 15
FOREIGN_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, aiohttp.ClientError, OSError)

Transport = Literal["aiohttp", "httpx"]


class OpenRouter:
    """A client for OpenRouter, or for any server that speaks its protocol.

    Make one per process and ``aclose()`` it on the loop that used it. ``referer`` and ``title`` name this site to
    upstream. ``sleep`` and ``random`` are what retries wait and jitter by.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        model: str,
        referer: str = "",
        title: str = "",
        limits: Limits | None = None,
        think_tags: ThinkTags = ThinkTags.AUTO,
        transport: Transport = "aiohttp",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.model = model
        self.limits = limits or Limits()
        self._base_url = base_url.rstrip("/")
        self._key = key.strip()
        self._think_tags = think_tags
        self._sleep = sleep
        self._random = random
        self._names = {"HTTP-Referer": _ascii(referer), "X-Title": _ascii(title)}
        # The transport itself: httpx's client would only add cookies, redirects, proxies and timeouts, none of which is
        # wanted here, for half of what a request costs. Timeouts are kept by AnswerStream, which knows a comment from
        # a delta.
        self._transport = _transport(transport)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    @asynccontextmanager
    async def stream(self, body: Mapping[str, Any], *, key: str | None = None) -> AsyncIterator[AnswerStream]:
        """Ask for a streamed answer; ``body`` as ``request.build`` makes it, ``key`` a person's own.

        Entering sends nothing, the first batch does. Leaving closes the connection at once, also when cancelled.
        """
        payload = msgspec.json.encode(body)
        used = self._key if key is None else key.strip()
        answer = AnswerStream(
            lambda: self._exchange("POST", "/chat/completions", key=used, payload=payload),
            limits=self.limits,
            think_tags=self._think_tags,
            secrets=lambda: [used, *words_of(body)],
            sleep=self._sleep,
            random=self._random,
        )
        try:
            yield answer
        finally:
            await answer.aclose()

    async def models(self) -> tuple[Facts, ...]:
        """The catalogue. Raises ``UpstreamError``, as all look-ups do."""
        return Facts.all_from_json(await self._get("/models"))

    async def facts(self) -> Facts:
        """The catalogue's facts of our model, completed by what its page says."""
        return Facts.from_models_json(await self._get("/models"), self.model)

    async def endpoints(self, model: str | None = None) -> tuple[Endpoint, ...]:
        """Who offers the model (ours by default) at present."""
        return Endpoint.all_from_json(await self._get(f"/models/{model or self.model}/endpoints"))

    async def key(self, key: str | None = None) -> KeyFacts:
        """What the key (ours by default) may still spend; also the proof that it is valid."""
        return KeyFacts.from_json(await self._get("/key", key=key))

    async def generation(self, generation_id: str, *, key: str | None = None) -> GenerationRecord | None:
        """What upstream booked for an answer; None as long as it knows nothing of it, which may last half a minute."""
        try:
            payload = await self._get("/generation", key=key, params={"id": generation_id})
        except Refusal as error:
            if error.status == 404:
                return None
            raise
        return GenerationRecord.from_json(payload)

    async def _get(
        self, path: str, *, key: str | None = None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        used = self._key if key is None else key.strip()
        exchange = self._exchange("GET", path, key=used, params=params)
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.lookup_seconds):
                await exchange.open(lambda: None)
                while len(body) < LOOKUP_BODY_BYTES and (piece := await exchange.read()):
                    body += piece
            return _payload(exchange, bytes(body))
        except TimeoutError:
            raise TooSlow(f"{path}: no answer within {self.limits.lookup_seconds:g} s") from None
        except UpstreamError as error:
            error.hide([used])
            raise
        finally:
            await exchange.aclose()

    def _exchange(
        self, method: str, path: str, *, key: str, payload: bytes | None = None, params: Mapping[str, str] | None = None
    ) -> "_Exchange":
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ponder"}
        headers |= {name: value for name, value in self._names.items() if value}
        if payload is not None:
            headers |= {
                "Accept": "text/event-stream",
                "Content-Type": "application/json",
                "Content-Length": str(len(payload)),
            }
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return _Exchange(
            self._transport, method, self._base_url + path, headers=headers, params=params, payload=payload
        )


class _Exchange:
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
        try:
            return await anext(self._pieces, b"")
        except FOREIGN_ERRORS as error:
            self._broken = ConnectionLost(_named(error), status=self.status)
            if unread := _unread(self._response):
                return unread
            raise self._broken from error

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


def _transport(name: Transport) -> httpx.AsyncBaseTransport:
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


def _unread(response: httpx.Response | None) -> bytes:
    """What had arrived before the connection broke. aiohttp raises first and would drop it; httpx hands it over."""
    answer = getattr(response and response.stream, "_aiohttp_response", None)
    return bytes(answer.content._read_nowait(-1)) if answer else b""


@cache
def _ssl_context() -> ssl.SSLContext:
    """The same for every client: reading the certificates takes longer than all else that a client needs."""
    return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=16)
def _url(address: str) -> httpx.URL:
    return httpx.URL(address)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode("ascii").strip()


def _payload(exchange: _Exchange, body: bytes) -> dict[str, Any]:
    if exchange.status != 200:
        raise from_answer(status=exchange.status, headers=exchange.headers, body=body, now=time.time())
    payload = decode_json(body)
    if not isinstance(payload, dict):
        raise BadUpstream(f"{len(body)} bytes that are no JSON object", status=exchange.status)
    return payload
