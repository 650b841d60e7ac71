"""A time limit on waiting that is cheap to set before each of many short waits."""

import asyncio
from types import TracebackType
from typing import Self

# A timer that fires later than this means that we were not running ourselves (a busy loop, a stopped process).
LATE_SECONDS = 0.2


class Alarm:
    """``with alarm.within(seconds): await …`` raises ``TimeoutError`` when the waiting takes longer.

    The same as ``asyncio.timeout``, but the loop's timer stays armed from one wait to the next and moves only when it
    fires: setting it costs a tenth, which counts at thousands of network pieces a second. And when the whole process
    stood still, what came meanwhile is heard before the limit counts. Call ``close`` at the end.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        # When the timer fires. Not every loop's handle can say: uvloop's cannot once that time has passed.
        self._fires_at = 0.0
        self._due: float | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._rang = False
        self._graced = False

    def within(self, seconds: float) -> Self:
        """How long the ``with`` block may take. Within the block: how long it may still take from now."""
        if not self._rang:
            self._graced = False
            self._due = self._loop.time() + seconds
            if self._timer is not None and self._fires_at > self._due:
                self._timer.cancel()
                self._timer = None
            if self._timer is None:
                self._arm(self._due)
        return self

    def close(self) -> None:
        """Disarm for good."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        task, self._task, self._due = self._task, None, None
        if self._rang and task is not None:
            self._rang = False
            # Only if nobody else cancelled the task meanwhile was it the alarm that ended the wait.
            if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def _arm(self, at: float) -> None:
        self._fires_at = at
        self._timer = self._loop.call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None or self._task is None:
            return
        now = self._loop.time()
        if not self._graced and now - self._fires_at > LATE_SECONDS:
            self._graced = True
            self._due = max(self._due, now + LATE_SECONDS)
        if self._due > now:
            self._arm(self._due)
        else:
            self._rang = True
            self._task.cancel()
