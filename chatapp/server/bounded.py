"""Daphne, which anyone could fill up: with flow control, and with bounds in size and time."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from daphne.server import Server
from twisted.internet import reactor

from chatapp.server.bodies import Bodies
from chatapp.server.bounds import Bounds
from chatapp.server.channel import Channel
from chatapp.server.websocket import Socket

log = logging.getLogger(__name__)

LOOK_SECONDS = 2
# A phone may need longer than Autobahn's one second to hear that, and why, it is hung up on.
CLOSING_SECONDS = 5
MAX_SOCKET_MESSAGE_BYTES = 256 * 1024
# What may be much, and so waits while the peer does not read.
_CARGO = {"websocket.send", "http.response.body"}


class BoundedServer(Server):
    """Daphne's server: nobody who does not read, does not finish or does not stop costs more than a small buffer.

    `most_bytes` says how large the body of a request for a path may be; `too_large` makes the whole refusal, as it
    goes over the wire, from an Accept header.
    """

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        most_bytes: Callable[[str], int],
        too_large: Callable[[str], bytes],
        bounds: Bounds = Bounds(),  # noqa: B008 (it is frozen)
    ) -> None:
        self.most_bytes, self.too_large, self.bounds = most_bytes, too_large, bounds
        self.live: set[Channel | Socket] = set()
        # Those without a request, the one that has waited longest first.
        self.waiting: dict[Channel, None] = {}
        self.bodies: Bodies[Channel] = Bodies(bounds.bodies, bounds.all_bodies_bytes)
        shown = host.replace(":", r"\:")
        super().__init__(
            application,
            endpoints=[f"tcp:port={port}:interface={shown}:backlog={bounds.at_the_door}"],
            signal_handlers=False,
            server_name="",
            websocket_timeout=-1,
            websocket_max_message_size=MAX_SOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_SOCKET_MESSAGE_BYTES,
        )

    def run(self) -> None:
        """Serve until told to leave."""
        reactor.callWhenRunning(self._make_bounded)
        super().run()

    def make_room(self) -> None:
        """Another connection is there: when there are too many, the one that has asked for nothing longest goes.

        Who opens thousands and waits drives out their own. Bodies under way have a bound of their own, and the people
        of sockets are known: those stay, and the last to come goes if there is nobody else.
        """
        if len(self.live) <= self.bounds.connections:
            return
        if longest := next(iter(self.waiting), None):
            longest.give_way()

    def _make_bounded(self) -> None:
        # Daphne makes its factories just before it listens and gives no other occasion. Nobody has connected yet.
        self.http_factory.protocol = Channel
        self.http_factory.timeOut = None
        # Twisted's own, for each request, into a memory that nobody reads.
        self.http_factory.log = lambda request: None
        self.ws_factory.protocol = Socket
        # Say what was wrong (1002, 1007, 1009) instead of hanging up.
        self.ws_factory.setProtocolOptions(failByDrop=False, closeHandshakeTimeout=CLOSING_SECONDS)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        inbox = protocol.inbox()
        scope.setdefault("asgi", {"version": "3.0"})
        answer = self.application(scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = running = asyncio.ensure_future(answer)
        running.add_done_callback(lambda _: inbox.forget())
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if protocol.gate.is_shut and message["type"] in _CARGO:
            await protocol.gate.passed()
        await super().handle_reply(protocol, message)

    def timeout_checker(self) -> None:
        for each in list(self.live):
            try:
                each.check_timeouts()
            except Exception:
                # Daphne's own would never look again.
                log.exception("a connection could not be looked at")
        reactor.callLater(LOOK_SECONDS, self.timeout_checker)
