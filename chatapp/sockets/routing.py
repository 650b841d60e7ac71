"""The one socket path; every other is closed with a code instead of a traceback."""

import logging
from typing import Any

from django.conf import settings

from chatapp.events import CLOSE_NOT_FOUND
from chatapp.sockets.consumer import PonderSocket
from chatapp.sockets.guard import Application, Guard, Receive, Scope, Send

log = logging.getLogger(__name__)

PATH = "/ws/"


async def _nothing_here(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    log.info("no socket at %s", scope["path"][:200])
    await receive()
    await send({"type": "websocket.close", "code": CLOSE_NOT_FOUND})


def sockets() -> Application:
    """The ASGI application for websockets."""
    guarded = Guard(PonderSocket.as_asgi(), origins=settings.PUBLIC_ORIGINS, hosts=settings.ALLOWED_HOSTS)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        await (guarded if scope["path"] == PATH else _nothing_here)(scope, receive, send)

    return route
