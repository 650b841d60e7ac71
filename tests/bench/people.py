"""People at the site, for the benchmark: each with a session and sockets, applying frames as a browser does.

Cheaper than the readers of the laboratory, who keep all they see: these keep the marks, and how late they were.
"""

import asyncio
import hashlib
import json
import time
from array import array
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from tests.bench import text

TURNS = "text/vnd.ponder.turns+html, application/json"
TOKEN = "t" * 32
ACK_SECONDS, ACK_FRAMES = 0.5, 4
PATIENCE_SECONDS = 120.0


class Part(msgspec.Struct, gc=False):
    """What counts of a part's frame."""

    position: int
    html: str = ""
    tail_keep: int = 0
    tail: str | None = None


class Frame(msgspec.Struct, gc=False):
    """What counts of a frame."""

    type: str
    parts: list[Part] = []
    state: str = ""
    outcome: str | None = None
    settled: bool = False
    checksum: str = ""


class Spoken(msgspec.Struct, gc=False):
    """A frame of the relay."""

    thinking: str = ""
    text: str = ""
    end: bool = False


class Failed(Exception):
    """What a person saw was not what was said, or nothing at all."""


@dataclass(slots=True)
class Seen:
    """What one person saw of one answer. Times in seconds; lags in milliseconds."""

    count: int
    asked_at: float = 0.0
    first_after: float = 0.0
    last_after: float = 0.0
    bytes: int = 0
    frames: int = 0
    stamps: list[str] = field(default_factory=list)
    lags: "array[int]" = field(default_factory=lambda: array("l"))
    failure: str = ""
    ended: bool = False

    @property
    def tokens(self) -> int:
        """How many tokens have come, as far as the marks say."""
        marks = text.marks(self.count)
        return self.count if self.ended else marks[len(self.stamps) - 1] + 1 if self.stamps else 0

    def note(self, html: str) -> None:
        """Look for marks that are new."""
        now = text.now_ms()
        for found in text.MARK.finditer(html):
            place = int(found[1], 36)
            if place < len(self.stamps) % 36**3:
                continue
            if place > len(self.stamps) % 36**3:
                raise Failed(f"mark {place} came after {len(self.stamps)}")
            self.last_after = time.monotonic() - self.asked_at
            self.first_after = self.first_after or self.last_after
            self.stamps.append(found[0])
            self.lags.append((now - int(found[2], 36)) % text.TURN_MS)

    def check(self, checksum: str) -> None:
        """Whether all was seen, and is what was stored."""
        if len(self.stamps) != len(text.marks(self.count)):
            raise Failed(f"{len(self.stamps)} of {len(text.marks(self.count))} marks came")
        digest = hashlib.sha256()
        for part in text.texts(self.count, self.stamps):
            digest.update(part.encode() + b"\0")
        if checksum and checksum != digest.hexdigest():
            raise Failed("what was stored is not what was said")
        self.ended = True


class Person:
    """Somebody with a session at the site."""

    def __init__(self, http: aiohttp.ClientSession, origin: str, session: str) -> None:
        self._http, self._origin = http, origin
        self._headers = {"Cookie": f"session={session}; csrf={TOKEN}", "Origin": origin, "X-CSRFToken": TOKEN}
        self._tails: dict[int, str] = {}
        self._applied = self._acked = 0
        self._ack_timer: asyncio.TimerHandle | None = None
        self.socket: Any = None

    async def connect(self) -> Any:
        """Open a socket and hear its greeting."""
        headers = {name: value for name, value in self._headers.items() if name != "X-CSRFToken"}
        socket = await self._http.ws_connect(f"{self._origin}/ws/", headers=headers, max_msg_size=2**26, compress=0)
        await asyncio.wait_for(socket.receive_str(), PATIENCE_SECONDS)
        self.socket, self._applied, self._acked = socket, 0, 0
        return socket

    async def disconnect(self) -> None:
        if self._ack_timer:
            self._ack_timer.cancel()
        await self.socket.close()

    async def get(self, path: str) -> bytes:
        async with self._http.get(self._origin + path, headers=self._headers) as reply:
            if reply.status != 200:
                raise Failed(f"{path}: {reply.status}")
            return await reply.read()

    async def asks(self, words: str, seen: Seen) -> dict[str, str]:
        """Post a new conversation as the page's script does; gives the ids."""
        seen.asked_at = time.monotonic()
        fields = {"text": words, "client_id": str(uuid4())}
        headers = self._headers | {"Accept": "application/json"}
        async with self._http.post(f"{self._origin}/conversations/", data=fields, headers=headers) as reply:
            if reply.status != 201:
                raise Failed(f"POST: {reply.status}")
            return dict(await reply.json())

    async def reads(self, ids: dict[str, str], seen: Seen) -> None:
        """Follow the answer to its settling."""
        self._tails = {}
        await self.socket.send_str(json.dumps({"type": "watch", "conversation": ids["conversation"]}))
        await self.socket.send_str(json.dumps({"type": "hold", "message": ids["message"]}))
        decode = msgspec.json.Decoder(Frame).decode
        while True:
            data = await asyncio.wait_for(self.socket.receive_str(), PATIENCE_SECONDS)
            seen.bytes += len(data.encode())
            frame = decode(data)
            if frame.type != "progress":
                continue
            seen.frames += 1
            for part in frame.parts:
                self._apply(part, seen)
            await self._acknowledge()
            if frame.settled and frame.outcome:
                if frame.state != "done":
                    raise Failed(frame.state)
                return seen.check(frame.checksum)

    def _apply(self, part: Part, seen: Seen) -> None:
        if part.html:
            seen.note(part.html)
        # The text of the benchmark has no character beyond 16 bits: units and characters are the same.
        kept = self._tails.get(part.position, "")[: part.tail_keep]
        self._tails[part.position] = tail = kept + (part.tail or "")
        seen.note(tail[max(0, part.tail_keep - text.MARK_LENGTH + 1) :])

    async def _acknowledge(self) -> None:
        self._applied += 1
        if self._applied - self._acked >= ACK_FRAMES:
            await self._tell()
        elif self._ack_timer is None:
            loop = asyncio.get_running_loop()
            self._ack_timer = loop.call_later(ACK_SECONDS, lambda: asyncio.ensure_future(self._tell()))

    async def _tell(self) -> None:
        if self._ack_timer:
            self._ack_timer.cancel()
            self._ack_timer = None
        if not self.socket.closed:
            self._acked = self._applied
            await self.socket.send_str(json.dumps({"type": "ack", "count": self._applied}))


class RelayPerson(Person):
    """Somebody at the bare relay."""

    async def connect(self) -> Any:
        self.socket = await self._http.ws_connect(f"{self._origin}/", max_msg_size=2**26, compress=0)
        return self.socket

    async def asks(self, words: str, seen: Seen) -> dict[str, str]:
        seen.asked_at = time.monotonic()
        await self.socket.send_str(words)
        return {}

    async def reads(self, ids: dict[str, str], seen: Seen) -> None:
        decode = msgspec.json.Decoder(Spoken).decode
        while True:
            data = await asyncio.wait_for(self.socket.receive_str(), PATIENCE_SECONDS)
            seen.bytes += len(data.encode())
            seen.frames += 1
            spoken = decode(data)
            seen.note(spoken.thinking + spoken.text)
            if spoken.end:
                return seen.check("")
