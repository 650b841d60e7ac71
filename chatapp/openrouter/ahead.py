"""Reads on while the listener rests: what came meanwhile is handed over in one piece.

httpx's own transport gives one HTTP chunk a read, mostly one token: a listener that rests between two reads would hear
twenty a second.
"""

import asyncio
from collections.abc import AsyncIterator

AHEAD_BYTES = 64 * 1024


class Ahead:
    """The pieces of a body, read by a task of its own, at most ``AHEAD_BYTES`` ahead. Iterate once; ``aclose`` it."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._read = bytearray()
        self._error: Exception | None = None
        self._has_news, self._has_room = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """All that has come; what went wrong afterwards is raised once that is taken."""
        while not self._read and not self._task.done():
            self._has_news.clear()
            await self._has_news.wait()
        if self._read:
            piece = bytes(self._read)
            self._read.clear()
            self._has_room.set()
            return piece
        raise self._error or StopAsyncIteration

    async def aclose(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._error = None

    async def _run(self) -> None:
        """Never ends in an exception: its traceback would keep this, with all it read, until the collector comes by."""
        self._task.add_done_callback(lambda _: self._has_news.set())
        try:
            async for piece in self._pieces:
                self._read += piece
                self._has_news.set()
                while len(self._read) >= AHEAD_BYTES:
                    self._has_room.clear()
                    await self._has_room.wait()
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self._error = error
