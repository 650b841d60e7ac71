"""Readers of a round: each follows one answer in its own manner until it holds the settled text, whatever breaks."""

import asyncio
import json
import time
from contextlib import suppress
from random import Random
from typing import Any, Protocol

import httpx
import websockets

from tests.lab.people import JSON, Person, Reader
from tests.lab.rounds.plan import ReaderPlan

SLOW_BUFFER_BYTES = 4096
AWAY_SECONDS = (0.05, 0.4)
LOOK_SECONDS = 0.3
CLOSE_SIGNED_OUT = 4401
BROKEN = (OSError, TimeoutError, websockets.InvalidHandshake)


class Conversing(Protocol):
    """What a reader asks its talk (talk.Talk)."""

    @property
    def is_deleted(self) -> bool: ...
    def last_attempt(self, message: str) -> str: ...


class Follower(Reader):
    """A reader that comes back until it has the whole answer, or is told that it may not have it.

    `left` says why it reads no more: "settled", "gone" (the conversation was deleted), "signed out". `moments` are what
    it showed after each frame: for each part its closed blocks and its open tail.
    """

    def __init__(
        self, person: Person, plan: ReaderPlan, *, port: int, answer: dict[str, Any], talk: Conversing
    ) -> None:
        super().__init__(person, port=port, buffer_bytes=SLOW_BUFFER_BYTES if plan.kind == "slow" else 0)
        self.kind, self.is_guest = plan.kind, plan.guest
        self.left = ""
        self.since = self.left_at = 0.0
        self.moments: list[dict[int, tuple[str, str]]] = []
        self.message, self._conversation = answer["message"], answer["conversation"]
        self._talk = talk
        self._rng = Random(plan.seed)
        self._twin = person.twin(port=port) if plan.kind == "polling" else None

    async def follow(self) -> None:
        """Read to the end."""
        if self.kind == "late":
            await asyncio.sleep(self._rng.uniform(0.5, 4.0))
        self.since = time.time()
        while not self.left:
            try:
                await (self._poll(self._twin) if self._twin else self._watch())
            except websockets.ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code == CLOSE_SIGNED_OUT:
                    self.left = "signed out"
            except websockets.InvalidStatus:
                await self._ask_why()
            except (*BROKEN, httpx.TransportError):
                pass
            if not self.left:
                await asyncio.sleep(self._rng.uniform(*AWAY_SECONDS))
        self.left_at = time.time()
        if self._twin:
            self._twin.close()

    def apply(self, frame: dict[str, Any]) -> None:
        super().apply(frame)
        shown = {position: ("".join(part["blocks"]), part["tail"]) for position, part in self.parts.items()}
        self.moments.append(shown)

    @property
    def _has_all(self) -> bool:
        return self.settled and self.attempt == self._talk.last_attempt(self.message)

    async def _watch(self) -> None:
        frames = self._rng.randint(1, 6) if self.kind == "flapping" else 1 << 30
        async with self.connected():
            await self.send(type="watch", conversation=self._conversation)
            await self.holds(self.message)
            while frames and not self._has_all:
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        data = await self.socket.recv()
                except TimeoutError:
                    # Nothing to hear; whether there will be more, the talk knows.
                    continue
                frame = await self.takes(data)
                if self._is_missing(frame):
                    return
                if self._is_outdated_by(frame):
                    await self.holds(self.message)
                frames -= frame["type"] == "progress"
                if self.kind == "slow":
                    await asyncio.sleep(self._rng.uniform(0.05, 0.4))
            if self._has_all:
                self.left = "settled"

    async def _poll(self, twin: Person) -> None:
        holding = httpx.QueryParams({"holding": json.dumps([self.holding(self.message)])})
        reply = await asyncio.to_thread(twin.http.get, f"/c/{self._conversation}/progress/?{holding}", headers=JSON)
        if reply.status_code == 401:
            self.left = "signed out"
        elif reply.status_code == 404:
            self.left = "gone" if self._talk.is_deleted else ""
        elif reply.status_code == 200:
            self.forgets_tails()
            for frame in reply.json()["frames"]:
                self.frames.append(frame)
                if frame["type"] == "progress":
                    self.apply(frame)
            if self._has_all:
                self.left = "settled"
        else:
            assert reply.status_code == 503, f"a poll got {reply.status_code}: {reply.text[:200]}"

    def _is_outdated_by(self, frame: dict[str, Any]) -> bool:
        """Whether it tells of another attempt at the message."""
        told = frame.get("leaf") or frame.get("message")
        return frame["type"] in {"resumed", "added"} and told == self.message and frame["attempt"] != self.attempt

    def _is_missing(self, frame: dict[str, Any]) -> bool:
        """Whether the conversation is not there: in the trash, from which it may come back, or deleted."""
        is_missing = frame["type"] == "gone" or (frame["type"] == "error" and frame["code"] == "not_found")
        assert frame["type"] != "error" or is_missing, f"the site does not understand us: {frame}"
        if is_missing and self._talk.is_deleted:
            self.left = "gone"
        return is_missing

    async def _ask_why(self) -> None:
        """A refused handshake tells a browser nothing; a page would."""
        with suppress(httpx.TransportError):
            reply = await asyncio.to_thread(self._person.http.get, "/conversations/", headers=JSON)
            if reply.status_code == 401:
                self.left = "signed out"
