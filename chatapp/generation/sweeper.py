"""The sweeper: empties the trash in time, removes all of those who left, pictures that were never sent, and files that
no row knows."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from django.db import InterfaceError, OperationalError

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
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._asked.wait()

    def hurry(self) -> None:
        """Sweep soon. From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._asked.set)

    def once(self) -> int:
        """Sweep now; gives how many pictures went."""
        self._purge_expired()
        unsent = Image.objects.stale().forget()
        self._remove(unsent)
        gone, _ = User.objects.emptied().delete()
        orphans = self._sweep_files()
        if unsent or orphans:
            log.info("swept %d pictures that were never sent and %d that no row knew", len(unsent), orphans)
        if gone:
            log.info("the last of accounts that were deleted is gone")
        return len(unsent) + orphans

    def _purge_expired(self) -> None:
        """A few at a time, and no cursor held open: SQLite lets nobody write who began to read before another wrote."""
        stay: list[int] = []
        while keys := list(Conversation.objects.expired().exclude(pk__in=stay).values_list("pk", flat=True)[:FEW]):
            for key in keys:
                try:
                    self._remove(Conversation.purge_expired(key))
                except (OperationalError, InterfaceError):
                    # Of the database as a whole: all of it is tried again.
                    raise
                except Exception:
                    log.exception("a conversation that is due to go stays until the next sweep")
                    stay.append(key)

    def _sweep_files(self) -> int:
        try:
            return self._sweep()
        except OSError as wrong:
            log.error("files that no row knows stay until the next sweep: %s", wrong)
            return 0
