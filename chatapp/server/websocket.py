"""A websocket with flow control in both directions."""

import logging
import time
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from chatapp.events import CLOSE_FLOOD
from chatapp.server.gate import Gate
from chatapp.server.inbox import Inbox
from chatapp.sockets.bucket import Bucket

log = logging.getLogger(__name__)

CLOSE_NORMAL = 1000
# Opcodes of RFC 6455, section 11.8.
TEXT, BINARY = 1, 2


class Socket(WebSocketProtocol):
    """Daphne's, closed with the code it is told, and bounded in what waits on the way in and on the way out."""

    def connectionMade(self) -> None:  # noqa: N802
        # The transport still tells HTTP's channel, which is no more.
        self.transport.unregisterProducer()
        self.gate = Gate(self.transport)
        self.transport.registerProducer(self.gate, True)
        server = self.factory.server_class
        self._bounds, self._live = server.bounds, server.live
        self._live.add(self)
        self._frames = Bucket(per_second=self._bounds.frames_a_second, burst=self._bounds.frames_at_once)
        self._is_flood = False
        super().connectionMade()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._live.discard(self)
        # Twisted does not say it to a producer whose transport was told to close before.
        self.gate.stopProducing()
        super().connectionLost(reason)
        # The three know each other: what waits would stay until the collector comes by.
        self.__dict__.pop("application_queue", None)

    def check_timeouts(self) -> None:
        if self.gate.stuck_for(time.monotonic()) > self._bounds.stuck_seconds:
            self.transport.abortConnection()
        elif self.state != self.STATE_CLOSED:
            super().check_timeouts()

    def inbox(self) -> Inbox:
        """The application's messages."""
        return Inbox(self.transport, self._bounds.inbox_bytes)

    def onOpen(self) -> None:  # noqa: N802
        super().onOpen()
        self.transport.resumeProducing()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802, N803
        # Daphne knows of it from its handshake on, which may have failed.
        if hasattr(self, "server"):
            super().onClose(wasClean, code, reason)

    def onFrameBegin(self) -> None:  # noqa: N802
        super().onFrameBegin()
        if self._frames.take():
            return
        # Also of one that is being closed for something else: it may pour until it is hung up on.
        self._is_flood = True
        log.info("a socket brings too many frames")
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=CLOSE_FLOOD)
        # One read may bring ten thousand.
        self.data = b""

    def _dataReceived(self, data: bytes) -> None:  # noqa: N802
        # Who pours on is hung up on when it has had the time to say goodbye.
        if not self._is_flood:
            super()._dataReceived(data)

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        # Answers that are not read would pile up; the last of many pings is the one that counts.
        if not self.gate.is_shut:
            super().onPing(payload)

    def sendMessage(self, payload: bytes, isBinary: bool = False) -> None:  # noqa: N802, N803
        # Autobahn's own holds our frames to the bound for browsers: a long answer's settled text would never arrive.
        if self.state == self.STATE_OPEN:
            self.sendFrame(opcode=BINARY if isBinary else TEXT, payload=payload)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        # Autobahn's own puts words in colours with each frame, for a log that is hardly ever read.
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
        else:
            self.transport.write(data)

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        # Autobahn's own check is for clients: it raises for 1011 and 1012, which are for servers to say.
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code or CLOSE_NORMAL)
