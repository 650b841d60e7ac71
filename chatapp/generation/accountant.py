"""The accountant: finds out what stopped or broken answers really cost.

Closing the connection ends no bill at this model's provider, and brings no usage. Upstream knows the figures some
seconds after the end; it is asked again with growing pauses, then no more.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from django.utils import timezone

from chatapp.generation.offload import offload
from chatapp.models import Call
from chatapp.openrouter.errors import UpstreamError
from chatapp.words import ENDINGS

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# Seconds after the end of the attempt at which upstream is asked.
ASKED_AFTER = (1.0, 2.0, 5.0, 15.0, 30.0, 90.0)
GIVEN_UP_AFTER = timedelta(minutes=5)


class Booked(Protocol):
    """What upstream booked (openrouter.lookups.GenerationRecord)."""

    @property
    def cost(self) -> Any: ...
    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def completion_tokens(self) -> int | None: ...
    @property
    def reasoning_tokens(self) -> int | None: ...
    @property
    def provider(self) -> str: ...


class Bookkeeper(Protocol):
    """Who can be asked (openrouter.client.OpenRouter)."""

    async def generation(self, generation_id: str) -> Booked | None: ...


class Accountant:
    """Looks for calls without usage. `ring` tells the readers of an attempt that its figures are known."""

    def __init__(self, *, upstream: Bookkeeper, ring: Callable[[int], None]) -> None:
        self._upstream, self._ring = upstream, ring
        self._asked: dict[int, int] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            calls = await offload(open_calls)
            self._asked = {pk: times for pk, times in self._asked.items() if pk in {call.pk for call in calls}}
            for call in calls:
                if self._is_due(call):
                    await self._ask(call)
            await asyncio.sleep(LOOK_SECONDS)

    def _is_due(self, call: Call) -> bool:
        times = self._asked.get(call.pk, 0)
        if times >= len(ASKED_AFTER):
            return False
        ended_ms = call.generation.ended_ms or 0
        since = (timezone.now() - call.generation.sent_at).total_seconds() - ended_ms / 1000
        return since >= ASKED_AFTER[times]

    async def _ask(self, call: Call) -> None:
        self._asked[call.pk] = self._asked.get(call.pk, 0) + 1
        try:
            booked = await self._upstream.generation(call.upstream_id)
        except UpstreamError as wrong:
            log.warning("the cost of %s is not known yet: %s", call.upstream_id, wrong)
            return
        if booked is not None:
            await offload(book, call.pk, booked)
            self._ring(call.generation_id)


def open_calls() -> list[Call]:
    """Calls of ended attempts whose usage upstream did not say, young enough to be asked about."""
    since = timezone.now() - GIVEN_UP_AFTER - timedelta(minutes=30)
    return list(
        # Of those without usage there is an index; it goes by the figures, which come with it.
        Call.objects.filter(usage={}, prompt_tokens__isnull=True, generation__state__in=ENDINGS, started_at__gt=since)
        .exclude(upstream_id="")
        .select_related("generation")
        .only("upstream_id", "generation__sent_at", "generation__ended_ms")[:200]
    )


def book(pk: int, booked: Booked) -> None:
    """Write the figures down; never over those that came with the stream."""
    Call.objects.filter(pk=pk, usage={}).update(
        cost=booked.cost,
        prompt_tokens=booked.prompt_tokens,
        completion_tokens=booked.completion_tokens,
        reasoning_tokens=booked.reasoning_tokens,
        usage={"source": "generation"},
    )
