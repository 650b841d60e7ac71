"""An application that pours, listens or is deaf as its path says, and tells how far it got.

GET /pour/<MB> and the socket /pour/<MB> send as fast as they may; the socket /deaf never takes a message; the socket
/mute is never accepted; the socket /echo sends back. GET /breaks fails in the midst of its answer. POST takes a body and
says how long it was. GET /told says, of each path, how many bytes were handed to the server and whether the application
came to its end.
"""

import asyncio
import json
from typing import Any

PIECE = 64 * 1024
told: dict[str, dict[str, Any]] = {}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    path = scope["path"]
    if path != "/told":
        told[path] = {"bytes": 0, "ended": False}
    try:
        await (_http if scope["type"] == "http" else _socket)(scope, path, receive, send)
    finally:
        told.setdefault(path, {})["ended"] = True


async def _http(scope: dict[str, Any], path: str, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path.startswith("/pour/"):
        await _pour(path, lambda piece: send({"type": "http.response.body", "body": piece, "more_body": True}))
        body = b""
    elif path == "/breaks":
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("it breaks off")
    elif scope["method"] == "POST":
        body = b"%d" % await _length(receive)
    else:
        body = json.dumps(told).encode()
    await send({"type": "http.response.body", "body": body})


async def _length(receive: Any) -> int:
    length, goes_on = 0, True
    while goes_on:
        message = await receive()
        length += len(message["body"])
        goes_on = message["more_body"]
    return length


async def _socket(scope: dict[str, Any], path: str, receive: Any, send: Any) -> None:
    await receive()
    if path == "/mute":
        await asyncio.Event().wait()
    await send({"type": "websocket.accept"})
    if path == "/deaf":
        await asyncio.Event().wait()
    if path.startswith("/pour/"):
        await _pour(path, lambda piece: send({"type": "websocket.send", "bytes": piece}))
    while (message := await receive())["type"] == "websocket.receive":
        told[path]["bytes"] += len(message["text"])
        await send({"type": "websocket.send", "text": message["text"]})


async def _pour(path: str, send: Any) -> None:
    for number in range(int(path.rsplit("/", 1)[1]) * 2**20 // PIECE):
        # Not the same object again: a buffer of references would weigh nothing.
        await send(number.to_bytes(8, "big") * (PIECE // 8))
        told[path]["bytes"] += PIECE
        # A server that never makes it wait must not starve the others.
        await asyncio.sleep(0)
