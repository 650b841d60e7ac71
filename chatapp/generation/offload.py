"""Database work from async code: through lanes of a few threads each.

Channels and async views share one thread for `sync_to_async`; a slow query there stalls every socket of the process.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """A few threads of its own, which begin by `prepare`. Call it with one whole synchronous verb; it raises what the
    verb raises."""

    def __init__(self, name: str, threads: int, *, prepare: Callable[[], None] | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=prepare)

    async def __call__(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.begin(verb, *args, **kwargs)

    def begin(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Hand it over at once; what it gives comes with the future."""
        return asyncio.get_running_loop().run_in_executor(self._pool, lambda: _run(verb, *args, **kwargs))


def _run(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return verb(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            # SQLite's handle stays open for the thread's next verb; PostgreSQL's goes back to its pool. A connection
            # that saw an error is never kept: after a restart of the server each later query on it would fail.
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close()


offload = Lane("database", 6)
# The journal waits for no reader: its commits have a thread to themselves.
journal_lane = Lane("journal", 1)
