"""Twisted on uvloop, where that exists (not on Windows): a third less for each frame and each piece of a stream.

Import and install before anything of Twisted that needs a reactor.
"""

import logging
from typing import Any

from twisted.internet import asyncioreactor
from twisted.internet.error import ConnectionLost
from twisted.internet.main import installReactor
from twisted.python.failure import Failure

log = logging.getLogger(__name__)


class Reactor(asyncioreactor.AsyncioSelectorReactor):
    """Writes without asking whether it may, and notices connections that the loop has given up.

    The system's buffer has room for nearly everything that is said, so each is tried at the end of the loop's turn.
    Only what is left waits until the system calls: to be called costs as much as all else of a frame's sending.

    When a peer resets its connection, uvloop calls the reader once and watches no more. A reader that still finds
    bytes there, as of a request that came with the reset, hears of no error, then or later; and who writes an answer
    gets a RuntimeError instead of a lost connection.
    """

    def __init__(self, loop: Any) -> None:
        self._untried: dict[Any, None] = {}
        super().__init__(loop)

    def addReader(self, reader: Any) -> None:  # noqa: N802 (Twisted names it)
        if reader not in self._readers:
            # Called at once, not through the context of Twisted's log, which costs as much as a small read.
            self._asyncioEventloop.add_reader(reader.fileno(), self._now, reader, True)
            self._readers[reader] = reader.fileno()

    def addWriter(self, writer: Any) -> None:  # noqa: N802
        if writer in self._writers or writer in self._untried:
            return
        if not self._untried:
            self._asyncioEventloop.call_soon(self._try)
        self._untried[writer] = None

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        if writer in self._untried:
            del self._untried[writer]
        else:
            super().removeWriter(writer)

    def _try(self) -> None:
        for writer in list(self._untried):
            # A write may end other connections.
            if writer in self._untried:
                self._now(writer, False)
        # Who has written everything has taken itself off.
        left, self._untried = self._untried, {}
        for writer in left:
            self._wait_for(writer)

    def _now(self, connection: Any, reads: bool) -> None:
        try:
            self._readOrWrite(connection, reads)
        except Exception:
            # The others have something to say as well.
            log.exception("a connection could not be ended")

    def _wait_for(self, writer: Any) -> None:
        try:
            super().addWriter(writer)
        except RuntimeError:
            # Not at once: whoever writes does not expect to be called back meanwhile.
            self.callLater(0, _lose, writer)


def install() -> None:
    """Make it the process's reactor; leave it to others to choose one where there is no uvloop."""
    try:
        import uvloop
    except ImportError:
        return
    installReactor(Reactor(uvloop.new_event_loop()))


def _lose(writer: Any) -> None:
    if writer.connected:
        writer.connectionLost(Failure(ConnectionLost()))
