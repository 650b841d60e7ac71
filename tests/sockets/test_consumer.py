"""The browser's socket, where its edges are hard to reach from outside."""

import asyncio
import gc
import logging
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from channels.exceptions import StopConsumer

from chatapp.events import Pong
from chatapp.sockets.consumer import PonderSocket
from chatapp.sockets.guard import Visitor


class Telling:
    """A viewer that tells one frame."""

    def __init__(self, socket: PonderSocket) -> None:
        self._socket = socket

    async def run(self) -> None:
        await self._socket._tell(Pong())


@pytest.mark.parametrize(
    ("raised", "logged"), [(OSError("the client is gone"), []), (ValueError(), ["a viewer failed"])]
)
async def test_a_browser_that_left_is_no_defect(
    raised: Exception, logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            raise raised

    socket = PonderSocket()
    socket.base_send = send
    with caplog.at_level(logging.INFO):
        await socket._view(Telling(socket))
    assert [record.getMessage() for record in caplog.records] == logged


class Waiting:
    """A viewer that holds something, and has nothing to tell."""

    def __init__(self, socket: PonderSocket) -> None:
        self.tell = socket._tell

    async def run(self) -> None:
        await asyncio.Event().wait()

    def close(self) -> None:
        pass


class Opened(PonderSocket):
    """A socket with that viewer, whose loop is under way."""

    async def connect(self) -> None:
        self._viewer = Waiting(self)
        self._task = asyncio.create_task(self._view(self._viewer))


async def test_what_a_viewer_held_waits_for_no_collector() -> None:
    socket = Opened()
    known: list[weakref.ref[Waiting]] = []

    async def receive() -> dict[str, str]:
        if not known:
            if socket._viewer is None:
                return {"type": "websocket.connect"}
            await asyncio.sleep(0)
            known.append(weakref.ref(socket._viewer))
        return {"type": "websocket.disconnect"}

    async def send(_: dict[str, Any]) -> None:
        raise AssertionError("nothing is said")

    gc.disable()
    try:
        await socket({"type": "websocket", "visitor": SimpleNamespace(pk=1)}, receive, send)
        assert known
        # The loop's own calls at the end of a task are still to be made.
        for _ in range(5):
            await asyncio.sleep(0)
        assert known[0]() is None
    finally:
        gc.enable()


class Full:
    """A viewer that has too much to do already."""

    def hear(self, command: Any, size: int) -> bool:
        return False


async def test_who_says_more_than_is_done_is_shown_out() -> None:
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    socket = PonderSocket()
    socket.base_send, socket.scope = send, {"visitor": Visitor(pk=1, session_key="k")}
    socket._viewer = Full()
    with pytest.raises(StopConsumer):
        await socket.receive('{"type":"ping"}')
    assert [(message["type"], message["code"]) for message in said] == [("websocket.close", 4429)]
