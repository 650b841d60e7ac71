"""The watchdog: ends the attempts of processes that died, and settles what was left unsettled.

Any process does it for all: an attempt whose heartbeat stands still moves to `interrupted` by conditional update. Never
"all running rows at start": another process may be answering them. And never by the wall clock alone: when that jumps,
or the whole machine slept, each heartbeat looks old (or lies in the future) though its process lives.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone

from chatapp.generation.offload import offload
from chatapp.models import Generation
from chatapp.models.generation import ABANDONED_SECONDS, HEARTBEAT_SECONDS

log = logging.getLogger(__name__)

PATROL_SECONDS = 10.0
# An ended attempt is settled by its own process within moments; after this silence another may do it.
UNSETTLED_SECONDS = 15.0


# So long a heartbeat must have stood still before our eyes, however old it is by the wall clock.
STILL_SECONDS = 1.5 * HEARTBEAT_SECONDS


class Pulse:
    """How long the heartbeats of others have stood still, by the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, tuple[datetime, float]] = {}

    def silent(self, heartbeats: Mapping[int, datetime]) -> list[int]:
        """Those of these attempts whose process is gone."""
        now = self._clock()
        last = {pk: self._seen.get(pk, (beat, now)) for pk, beat in heartbeats.items()}
        self._seen = {pk: last[pk] if last[pk][0] == beat else (beat, now) for pk, beat in heartbeats.items()}
        return [pk for pk, (beat, since) in self._seen.items() if self._is_silent(beat, now - since)]

    def _is_silent(self, beat: datetime, still_seconds: float) -> bool:
        is_old = timezone.now() - beat > timedelta(seconds=ABANDONED_SECONDS)
        return still_seconds >= (STILL_SECONDS if is_old else ABANDONED_SECONDS)


class Watchdog:
    """Patrols for ever. `ring` tells the readers of an attempt."""

    def __init__(
        self, *, mine: Callable[[], Collection[int]], settle: Callable[[int], object], ring: Callable[[int], None]
    ) -> None:
        self._mine, self._settle, self._ring = mine, settle, ring
        self._pulse = Pulse()

    async def patrol(self) -> None:
        while True:
            for generation_id in await offload(give_up_abandoned, self._mine(), self._pulse):
                self._ring(generation_id)
            for generation_id in await offload(find_unsettled, self._mine()):
                await self._settle_left(generation_id)
            await asyncio.sleep(PATROL_SECONDS)

    async def _settle_left(self, generation_id: int) -> None:
        try:
            await offload(self._settle, generation_id)
        except Error:
            raise
        except Exception:
            # One text that cannot be settled must not keep the others from it.
            log.exception("generation %s cannot be settled", generation_id)
        self._ring(generation_id)


def give_up_abandoned(mine: Collection[int], pulse: Pulse) -> list[int]:
    """End the attempts whose process is silent; gives those that this call ended.

    Never one that runs here: when the database was away, its heartbeat is old and yet it lives.
    """
    running = {generation.pk: generation for generation in Generation.objects.running().exclude(pk__in=mine)}
    silent = pulse.silent({pk: generation.heartbeat for pk, generation in running.items()})
    ended = [running[pk] for pk in silent if running[pk].abandon()]
    for generation in ended:
        log.warning("generation %s was given up: its process is silent", generation.public_id)
    return [generation.pk for generation in ended]


def find_unsettled(mine: Collection[int]) -> list[int]:
    """Ended attempts that their own process seems not to settle."""
    since = timezone.now() - timedelta(seconds=UNSETTLED_SECONDS)
    return [
        generation.pk for generation in Generation.objects.unsettled().filter(heartbeat__lt=since).exclude(pk__in=mine)
    ]
