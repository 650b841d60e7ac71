"""Daphne, told when to start and how to leave.

On SIGTERM the port is freed first, so that the next process can serve while this one drains; sockets are told 1012
("service restart"), kept connections are closed after their next reply; running attempts get their time; then the
reactor stops. A second signal leaves at once.
"""

import asyncio
import logging
import resource
import signal
from collections.abc import Callable
from typing import Any

from twisted.internet import defer, reactor

from chatapp import asgi
from chatapp.events import CLOSE_RESTART
from chatapp.server.bounded import BoundedServer
from chatapp.server.bounds import Bounds
from chatapp.server.refusals import most_bytes, too_large
from chatapp.server.websocket import Socket

log = logging.getLogger(__name__)

ANSWERED_SECONDS = 5.0
# Of the files that the system lets a process open: some are kept for the database, pictures and upstream, and a share
# for bodies under way, each of which may have one beside its connection.
MOST_FILES, KEPT_FILES, BODIES_SHARE = 16_384, 224, 8


class PonderServer(BoundedServer):
    """The site's server: with a start and a drain."""

    def __init__(self, *, host: str, port: int, ready: Callable[[], None]) -> None:
        connections, bodies = _room()
        bounds = Bounds(connections=connections, bodies=bodies)
        super().__init__(
            asgi.application, host=host, port=port, most_bytes=most_bytes, too_large=too_large, bounds=bounds
        )
        self._ready = ready
        self._ports: list[Any] = []
        self.failed = False
        self._is_leaving = False

    def run(self) -> None:
        """Serve until told to leave."""
        reactor.callWhenRunning(self._start)
        super().run()

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        self.failed = True
        log.critical("cannot listen: %s", failure.getErrorMessage())
        self.stop()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if self._is_leaving and message.get("type") == "http.response.start" and protocol.channel is not None:
            # A connection that is kept would bring its next requests here, until the last moment and beyond.
            protocol.channel.persistent = False
            protocol.setHeader(b"connection", b"close")
        elif message.get("type") == "http.response.body" and _breaks_off(protocol, message):
            # Or the peer would wait for the rest of it.
            protocol.channel.persistent = False
        await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> Any:
        # What Daphne does before it shuts down: it cancels what runs, also requests that are about to be answered.
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._leave()))

    def _start(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_leave)
        starting = asyncio.ensure_future(asgi.start())
        starting.add_done_callback(self._started)

    def _started(self, starting: "asyncio.Future[Any]") -> None:
        if wrong := starting.exception():
            self.failed = True
            log.critical("cannot start", exc_info=wrong)
            self.stop()
        elif not self.failed:
            self._ready()

    def _told_to_leave(self, number: int, _: Any) -> None:
        # The second time the operator means it.
        signal.signal(number, signal.SIG_DFL)
        reactor.callFromThread(self.stop)

    async def _leave(self) -> None:
        self._is_leaving = True
        for port in self._ports:
            stopped = port.stopListening()
            if stopped is not None:
                await stopped.asFuture(asyncio.get_running_loop())
        self._close_sockets()
        await self._answered()
        # Those whose handshake was still under way.
        self._close_sockets()
        await asgi.stop()

    def _close_sockets(self) -> None:
        for protocol in list(self.connections):
            if isinstance(protocol, Socket):
                protocol.serverClose(code=CLOSE_RESTART)

    async def _answered(self) -> None:
        """Wait for the requests that were being answered."""
        until = asyncio.get_running_loop().time() + ANSWERED_SECONDS
        while self._is_answering() and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 (Daphne has no event)
            await asyncio.sleep(0.02)

    def _is_answering(self) -> bool:
        return any(
            not isinstance(protocol, Socket)
            and not details.get("disconnected")
            and "application_instance" in details
            and not details["application_instance"].done()
            for protocol, details in self.connections.items()
        )


def _breaks_off(protocol: Any, message: dict[str, Any]) -> bool:
    """Whether an answer ends here, before its length is reached."""
    if message.get("more_body") or protocol.channel is None or protocol.method == b"HEAD":
        return False
    length = protocol.responseHeaders.getRawHeaders(b"content-length", [0])[0]
    return int(length) > int(protocol.sentLength) + len(message.get("body", b""))


def _room() -> tuple[int, int]:
    """How many connections there may be, and bodies under way; the system's usual limit is raised as far as it lets
    us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    bodies = most // BODIES_SHARE
    return most - KEPT_FILES - bodies, bodies
