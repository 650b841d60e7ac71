"""The lookout: sees what happened in watched conversations without a bell.

Bells may be lost, and without a channel layer those of other processes are not heard at all. One question for all
conversations that somebody watches here costs less than one for each socket.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import Any

from chatapp.generation.offload import offload
from chatapp.models import Conversation

LOOK_SECONDS = 5.0

Mark = tuple[Any, ...]
GONE: Mark = ()


class Lookout:
    """Looks every few seconds. `watched` gives the conversations, `ring` tells who watches them in this process."""

    def __init__(self, *, watched: Callable[[], Collection[int]], ring: Callable[[Iterable[int]], None]) -> None:
        self._watched, self._ring = watched, ring
        self._known: dict[int, Mark] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_SECONDS)

    async def once(self) -> None:
        """Look now. What is watched since the last look is rung too: it may have changed since its socket looked."""
        watched = set(self._watched())
        now = await offload(marks, watched) if watched else {}
        self._ring(pk for pk in watched if now.get(pk, GONE) != self._known.get(pk))
        self._known = {pk: now.get(pk, GONE) for pk in watched}


def marks(conversations: Collection[int]) -> dict[int, Mark]:
    """What changes with anything that sockets tell of a conversation."""
    rows = Conversation.objects.filter(pk__in=conversations)
    return {row[0]: row[1:] for row in rows.values_list("pk", "leaf_id", "title", "active_at", "deleted_at")}
