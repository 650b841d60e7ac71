"""The watchdog: ends the attempts of processes that died, and settles what was left unsettled.

Any process does it for all: an attempt whose heartbeat is old moves to `interrupted` by conditional update. Never
"all running rows at start": another process may be answering them.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from chatapp.generation.offload import offload
from chatapp.models import Generation

log = logging.getLogger(__name__)

PATROL_SECONDS = 10.0
# An ended attempt is settled by its own process within moments; after this silence another may do it.
UNSETTLED_SECONDS = 15.0


class Watchdog:
    """Patrols for ever. `ring` tells the readers of an attempt."""

    def __init__(
        self, *, mine: Callable[[], Collection[int]], settle: Callable[[int], bool], ring: Callable[[int], None]
    ) -> None:
        self._mine, self._settle, self._ring = mine, settle, ring

    async def patrol(self) -> None:
        while True:
            for generation_id in await offload(give_up_abandoned, self._mine()):
                self._ring(generation_id)
            for generation_id in await offload(find_unsettled, self._mine()):
                await self._settle_left(generation_id)
            await asyncio.sleep(PATROL_SECONDS)

    async def _settle_left(self, generation_id: int) -> None:
        try:
            await offload(self._settle, generation_id)
        except DatabaseError:
            raise
        except Exception:
            # One text that cannot be settled must not keep the others from it.
            log.exception("generation %s cannot be settled", generation_id)
        self._ring(generation_id)


def give_up_abandoned(mine: Collection[int]) -> list[int]:
    """End the attempts whose process is silent; gives those that this call ended.

    Never one that runs here: when the database was away, its heartbeat is old and yet it lives.
    """
    ended = [generation for generation in Generation.objects.abandoned().exclude(pk__in=mine) if generation.abandon()]
    for generation in ended:
        log.warning("generation %s was given up: its process is silent", generation.public_id)
    return [generation.pk for generation in ended]


def find_unsettled(mine: Collection[int]) -> list[int]:
    """Ended attempts that their own process seems not to settle."""
    since = timezone.now() - timedelta(seconds=UNSETTLED_SECONDS)
    return [
        generation.pk for generation in Generation.objects.unsettled().filter(heartbeat__lt=since).exclude(pk__in=mine)
    ]
