"""The browser's socket, where its edges are hard to reach from outside."""

import logging
from typing import Any

import pytest

from chatapp.events import Pong
from chatapp.sockets.consumer import PonderSocket


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
