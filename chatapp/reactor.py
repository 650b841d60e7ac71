"""Twisted on uvloop, where that exists (not on Windows): a third less for each frame and each piece of a stream.

Import and install before anything of Twisted that needs a reactor.
"""

from typing import Any

from twisted.internet import asyncioreactor
from twisted.internet.error import ConnectionLost
from twisted.internet.main import installReactor
from twisted.python.failure import Failure


class Reactor(asyncioreactor.AsyncioSelectorReactor):
    """Notices connections that the loop has given up.

    When a peer resets its connection, uvloop calls the reader once and watches no more. A reader that still finds
    bytes there, as of a request that came with the reset, hears of no error, then or later; and who writes an answer
    gets a RuntimeError instead of a lost connection.
    """

    def addWriter(self, writer: Any) -> None:  # noqa: N802 (Twisted names it)
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
