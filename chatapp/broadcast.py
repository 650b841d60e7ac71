"""Doorbells: hints that something may be worth looking at.

A ring carries a topic and never text. It may be lost, doubled or late: whoever listens also looks by itself now and
then. Inside the process a bell is an asyncio event; other processes hear through the channel layer, to which each
process listens once (a consumer dispatch per token would cost as much as all the rest together).
"""

import asyncio
import logging
import math
from collections.abc import Iterable
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

log = logging.getLogger(__name__)

GROUP = "ponder.bells"
MESSAGE_TYPE = "ponder.ring"
REJOIN_SECONDS = 3600.0
RETRY_SECONDS = 1.0


_CONVERSATION = "c"


def conversation_topic(pk: int) -> str:
    return f"{_CONVERSATION}{pk}"


def generation_topic(pk: int) -> str:
    return f"g{pk}"


def person_topic(pk: int) -> str:
    return f"u{pk}"


class Bell:
    """What one listener waits at. Close it when done."""

    def __init__(self, bells: "Bells") -> None:
        self._bells, self._loop = bells, asyncio.get_running_loop()
        self._topics: set[str] = set()
        self._event = asyncio.Event()
        self._rung: set[str] = set()
        self._due_at = math.inf
        self._timer: asyncio.TimerHandle | None = None
        # Not every loop's handle can say it: uvloop's cannot when that is about now.
        self._fires_at = math.inf

    def listen(self, topic: str) -> None:
        self._topics.add(topic)
        self._bells.join(topic, self)

    def ignore(self, topic: str) -> None:
        self._topics.discard(topic)
        self._bells.leave(topic, self)

    def strike(self, topic: str) -> None:
        self._rung.add(topic)
        self._event.set()

    async def wait(self, seconds: float) -> set[str]:
        """The topics rung since the last wait; empty when none rang within the time."""
        if not self._event.is_set():
            self._due_at = self._loop.time() + seconds
            if self._timer is None or self._fires_at > self._due_at:
                self._arm()
            await self._event.wait()
        self._due_at = math.inf
        self._event.clear()
        rung, self._rung = self._rung, set()
        return rung

    def close(self) -> None:
        for topic in list(self._topics):
            self.ignore(topic)
        self._disarm()

    # One timer serves many waits, since it only has to ring when nothing else does: to set and cancel one for each
    # costs as much as the waiting itself.

    def _arm(self) -> None:
        self._disarm()
        self._fires_at = self._due_at
        self._timer = self._loop.call_at(self._fires_at, self._is_time)

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _is_time(self) -> None:
        self._timer = None
        if self._loop.time() >= self._due_at:
            self._event.set()
        elif self._due_at < math.inf:
            self._arm()


class Bells:
    """All bells of a process. `ring` may be called from any thread; everything else from the loop."""

    def __init__(self, *, owner: str) -> None:
        self._owner = owner
        self._listeners: dict[str, set[Bell]] = {}
        self._outbox: set[str] = set()
        self._has_post = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        layer = get_channel_layer()
        # The in-memory layer reaches nobody else.
        self._layer: Any = None if isinstance(layer, InMemoryChannelLayer) else layer

    def open(self) -> Bell:
        return Bell(self)

    def join(self, topic: str, bell: Bell) -> None:
        self._listeners.setdefault(topic, set()).add(bell)

    def leave(self, topic: str, bell: Bell) -> None:
        listeners = self._listeners.get(topic)
        if listeners:
            listeners.discard(bell)
            if not listeners:
                del self._listeners[topic]

    def watched_conversations(self) -> set[int]:
        """The conversations that somebody in this process listens to."""
        return {int(topic[1:]) for topic in self._listeners if topic.startswith(_CONVERSATION)}

    def ring(self, topics: Iterable[str]) -> None:
        """Tell whoever listens to these topics, here and in the other processes."""
        self._loop.call_soon_threadsafe(self.ring_here_and_elsewhere, frozenset(topics))

    def ring_here_and_elsewhere(self, topics: frozenset[str]) -> None:
        """As `ring`, when already on the loop."""
        self._strike(topics)
        if self._layer is not None:
            self._outbox |= topics
            self._has_post.set()

    def ring_here(self, topics: Iterable[str]) -> None:
        """Tell whoever listens in this process. On the loop."""
        self._strike(topics)

    async def send(self) -> None:
        """Carry rings to the other processes, for ever. A layer that fails costs promptness, nothing else."""
        if self._layer is None:
            return
        while True:
            await self._has_post.wait()
            self._has_post.clear()
            topics, self._outbox = self._outbox, set()
            try:
                await self._layer.group_send(
                    GROUP, {"type": MESSAGE_TYPE, "from": self._owner, "topics": sorted(topics)}
                )
            except Exception as wrong:
                log.warning("a ring did not reach the other processes: %s", type(wrong).__name__)

    async def receive(self) -> None:
        """Hear the other processes' rings, for ever; joins anew every hour, since layers forget members after a day."""
        if self._layer is None:
            return
        while True:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
                async with asyncio.timeout(REJOIN_SECONDS):
                    while True:
                        self._heard(await self._layer.receive(channel))
            except TimeoutError:
                await self._forget(channel)
            except Exception as wrong:
                log.warning("the other processes cannot be heard: %s", type(wrong).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    def _heard(self, message: Any) -> None:
        if message.get("type") == MESSAGE_TYPE and message.get("from") != self._owner:
            self._strike(topic for topic in message.get("topics", ()) if isinstance(topic, str))

    async def _forget(self, channel: str) -> None:
        try:
            await self._layer.group_discard(GROUP, channel)
        except Exception as wrong:
            log.warning("the group could not be left: %s", type(wrong).__name__)

    def _strike(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for bell in self._listeners.get(topic, ()):
                bell.strike(topic)
