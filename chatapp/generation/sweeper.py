"""The sweeper: empties the trash in time, removes all of those who left, pictures that were never sent, and files that
no row knows."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from chatapp.generation.offload import offload
from chatapp.models import Conversation, Image, User

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600.0
FEW = 100


class Sweeper:
    """Sweeps once an hour, or when asked to. `remove` takes pictures' names in the store; `sweep` removes old ones
    without a row."""

    def __init__(self, *, remove: Callable[[Iterable[str]], None], sweep: Callable[[], int]) -> None:
        self._remove, self._sweep = remove, sweep
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Sweep for ever."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._asked.clear()
            await offload(self.once)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), SWEEP_SECONDS)

    def hurry(self) -> None:
        """Sweep soon. From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._asked.set)

    def once(self) -> int:
        """Sweep now; gives how many pictures went."""
        for conversation in Conversation.objects.expired().iterator(FEW):
            self._remove(conversation.purge())
        unsent = Image.objects.stale().forget()
        self._remove(unsent)
        gone, _ = User.objects.emptied().delete()
        orphans = self._sweep()
        if unsent or orphans:
            log.info("swept %d pictures that were never sent and %d that no row knew", len(unsent), orphans)
        if gone:
            log.info("the last of accounts that were deleted is gone")
        return len(unsent) + orphans
