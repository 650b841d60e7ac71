"""HTTP, websockets and lifespan in one ASGI application."""

import asyncio
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
# Before anything of ours that touches models is imported.
django.setup(set_prefix=False)

from chatapp import accounts, wiring  # noqa: E402
from chatapp.http import Handler  # noqa: E402
from chatapp.sockets.routing import sockets  # noqa: E402

_http = Handler()
_sockets = sockets()
accounts.on_session_end(wiring.ring_person)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The site. Under Daphne, which knows no lifespan, server/ponder.py starts and stops the house instead."""
    if scope["type"] == "http":
        await _http(scope, receive, send)
    elif scope["type"] == "websocket":
        await _sockets(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def start() -> None:
    """Begin to work: called once before the first request."""
    await wiring.start()


async def stop() -> None:
    """Finish what was begun: running answers, then mails."""
    await wiring.stop()
    await asyncio.to_thread(accounts.mailer.stop)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
