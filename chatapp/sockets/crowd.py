"""The open sockets of each person in this process: how many there may be, and how much all of them may say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chatapp.sockets.bucket import Bucket

S = TypeVar("S")


@dataclass(slots=True)
class _Person(Generic[S]):
    bucket: Bucket
    # A dictionary for its order: oldest first.
    sockets: dict[S, None] = field(default_factory=dict)


class Crowd(Generic[S]):
    """Counts at most `most` sockets a person: a browser with more tabs than that polls in those it shows least. All of
    a person's sockets draw from one bucket, and those that come after them from the same, until it is full again."""

    def __init__(self, most: int, *, bucket: Callable[[], Bucket]) -> None:
        self._most, self._bucket = most, bucket
        self._people: dict[int, _Person[S]] = {}
        # Of people without a socket, who left last at the end.
        self._refilling: dict[int, Bucket] = {}

    def __len__(self) -> int:
        return sum(len(here.sockets) for here in self._people.values())

    def enter(self, person: int, socket: S) -> S | None:
        """One socket more; gives the one that is to be closed for it, if any."""
        here = self._people.get(person)
        if here is None:
            here = self._people[person] = _Person(self._bucket_of(person))
        here.sockets[socket] = None
        if len(here.sockets) <= self._most:
            return None
        oldest = next(iter(here.sockets))
        del here.sockets[oldest]
        return oldest

    def may_speak(self, person: int) -> bool:
        """Whether one frame more is borne; it counts."""
        here = self._people.get(person)
        return here is None or here.bucket.take()

    def leave(self, person: int, socket: S) -> None:
        """A socket was closed. Nothing happens when it had given way before."""
        here = self._people.get(person)
        if here is None:
            return
        here.sockets.pop(socket, None)
        if not here.sockets:
            del self._people[person]
            self._refilling[person] = here.bucket
            self._forget_refilled()

    def _bucket_of(self, person: int) -> Bucket:
        return self._refilling.pop(person) if person in self._refilling else self._bucket()

    def _forget_refilled(self) -> None:
        # From the front, as far as they are full: whoever left a bucket's time ago is.
        while self._refilling:
            person, bucket = next(iter(self._refilling.items()))
            if not bucket.is_full:
                return
            del self._refilling[person]
