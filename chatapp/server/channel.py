"""A connection that speaks HTTP: how long it may take, and how much it may bring."""

import logging
import math
import socket
import time
from typing import Any
from urllib.parse import unquote

from twisted.web.http import HTTPChannel

from chatapp.server.gate import Gate
from chatapp.server.request import Request

log = logging.getLogger(__name__)

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
NEVER = math.inf


class Channel(HTTPChannel):
    """Twisted's, cut off when a request takes too long to arrive, and when its body is or becomes too large."""

    is_parting = False
    most_bytes = 0
    _is_idle: bool
    _until: float
    _body_began_at: float

    def connectionMade(self) -> None:  # noqa: N802
        # Daphne sets its own only just before.
        self.requestFactory = Request
        super().connectionMade()
        self._server = self.factory.server
        self.bounds = self._server.bounds
        _keep_little_unsent(self.transport, self.bounds.unsent_bytes)
        self.gate = Gate(self.transport)
        self.registerProducer(self.gate, True)
        self._server.live.add(self)
        self._wait_for_a_request()
        self._server.make_room()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self.let_go()
        # Twisted does not say it to a producer whose transport was told to close before.
        self.gate.stopProducing()
        super().connectionLost(reason)

    def let_go(self) -> None:
        """Watch over it no longer: it is gone, or it has become a socket."""
        self._server.live.discard(self)
        self._server.waiting.pop(self, None)
        self._server.bodies.end(self)

    def give_way(self) -> None:
        """Hang up, for another one to come in."""
        # At once: the system may bring several others before this one is gone.
        self.let_go()
        self.transport.abortConnection()

    def check_timeouts(self) -> None:
        now = time.monotonic()
        if self.gate.stuck_for(now) > self.bounds.stuck_seconds or (self.is_parting and now > self._until):
            self.transport.abortConnection()
        elif now > self._until:
            self._until = NEVER
            if not self._is_idle:
                self.transport.write(TOO_SLOW)
            self.loseConnection()

    def refuse(self) -> None:
        """Say that the body is too large, and hang up once the peer has had the time to hear it."""
        log.info("a body is too large: %s", _path(self._path)[:200])
        request = self.requests[-1]
        self._server.bodies.end(self)
        if request.content is not None:
            request.content.close()
        accept = request.requestHeaders.getRawHeaders(b"accept", [b""])[0]
        self.transport.write(self._server.too_large(accept.decode("latin1")))
        self.transport.loseWriteConnection()
        self.is_parting = True
        self._until = time.monotonic() + self.bounds.parting_seconds
        self._still_to_come = self.bounds.parting_bytes

    # What Twisted calls, in the order in which it does.

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._is_idle:
            self._is_idle = False
            self._until = time.monotonic() + self.bounds.header_seconds
        elif self._body_began_at:
            self._body_goes_on(len(data))
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._server.waiting.pop(self, None)
        if self.length != 0:
            self._body_began_at = time.monotonic()
            self.most_bytes = self._server.most_bytes(_path(self._path))
            if (self.length or 0) > self.most_bytes:
                self.refuse()
                return
            self._body_goes_on(0)
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self.is_parting:
            super().rawDataReceived(data)
            return
        self._still_to_come -= len(data)
        if self._still_to_come < 0:
            self.transport.abortConnection()

    def allContentReceived(self) -> None:  # noqa: N802
        if self.is_parting:
            return
        self._body_began_at = 0.0
        self._server.bodies.end(self)
        self._until = NEVER
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        # First, since what came meanwhile is read within.
        self._wait_for_a_request()
        super().requestDone(request)

    def _wait_for_a_request(self) -> None:
        self._is_idle = True
        self._body_began_at = 0.0
        self._body_bytes = 0
        self._until = time.monotonic() + self.bounds.idle_seconds
        # To the end of the line.
        self._server.waiting.pop(self, None)
        self._server.waiting[self] = None

    def _body_goes_on(self, size: int) -> None:
        if self.is_parting:
            return
        self._body_bytes += size
        self._server.bodies.goes_on(self, size)
        bounds = self.bounds
        in_all = bounds.body_start_seconds + self._body_bytes / bounds.body_bytes_a_second
        self._until = min(time.monotonic() + bounds.body_pause_seconds, self._body_began_at + in_all)


def _path(uri: bytes) -> str:
    return unquote(uri.split(b"?", 1)[0].decode("latin1"))


def _keep_little_unsent(transport: Any, size: int) -> None:
    # Or the system takes megabytes for a peer that reads nothing, and one that reads slowly looks stuck.
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        transport.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, size)
