"""One browser's socket. It hears four commands, and hands them to the viewer that sends what the browser lacks."""

import asyncio
import logging
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from chatapp import events, wiring
from chatapp.sockets.bucket import Bucket
from chatapp.sockets.crowd import Crowd
from chatapp.sockets.viewer import Viewer

log = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024
CLOSE_OUR_FAULT = 1011
# A browser says a few things on connecting, then acknowledges a few times a second.
FRAMES_A_SECOND, FRAMES_AT_ONCE = 60.0, 240.0
SOCKETS_A_PERSON = 20
# All of a person's tabs together: twenty that acknowledge, and come back at once after a restart.
PERSONS_FRAMES_A_SECOND, PERSONS_FRAMES_AT_ONCE = 200.0, 1_000.0
_crowd: "Crowd[PonderSocket]" = Crowd(
    SOCKETS_A_PERSON, bucket=lambda: Bucket(per_second=PERSONS_FRAMES_A_SECOND, burst=PERSONS_FRAMES_AT_ONCE)
)


class Gone(Exception):
    """The browser has gone; what was to be told is told when it comes back."""


class PonderSocket(AsyncWebsocketConsumer):
    """A signed-in person's socket (see Guard)."""

    def __init__(self) -> None:
        super().__init__()
        self._bucket = Bucket(per_second=FRAMES_A_SECOND, burst=FRAMES_AT_ONCE)
        self._viewer: Viewer | None = None
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # In `finally`, since disconnect() is not called when a handler raises or the server leaves.
        try:
            await super().__call__(scope, receive, send)
        finally:
            _crowd.leave(scope["visitor"].pk, self)
            if self._task:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
            if self._viewer:
                self._viewer.close()
            # The three know each other, by a cancelled task's traceback too: what the viewer held would otherwise
            # stay, megabytes of a long answer, until the collector comes by.
            self._task = self._viewer = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels would hop the one shared database thread before each frame; nothing here uses that thread.
        if message["type"] == "websocket.connect":
            await self.connect()
        elif message["type"] == "websocket.receive":
            await self.receive(message.get("text"), message.get("bytes"))
        elif message["type"] == "websocket.disconnect":
            raise StopConsumer

    async def connect(self) -> None:
        try:
            house = wiring.current()
        except RuntimeError:
            # This process is leaving: the next one lets the browser in.
            await self.close(events.CLOSE_RESTART)
            return
        await self.accept()
        oldest = _crowd.enter(self.scope["visitor"].pk, self)
        if oldest:
            await oldest.close(events.CLOSE_TOO_MANY)
        self._viewer = Viewer(house, self.scope["visitor"], self._tell, self.close)
        await self._tell(events.Hello(protocol=events.PROTOCOL, release=settings.RELEASE))
        self._task = asyncio.create_task(self._view(self._viewer))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        assert self._viewer is not None
        if not self._bucket.take() or not _crowd.may_speak(self.scope["visitor"].pk):
            await self.close(events.CLOSE_FLOOD)
            raise StopConsumer
        if text_data is None or len(text_data) > MAX_FRAME_BYTES:
            await self._refuse()
            return
        try:
            command = events.decode(text_data)
        except ValueError:
            await self._refuse()
            return
        if not self._viewer.hear(command, len(text_data)):
            await self.close(events.CLOSE_FLOOD)
            raise StopConsumer

    async def _view(self, viewer: Viewer) -> None:
        try:
            await viewer.run()
        except Gone:
            log.debug("a browser went while it was being told")
        except Exception:
            # The browser connects anew and says what it holds: nothing is lost by closing.
            log.exception("a viewer failed")
            await self.close(CLOSE_OUR_FAULT)

    async def _refuse(self) -> None:
        await self._tell(events.Error(code="bad_request", message="This frame was not understood."))

    async def _tell(self, frame: Any) -> int:
        """Send a frame; gives its size in characters. Raises Gone."""
        text = events.encode(frame)
        try:
            await self.send(text)
        except OSError as gone:
            # So ASGI says it. Daphne says nothing and drops the frame.
            raise Gone from gone
        return len(text)
