"""Replies in bytes: heads, whole JSON replies, and the body of a reply that comes bit by bit."""

import http
from collections.abc import Callable, Mapping

import msgspec

from chatapp.simulator.connection import Connection

EVENT_STREAM = "text/event-stream"
JSON = "application/json"

# Codes of the edge in front of OpenRouter that Python's table lacks.
_PHRASES = {499: "Client Closed Request", 524: "A Timeout Occurred", 529: "Site Is Overloaded"}


class ByteLimit(Exception):
    """As many bytes of the body as the script allows are out."""


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers, with the blank line that ends them."""
    phrase = _PHRASES.get(status) or _standard_phrase(status)
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(status: int, body: bytes, *, content_type: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A reply whose length is known."""
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    return head(status, fields) + body


def json_reply(status: int, payload: object, headers: Mapping[str, str] | None = None) -> bytes:
    """A reply in JSON."""
    return whole(status, msgspec.json.encode(payload), content_type=JSON, headers=headers)


def _standard_phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Body:
    """The body of a streamed reply: framed, cut into pieces, and ended at a byte if the script says so.

    `piece_bytes` bytes go out at a time, `piece_seconds` apart; None writes as things come. `limit_bytes` counts the
    body without its framing; `ByteLimit` is raised once it is reached.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        chunked: bool,
        piece_bytes: int | None = None,
        piece_seconds: float = 0.0,
        limit_bytes: int | None = None,
    ) -> None:
        self._connection = connection
        self._chunked = chunked
        self._piece_bytes = piece_bytes
        self._piece_seconds = piece_seconds
        self._left = limit_bytes
        self._held = bytearray()

    async def write(self, data: bytes, noted: Callable[[], None] | None = None) -> None:
        """Send, as fast as the reader takes it. Raises Gone, ByteLimit.

        `noted` is called once all of it that says something is handed over, before waiting for the reader, who may be
        quicker than we are and leave as soon as it has read the last byte. Line ends say nothing: an event whose empty
        line is cut off has been heard.
        """
        left = self._left
        self._put(data[:left])
        if left is not None:
            self._left = max(0, left - len(data))
        if noted is not None and (left is None or len(data.rstrip()) <= left):
            noted()
        await self._write_pieces()
        if self._left == 0:
            await self.flush()
            raise ByteLimit

    async def flush(self) -> None:
        """Send what is held back because it does not fill a piece."""
        if self._held:
            self._send(bytes(self._held))
            self._held.clear()
        await self._connection.drain()

    async def end(self) -> None:
        """End the body as it should be."""
        await self.flush()
        if self._chunked:
            self._connection.send(b"0\r\n\r\n")
            await self._connection.drain()
        else:
            self._connection.close()

    def _put(self, data: bytes) -> None:
        if self._piece_bytes is None:
            self._send(data)
        else:
            self._held += data

    async def _write_pieces(self) -> None:
        size = self._piece_bytes or 0
        while size and len(self._held) >= size:
            self._send(bytes(self._held[:size]))
            del self._held[:size]
            await self._connection.drain()
            if self._piece_seconds:
                await self._connection.sleep(self._piece_seconds)
        await self._connection.drain()

    def _send(self, data: bytes) -> None:
        if self._chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self._connection.send(data)
