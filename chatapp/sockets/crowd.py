"""The open sockets of each person in this process: beyond a bound the oldest gives way."""

from typing import Generic, TypeVar

S = TypeVar("S")


class Crowd(Generic[S]):
    """Counts at most `most` sockets a person. A browser with more tabs than that polls in those it shows least."""

    def __init__(self, most: int) -> None:
        self._most = most
        # Dictionaries for their order: oldest first.
        self._sockets: dict[int, dict[S, None]] = {}

    def enter(self, person: int, socket: S) -> S | None:
        """One socket more; gives the one that is to be closed for it, if any."""
        sockets = self._sockets.setdefault(person, {})
        sockets[socket] = None
        if len(sockets) <= self._most:
            return None
        oldest = next(iter(sockets))
        del sockets[oldest]
        return oldest

    def leave(self, person: int, socket: S) -> None:
        """A socket was closed. Nothing happens when it had given way before."""
        sockets = self._sockets.get(person, {})
        sockets.pop(socket, None)
        if not sockets:
            self._sockets.pop(person, None)
