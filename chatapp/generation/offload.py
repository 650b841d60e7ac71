"""Database work from async code: through lanes of a few threads each.

Channels and async views share one thread for `sync_to_async`; a slow query there stalls every socket of the process.
"""

import asyncio
import atexit
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """A few threads of its own. Call it with one whole synchronous verb; it raises what the verb raises.

    Whoever rested last works next: its handle of the database, what that keeps and its statements are at hand. An
    executor takes turns, so that each of its threads has to learn everything.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._name, self._most = name, threads
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._waiting: deque[_Job] = deque()
        self._lock = Lock()
        atexit.register(self._leave)

    async def __call__(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._give(_Job(loop, done, lambda: verb(*args, **kwargs)))
        try:
            return await done
        finally:
            # As in _finish.
            del done

    def _give(self, job: "_Job") -> None:
        with self._lock:
            if self._idle:
                worker = self._idle.pop()
            elif len(self._workers) < self._most:
                worker = _Worker(f"{self._name}_{len(self._workers)}", self._next)
                self._workers.append(worker)
            else:
                self._waiting.append(job)
                return
        worker.inbox.put(job)

    def _next(self, worker: "_Worker") -> "_Job | None":
        """What a worker that is done goes on with; without any it rests."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(worker)
            return None

    def _leave(self) -> None:
        """What was begun is done before the process ends."""
        for worker in self._workers:
            worker.inbox.put(None)
        for worker in self._workers:
            worker.join()


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    work: Callable[[], Any]


class _Worker(Thread):
    def __init__(self, name: str, following: Callable[["_Worker"], _Job | None]) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox: SimpleQueue[_Job | None] = SimpleQueue()
        self._following = following
        self.start()

    def run(self) -> None:
        while job := self.inbox.get():
            while job:
                _finish(job)
                job = self._following(self)


def _finish(job: _Job) -> None:
    """Do it, and tell who waits; nobody does any more when they were cancelled or their loop is closed."""
    result, wrong = _outcome(job.work)
    try:
        job.loop.call_soon_threadsafe(_tell, job.done, result, wrong)
    except RuntimeError:
        if not job.loop.is_closed():
            raise
    finally:
        # An error knows the frames it went through, this one too, and would keep itself by what they know.
        del job, result, wrong


def _outcome(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return _done(work), None
    except BaseException as wrong:
        return None, wrong


def _done(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        for connection in connections.all(initialized_only=True):
            # SQLite's handle stays open for the thread's next verb; PostgreSQL's goes back to its pool. A connection
            # that saw an error is never kept: after a restart of the server each later query on it would fail.
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close()


def _tell(done: asyncio.Future[Any], result: Any, wrong: BaseException | None) -> None:
    if done.done():
        return
    if wrong is None:
        done.set_result(result)
    else:
        done.set_exception(wrong)


offload = Lane("database", 6)
# The journal waits for no reader: its commits have a thread to themselves.
journal_lane = Lane("journal", 1)
