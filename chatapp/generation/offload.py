"""Database work from async code: one helper, its own small pool.

Channels and async views share one thread for `sync_to_async`; a slow query there stalls every socket of the process.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

POOL_THREADS = 6
_pool = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="database")


async def offload(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one whole synchronous verb in the pool. Raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _run(verb, *args, **kwargs))


def _run(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return verb(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            # SQLite's handle stays open for the thread's next verb; PostgreSQL's goes back to its pool. A connection
            # that saw an error is never kept: after a restart of the server each later query on it would fail.
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close()
