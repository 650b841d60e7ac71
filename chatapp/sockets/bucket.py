"""A token bucket: so many a second, with room for a burst."""

import time
from collections.abc import Callable


class Bucket:
    """`take()` is False when more came than the bucket holds and refills."""

    def __init__(self, *, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._level, self._at = burst, clock()

    @property
    def is_full(self) -> bool:
        """Whether it is as good as a new one."""
        self._refill()
        return self._level >= self._burst

    def take(self) -> bool:
        self._refill()
        self._level -= 1
        return self._level >= 0

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self._per_second)
        self._at = now
