"""One TCP connection: requests in, bytes out, and the news that the other side has gone.

A plain asyncio protocol rather than the stream classes, because the simulator must notice a client's closing at once,
also while it is silent, and must be able to cut, reset or hang a connection at any byte.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Literal, cast

from chatapp.simulator.requests import (
    BODY_LIMIT_BYTES,
    HEAD_LIMIT_BYTES,
    Head,
    Malformed,
    Request,
    chunk_size,
    end_of_head,
    parse_head,
)

Side = Literal["client", "server"]

WRITE_BUFFER_BYTES = 64 * 1024
UNASKED_LIMIT_BYTES = 1024 * 1024
REQUEST_PATIENCE_SECONDS = 30.0
RESET_GRACE_SECONDS = 0.02
FAREWELL_SECONDS = 1.0


class Gone(Exception):
    """The connection is closed, by whichever side."""


class Connection(asyncio.Protocol):
    """Used by one task at a time: whatever it waits for ends with `Gone` when the other side closes."""

    def __init__(
        self, number: int, opened: Callable[["Connection"], None], closed: Callable[["Connection"], None]
    ) -> None:
        self.number = number
        self.opened_at = time.time()
        self.closed_at: float | None = None
        self.closed_by: Side | None = None
        self.requests = 0
        self.busy = False
        self._opened, self._closed = opened, closed
        self._loop = asyncio.get_running_loop()
        self._inbox = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._full = False
        self._rung = False
        self._discarding = False

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._inbox += data
        if self.busy and len(self._inbox) > UNASKED_LIMIT_BYTES:
            self.abort()
        self._wake()

    def eof_received(self) -> bool:
        # A half-closed client counts as gone: that is how a cancelled request looks.
        self._end("client")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("client")
        self._closed(self)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    # Reading.

    async def read_request(self) -> Request | None:
        """The next request; None when the client closes between two requests. Raises Malformed, Gone."""
        self.busy = False
        try:
            while not self._without_blank_lines():
                await self._wait()
        except Gone:
            return None
        try:
            async with asyncio.timeout(REQUEST_PATIENCE_SECONDS):
                request = await self._read_whole()
        except TimeoutError:
            raise Malformed(408, "The request did not arrive in time") from None
        self.busy = True
        self.requests += 1
        return request

    def _without_blank_lines(self) -> bytearray:
        # Some clients end a body with a line end that belongs to nothing.
        self._inbox = self._inbox.lstrip(b"\r\n")
        return self._inbox

    async def _read_whole(self) -> Request:
        while (end := end_of_head(self._inbox)) is None:
            await self._wait()
        head = parse_head(self._take(end))
        if head.headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(head=head, body=await self._read_body(head))

    async def _read_body(self, head: Head) -> bytes:
        if not head.chunked:
            return await self._read_exactly(head.length)
        body = bytearray()
        while size := chunk_size(await self._read_line()):
            if len(body) + size > BODY_LIMIT_BYTES:
                raise Malformed(413, "Request body too large")
            body += await self._read_exactly(size)
            if (await self._read_line()).strip(b"\r\n"):
                raise Malformed(400, "Bad chunk")
        trailer_bytes = 0
        while trailer := (await self._read_line()).strip(b"\r\n"):
            trailer_bytes += len(trailer)
            if trailer_bytes > HEAD_LIMIT_BYTES:
                raise Malformed(431, "Trailer too large")
        return bytes(body)

    async def _read_exactly(self, size: int) -> bytes:
        while len(self._inbox) < size:
            await self._wait()
        return self._take(size)

    async def _read_line(self) -> bytes:
        while (end := self._inbox.find(b"\n")) < 0:
            if len(self._inbox) > HEAD_LIMIT_BYTES:
                raise Malformed(400, "Line too long")
            await self._wait()
        return self._take(end + 1)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._inbox[:size])
        del self._inbox[:size]
        return taken

    # Writing.

    def send(self, data: bytes) -> None:
        """Hand bytes over; `drain` afterwards keeps memory small. Raises Gone."""
        if self.closed_by:
            raise Gone
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the reader has taken enough; always lets other tasks run."""
        await asyncio.sleep(0)
        while self._full:
            await self._wait()
        if self.closed_by:
            raise Gone

    # Waiting.

    async def sleep(self, seconds: float) -> None:
        """Let time pass. Raises Gone as soon as the client closes."""
        self._rung = False
        timer = self._loop.call_later(seconds, self._ring)
        try:
            while not self._rung:
                await self._wait()
        finally:
            timer.cancel()

    async def hang(self) -> None:
        """Do nothing until the connection ends, which raises Gone."""
        while True:
            await self._wait()

    async def _wait(self) -> None:
        if self.closed_by:
            raise Gone
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self.closed_by:
            raise Gone

    def _ring(self) -> None:
        self._rung = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # Ending.

    def close(self) -> None:
        """Close after what is written has gone out."""
        self._end("server")
        self._transport.close()

    def abort(self) -> None:
        """Close now; unsent bytes are lost."""
        self._end("server")
        self._transport.abort()

    async def reset(self) -> None:
        """Close with a TCP reset, after what is written has had time to arrive."""
        await self.drain()
        await self.sleep(RESET_GRACE_SECONDS)
        peer = cast(socket.socket, self._transport.get_extra_info("socket"))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    async def farewell(self) -> None:
        """Close politely towards a client that may still be sending: a reply must not die in a reset."""
        self._discarding = True
        try:
            await self.drain()
            self._transport.write_eof()
            await self.sleep(FAREWELL_SECONDS)
        except Gone:
            return
        self.close()

    def _end(self, by: Side) -> None:
        if self.closed_by is None:
            self.closed_by = by
            self.closed_at = time.time()
        self._wake()
