"""The door to upstream: a streamed answer, the look-ups, and the headers that both take along."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chatapp.openrouter.catalogue import Facts
from chatapp.openrouter.chunks import decode_json
from chatapp.openrouter.errors import BadUpstream, Refusal, TooSlow, UpstreamError
from chatapp.openrouter.exchange import HttpExchange
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.lookups import Endpoint, GenerationRecord, KeyFacts
from chatapp.openrouter.refusals import from_answer
from chatapp.openrouter.request import words_of
from chatapp.openrouter.stream import AnswerStream
from chatapp.openrouter.transports import Transport, open_transport
from chatapp.words import ThinkTags

LOOKUP_BODY_BYTES = 32 * 1024 * 1024


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
        self._transport = open_transport(transport)

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
    ) -> HttpExchange:
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
        return HttpExchange(
            self._transport, method, self._base_url + path, headers=headers, params=params, payload=payload
        )


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode("ascii").strip()


def _payload(exchange: HttpExchange, body: bytes) -> dict[str, Any]:
    if exchange.status != 200:
        raise from_answer(status=exchange.status, headers=exchange.headers, body=body, now=time.time())
    payload = decode_json(body)
    if not isinstance(payload, dict):
        raise BadUpstream(f"{len(body)} bytes that are no JSON object", status=exchange.status)
    return payload
