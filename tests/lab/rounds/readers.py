"""Readers of a round: each follows one answer in its own manner until it holds the settled text, whatever breaks."""

import asyncio
import json
import time
from contextlib import suppress
from random import Random
from typing import Any

import httpx
import websockets

from tests.lab.people import JSON, Person, Reader
from tests.lab.rounds.plan import ReaderPlan

SLOW_BUFFER_BYTES = 4096
AWAY_SECONDS = (0.05, 0.4)
CLOSE_SIGNED_OUT = 4401
BROKEN = (OSError, TimeoutError, websockets.InvalidHandshake)


class Follower(Reader):
    """A reader that comes back until it has the whole answer, or is told that it may not have it.

    `left` says why it reads no more: "settled", "gone" (the conversation was deleted), "signed out". `blocks` are the
    closed blocks after each frame, by part.
    """

    def __init__(self, person: Person, plan: ReaderPlan, *, port: int, message: dict[str, Any]) -> None:
        super().__init__(person, port=port, buffer_bytes=SLOW_BUFFER_BYTES if plan.kind == "slow" else 0)
        self.kind, self.is_guest = plan.kind, plan.guest
        self.left = ""
        self.since = self.left_at = 0.0
        self.blocks: list[dict[int, str]] = []
        self.message, self._conversation = message["message"], message["conversation"]
        self._rng = Random(plan.seed)
        self._twin = person.twin(port=port) if plan.kind == "polling" else None

    async def follow(self) -> None:
        """Read to the end."""
        if self.kind == "late":
            await asyncio.sleep(self._rng.uniform(0.5, 4.0))
        self.since = time.time()
        while not self.left:
            try:
                await (self._poll() if self._twin else self._watch())
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
        self.blocks.append({position: "".join(part["blocks"]) for position, part in self.parts.items()})

    async def _watch(self) -> None:
        frames = self._rng.randint(1, 6) if self.kind == "flapping" else 1 << 30
        async with self.connected():
            await self.send(type="watch", conversation=self._conversation)
            await self.holds(self.message)
            while frames and not self.left:
                frame = await self.next()
                self._hear(frame)
                frames -= frame["type"] == "progress"
                if self.kind == "slow":
                    await asyncio.sleep(self._rng.uniform(0.05, 0.4))

    async def _poll(self) -> None:
        assert self._twin is not None
        holding = httpx.QueryParams({"holding": json.dumps([self.holding(self.message)])})
        path = f"/c/{self._conversation}/progress/?{holding}"
        reply = await asyncio.to_thread(self._twin.http.get, path, headers=JSON)
        if reply.status_code in {401, 404}:
            self.left = "signed out" if reply.status_code == 401 else "gone"
        elif reply.status_code == 200:
            self.forgets_tails()
            for frame in reply.json()["frames"]:
                self.frames.append(frame)
                if frame["type"] == "progress":
                    self.apply(frame)
                self._hear(frame)
        else:
            assert reply.status_code == 503, f"a poll got {reply.status_code}: {reply.text[:200]}"

    async def _ask_why(self) -> None:
        """A refused handshake tells a browser nothing; a page would."""
        with suppress(httpx.TransportError):
            reply = await asyncio.to_thread(self._person.http.get, "/conversations/", headers=JSON)
            if reply.status_code == 401:
                self.left = "signed out"

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "gone" or (frame["type"] == "error" and frame["code"] == "not_found"):
            self.left = "gone"
        assert frame["type"] != "error" or self.left, f"the site does not understand us: {frame}"
        if self.settled:
            self.left = "settled"
