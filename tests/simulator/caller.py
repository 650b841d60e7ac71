"""Calls the simulator over real HTTP, and reads its streams as a good client would."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

PATIENCE_SECONDS = 10.0
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass
class Answer:
    """A stream, read: its events in order, what they say together, and the exception that ended it, if one did."""

    status: int
    headers: httpx.Headers
    raw: bytes = b""
    broken: Exception | None = None
    events: list[Any] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    comments: int = 0
    done: bool = False

    @property
    def choices(self) -> list[dict[str, Any]]:
        return [event["choices"][0] for event in self.events if event.get("choices")]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [choice["delta"] for choice in self.choices if choice.get("delta")]

    @property
    def thinking(self) -> str:
        return "".join(_thinking(delta) for delta in self.deltas)

    @property
    def content(self) -> str:
        return whole("".join(delta.get("content") or "" for delta in self.deltas))

    @property
    def finishes(self) -> list[str]:
        return [choice["finish_reason"] for choice in self.choices if choice["finish_reason"]]

    @property
    def usages(self) -> list[dict[str, Any]]:
        return [event["usage"] for event in self.events if event.get("usage")]

    @property
    def error(self) -> Any:
        return next((event["error"] for event in self.events if "error" in event), None)

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    def read(self) -> None:
        """Take the raw bytes apart."""
        lines = _LINE_END.split(self.raw.removeprefix(b"\xef\xbb\xbf"))
        data: list[bytes] = []
        # What follows the last line end is an event that never became whole.
        for line in lines[:-1]:
            if line.startswith(b":"):
                self.comments += 1
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                self._take(b"\n".join(data))
                data = []

    def _take(self, data: bytes) -> None:
        if data == b"[DONE]":
            self.done = True
            return
        try:
            self.events.append(json.loads(data))
        except ValueError:
            self.bad.append(data.decode())


def whole(text: str) -> str:
    """Half surrogates that meet are one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _thinking(delta: dict[str, Any]) -> str:
    details = "".join(detail["text"] for detail in delta.get("reasoning_details") or [])
    return details or delta.get("reasoning") or delta.get("reasoning_content") or ""


class Caller:
    """A client with a key."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": "Bearer sk-or-v1-test"},
            timeout=PATIENCE_SECONDS,
            # Loading certificates takes longer than a test, and there is no TLS on loopback.
            verify=False,
        )

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.http.aclose()

    async def ask(self, text: str = "", **body: Any) -> Answer:
        """Ask in a stream and read it to its end, whatever that is."""
        body = {"stream": True, "messages": [{"role": "user", "content": text}], **body}
        pieces: list[bytes] = []
        async with self.http.stream("POST", "/chat/completions", json=body) as response:
            answer = Answer(response.status_code, response.headers)
            try:
                async for piece in response.aiter_raw():
                    pieces.append(piece)
            except httpx.TransportError as exc:
                answer.broken = exc
        answer.raw = b"".join(pieces)
        if "event-stream" in response.headers.get("content-type", ""):
            answer.read()
        return answer

    async def ask_whole(self, text: str = "", **body: Any) -> httpx.Response:
        """Ask for an answer in one piece."""
        return await self.http.post("/chat/completions", json={"messages": [{"role": "user", "content": text}], **body})

    def raw_socket(self) -> socket.socket:
        """A connection of one's own, blocking with a time limit."""
        address = urlsplit(self.base_url)
        assert address.hostname
        assert address.port
        return socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same for asyncio."""
        address = urlsplit(self.base_url)
        return await asyncio.open_connection(address.hostname, address.port)

    def raw_request(self, text: str, **body: Any) -> bytes:
        """A chat request in bytes."""
        content = json.dumps({"stream": True, "messages": [{"role": "user", "content": text}], **body}).encode()
        head = (
            "POST /api/v1/chat/completions HTTP/1.1\r\nHost: simulator\r\nAuthorization: Bearer k\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a TCP reset."""
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; never longer than a test should take."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def numbered(letter: str, count: int) -> str:
    """The self-describing tokens from 1 to count."""
    return "".join(f"<{letter}{number:06d}>" for number in range(1, count + 1))
