"""Flow control outward."""

import asyncio
import time
from typing import Any


class Gate:
    """Whether more may be written: shut when the transport holds more than its mark, open when it has sent all of it.

    It is what Twisted calls a push producer.
    """

    def __init__(self, transport: Any) -> None:
        self.is_shut = False
        self._transport = transport
        self._opened = asyncio.Event()
        self._mark = (0, 0)
        self._moved_at = time.monotonic()

    def pauseProducing(self) -> None:  # noqa: N802
        self.is_shut = True
        self._opened.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self.is_shut = False
        self._opened.set()

    def stopProducing(self) -> None:  # noqa: N802
        # The connection is gone: who waits shall find that out.
        self.resumeProducing()

    async def passed(self) -> None:
        """Wait until more may be written."""
        # Several may wait, and the first to pass may shut it again.
        while self.is_shut:
            await self._opened.wait()

    def stuck_for(self, now: float) -> float:
        """For how many seconds the peer has taken nothing of what it is sent. To be asked again and again."""
        held = self._transport
        # Both change with every write to the system, and with nothing else.
        mark = (len(held.dataBuffer), held.offset)
        is_empty = len(held.dataBuffer) == held.offset and not held._tempDataLen
        if is_empty or mark != self._mark:
            self._moved_at = now
        self._mark = mark
        return now - self._moved_at
