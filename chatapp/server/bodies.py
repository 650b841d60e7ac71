"""The bodies under way, of all connections together."""

from typing import Generic, Protocol, TypeVar


class Bringer(Protocol):
    """A connection that brings a body."""

    def give_way(self) -> None:
        """Hang up."""


B = TypeVar("B", bound=Bringer)


class Bodies(Generic[B]):
    """At most `most` at once, and `most_bytes` of them. One more, and the one goes of which least has come: who begins
    thousands and sends nothing drives out their own. Too many bytes, and the one goes that began first."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        # What has come of each, the one that began first at the beginning.
        self._come: dict[B, int] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._come)

    def goes_on(self, bringer: B, size: int) -> None:
        """So much more of a body has come; the first time, it begins."""
        if bringer not in self._come and len(self._come) >= self._most:
            min(self._come, key=self._come.__getitem__).give_way()
        self._come[bringer] = self._come.get(bringer, 0) + size
        self._bytes += size
        if self._bytes > self._most_bytes:
            next(iter(self._come)).give_way()

    def end(self, bringer: B) -> None:
        """It is whole, or its connection is gone."""
        self._bytes -= self._come.pop(bringer, 0)
