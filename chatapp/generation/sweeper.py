"""The sweeper: empties the trash in time, removes pictures that were never sent, and files that no row knows."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from chatapp.generation.offload import offload
from chatapp.models import Conversation, Image

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600.0


class Sweeper:
    """Sweeps once an hour. `remove` takes pictures' names in the store; `sweep` removes old ones without a row."""

    def __init__(self, *, remove: Callable[[Iterable[str]], None], sweep: Callable[[], int]) -> None:
        self._remove, self._sweep = remove, sweep

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            await offload(self.once)
            await asyncio.sleep(SWEEP_SECONDS)

    def once(self) -> int:
        """Sweep now; gives how many pictures went."""
        for conversation in Conversation.objects.expired():
            self._remove(conversation.purge())
        unsent = Image.objects.stale().forget()
        self._remove(unsent)
        orphans = self._sweep()
        if unsent or orphans:
            log.info("swept %d pictures that were never sent and %d that no row knew", len(unsent), orphans)
        return len(unsent) + orphans
