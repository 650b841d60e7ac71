"""The loopback upstream and a client for it, on both transports."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from chatapp.openrouter import events
from chatapp.openrouter.client import OpenRouter
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.parameters import Parameters
from chatapp.openrouter.request import TextPart, Turn, build
from chatapp.openrouter.stream import AnswerStream
from chatapp.openrouter.transports import Transport
from chatapp.words import Role
from tests.openrouter.loopback import Loopback
from tests.openrouter.wire import Outcome

# A deadline for an example says nothing on a machine that does other things too.
settings.register_profile("no deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no deadline")

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
QUESTION = "Why does my grandmother Ottilie hide her savings in the kettle?"
BODY = build(model="m", turns=[Turn(Role.USER, (TextPart(QUESTION),))], parameters=Parameters())


@dataclass
class Asked:
    """One answer taken to its end."""

    answer: AnswerStream
    batches: list[list[events.Event]] = field(default_factory=list)

    @property
    def seen(self) -> list[events.Event]:
        return [event for batch in self.batches for event in batch]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    @property
    def text(self) -> str:
        outcome = Outcome(self.answer._reader)
        for event in self.seen:
            outcome.hear(event)
        return outcome.text


@dataclass
class Asker:
    """Makes clients, asks them, remembers how long they would have slept."""

    base_url: str
    transport: Transport
    sleeps: list[float] = field(default_factory=list)
    clients: list[OpenRouter] = field(default_factory=list)

    def client(self, *, base_url: str | None = None, key: str = KEY, **limits: float) -> OpenRouter:
        client = OpenRouter(
            base_url or self.base_url,
            key,
            model="qwen/qwen3-vl-8b-thinking",
            referer="https://ponder.example",
            title="Grübler",
            limits=Limits(**limits),  # type: ignore[arg-type]
            transport=self.transport,
            sleep=self._sleep,
            random=lambda: 0.5,
        )
        self.clients.append(client)
        return client

    async def ask(self, client: OpenRouter | None = None, **options: Any) -> Asked:
        async with (client or self.client(**options)).stream(BODY) as answer:
            asked = Asked(answer)
            async for batch in answer:
                asked.batches.append(batch)
        return asked

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)


@pytest.fixture
async def upstream() -> AsyncIterator[Loopback]:
    yield Loopback()


@pytest.fixture(params=["aiohttp", "httpx"])
async def asker(request: pytest.FixtureRequest, upstream: Loopback) -> AsyncIterator[Asker]:
    async with upstream.serve() as base_url:
        asker = Asker(base_url, request.param)
        yield asker
        for client in asker.clients:
            await client.aclose()
