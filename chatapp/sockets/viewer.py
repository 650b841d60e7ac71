"""A viewer: sends one socket what it lacks of the conversation it watches.

Woken by bells, and by itself once a second while something runs, since bells may be lost. At most a small window of
progress frames is unacknowledged, so a slow reader gets fewer, bigger frames and costs no memory.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import Error

from chatapp import events, presentation
from chatapp.broadcast import conversation_topic, generation_topic, person_topic
from chatapp.generation.followers import Shared
from chatapp.generation.holding import Holding
from chatapp.generation.offload import offload
from chatapp.sockets.guard import Visitor, identify
from chatapp.sockets.looks import Attempt, Watched, look, look_for
from chatapp.wiring import House

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
IDENTIFY_SECONDS = 30.0
WINDOW_FRAMES = 8
WINDOW_CHARS = 256_000
MAX_HELD = 8
# At most twenty frames a second, whatever the journal's window.
FRAME_SECONDS = 0.05
HEARD = "heard"
# Commands that are not done yet: a page says a handful on connecting. Each weighs its text, and something by itself.
MOST_WAITING, COMMAND_WEIGHS = 128_000, 400


@dataclass(slots=True, eq=False)
class Held:
    """One answer that the browser shows and wants to follow."""

    shared: Shared
    holding: Holding
    outcome: str | None = None
    outcome_is_final: bool = False


class Window:
    """Progress frames on their way: sent, not yet acknowledged."""

    def __init__(self) -> None:
        self._acked = 0
        self._sizes: deque[int] = deque()

    @property
    def is_open(self) -> bool:
        return len(self._sizes) < WINDOW_FRAMES and sum(self._sizes) < WINDOW_CHARS

    def sent(self, size: int) -> None:
        self._sizes.append(size)

    def ack(self, count: int) -> None:
        """The browser has applied `count` frames in all; more than were sent counts as all."""
        for _ in range(min(count - self._acked, len(self._sizes))):
            self._sizes.popleft()
            self._acked += 1


class Viewer:
    """The sending half of a socket."""

    def __init__(
        self,
        house: House,
        visitor: Visitor,
        tell: Callable[[Any], Awaitable[int]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self._house, self._visitor, self._tell, self._close = house, visitor, tell, close
        self._bell = house.bells.open()
        self._person = person_topic(visitor.pk)
        self._bell.listen(self._person)
        self._window = Window()
        self._commands: deque[tuple[events.Command, int]] = deque()
        self._waiting = 0
        self._watched: Watched | None = None
        self._topic = ""
        self._held: dict[str, Held] = {}
        self._identify_at = time.monotonic() + IDENTIFY_SECONDS
        self._next_at = 0.0

    def close(self) -> None:
        """Let go of bells and followers."""
        self._bell.close()
        for message in list(self._held):
            self._drop(message)

    def hear(self, command: events.Command, size: int) -> bool:
        """Take a command from the browser, of so many characters. Done by the loop, in order, so that no frame is being
        made meanwhile. False when more wait than a page can mean: it says much and reads nothing."""
        if isinstance(command, events.Ack):
            was_open = self._window.is_open
            self._window.ack(command.count)
            if was_open:
                # Nothing was held back: there is nothing to do about it.
                return True
        else:
            self._commands.append((command, size + COMMAND_WEIGHS))
            self._waiting += size + COMMAND_WEIGHS
        self._bell.strike(HEARD)
        return self._waiting <= MOST_WAITING

    async def run(self) -> None:
        """Send until the session ends."""
        while True:
            # A timer may go off a moment before its time: what is left of it is then waited for, not all again.
            seconds = LOOK_SECONDS if self._held else self._identify_at - time.monotonic()
            rung = await self._bell.wait(max(0.0, seconds))
            if (rest := self._next_at - time.monotonic()) > 0:
                await asyncio.sleep(rest)
            try:
                if not await self._go_round(rung):
                    await self._close(events.CLOSE_SIGNED_OUT)
                    return
            except Error as refused:
                # It may come back; a browser that must connect anew would only ask it more.
                log.warning("a viewer waits for the database: %s", refused)
                await asyncio.sleep(LOOK_SECONDS)
                for topic in rung | {HEARD}:
                    self._bell.strike(topic)

    async def _go_round(self, rung: set[str]) -> bool:
        """Do and tell what is due. False when this session has ended."""
        began = time.monotonic()
        if (self._person in rung or began >= self._identify_at) and not await self._may_stay():
            return False
        while self._commands:
            commands = [command for command, _ in self._commands]
            # They are done when they are done: a query of them may fail.
            for command, found in zip(commands, await offload(look_for, self._visitor.pk, commands), strict=True):
                await self._obey(command, found)
                self._waiting -= self._commands.popleft()[1]
        if self._topic in rung:
            await self._tell_conversation()
        told = [await self._tell_progress(message) for message in list(self._held) if self._window.is_open]
        if any(told):
            self._next_at = began + FRAME_SECONDS
        return True

    async def _may_stay(self) -> bool:
        # Until it is known it is to be asked.
        self._identify_at = 0.0
        visitor = await offload(identify, self._visitor.session_key)
        self._identify_at = time.monotonic() + IDENTIFY_SECONDS
        return visitor is not None

    async def _obey(self, command: events.Command, found: Watched | Attempt | None) -> None:
        match command:
            case events.Watch():
                assert not isinstance(found, Attempt)
                await self._watch(command, found)
            case events.Hold():
                assert not isinstance(found, Watched)
                await self._hold(command, found)
            case events.Ping():
                await self._tell(events.Pong())

    async def _watch(self, command: events.Watch, watched: Watched | None) -> None:
        self._bell.ignore(self._topic)
        self._watched = watched
        if watched is None:
            await self._tell(events.Gone(conversation=command.conversation))
            return
        self._topic = conversation_topic(watched.pk)
        self._bell.listen(self._topic)
        await self._tell(
            events.Watching(
                conversation=watched.key,
                title=watched.title,
                leaf=watched.leaf,
                attempt=watched.attempt,
                running=watched.running,
            )
        )

    async def _hold(self, command: events.Hold, found: Attempt | None) -> None:
        if found is None:
            await self._tell(events.Error(code="not_found", message="There is no such message."))
            return
        self._drop(found.message)
        while len(self._held) >= MAX_HELD:
            self._drop(next(iter(self._held)))
        shared = self._house.followers.join(found.generation_id, found.message, found.attempt)
        self._held[found.message] = Held(shared, Holding(revision=command.revision, blocks=command.blocks()))
        self._bell.listen(generation_topic(found.generation_id))

    async def _tell_conversation(self) -> None:
        """Whether turns came, the title or the branch changed, or the conversation went."""
        before = self._watched
        if before is None:
            return
        now = await offload(look, self._visitor.pk, UUID(before.key))
        self._watched = now
        if now is None:
            await self._tell(events.Gone(conversation=before.key))
        elif now.leaf != before.leaf and now.leaf:
            await self._tell(events.Added(conversation=now.key, message=now.leaf, attempt=now.attempt))
        elif now.leaf and now.attempt and now.attempt != before.attempt:
            await self._tell(events.Resumed(conversation=now.key, leaf=now.leaf, attempt=now.attempt))
        if now and now.title != before.title:
            await self._tell(events.Renamed(conversation=now.key, title=now.title, leaf=now.leaf))

    async def _tell_progress(self, message: str) -> bool:
        """Whether there was anything to tell."""
        held = self._held[message]
        await held.shared.refresh()
        follower = held.shared.follower
        if follower.is_gone:
            self._drop(message)
            return False
        await self._find_outcome(held, message)
        frame = await held.shared.lacking(held.holding, held.outcome)
        if frame is None:
            return False
        self._window.sent(await self._tell(frame))
        # The follower may have gone on while the outcome was made: only a frame that says so ends the following.
        if frame.settled and held.outcome_is_final:
            self._drop(message)
        return True

    async def _find_outcome(self, held: Held, message: str) -> None:
        """The ending in words once there is one; before that the offer that a long thought comes with."""
        follower = held.shared.follower
        if follower.is_ended and not held.outcome_is_final:
            held.outcome, is_final = await offload(presentation.outcome_html, UUID(message))
            # An attempt that ended by itself wrote all that is told of it with its last words.
            held.outcome_is_final = is_final and (follower.is_settled or follower.is_done)
        elif not follower.is_ended and follower.is_long != (held.outcome is not None):
            held.outcome = await offload(presentation.offer_html, UUID(message)) if follower.is_long else None

    def _drop(self, message: str) -> None:
        held = self._held.pop(message, None)
        if held:
            self._bell.ignore(generation_topic(held.shared.follower.generation_id))
            self._house.followers.leave(held.shared)
