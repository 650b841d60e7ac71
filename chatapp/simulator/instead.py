"""Replies that are no stream although one was asked for."""

import zlib

from chatapp.simulator.connection import Connection, Gone
from chatapp.simulator.errors import api_error
from chatapp.simulator.record import Record
from chatapp.simulator.replies import EVENT_STREAM, head, json_reply, whole
from chatapp.simulator.script import Instead, Script

BOMB_BYTES = 300 * 1024 * 1024
_BOMB_STEP = b"x" * (1024 * 1024)
_GZIP_WINDOW = 31

_PAGE = """<!doctype html>
<html><head><title>{status}</title></head>
<body><h1>{status}</h1><p>This page was made at the edge of the network, not by the API.</p></body></html>
"""


async def reply_instead(script: Script, connection: Connection, record: Record) -> None:
    """Do what `script.instead` says. Raises Gone when that closes the connection."""
    record.status = script.status
    match script.instead:
        case Instead.DROP:
            record.status = None
            record.end("broken", "server")
            connection.close()
            raise Gone
        case Instead.GZIP_BOMB:
            await _send_bomb(connection)
        case Instead.ERROR:
            error = api_error(script.status, script.variant, retry_after=script.retry_after)
            connection.send(json_reply(error.status, error.body, error.headers))
        case Instead.JSON:
            inner = api_error(502) if script.status < 400 else api_error(script.status)
            connection.send(json_reply(script.status, inner.body))
        case Instead.HTML:
            page = _PAGE.format(status=script.status).encode()
            connection.send(whole(script.status, page, content_type="text/html; charset=UTF-8"))
        case _:
            connection.send(whole(script.status, b"", content_type=EVENT_STREAM))
    await connection.drain()
    record.end("complete" if script.status < 400 else "refused")


async def _send_bomb(connection: Connection) -> None:
    headers = {"Content-Type": EVENT_STREAM, "Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}
    connection.send(head(200, headers))
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP_WINDOW)
    await _send_chunk(connection, packer.compress(b"data: "))
    for _ in range(BOMB_BYTES // len(_BOMB_STEP)):
        await _send_chunk(connection, packer.compress(_BOMB_STEP))
    await _send_chunk(connection, packer.compress(b"\n\n") + packer.flush())
    connection.send(b"0\r\n\r\n")


async def _send_chunk(connection: Connection, data: bytes) -> None:
    if data:
        connection.send(b"%x\r\n%b\r\n" % (len(data), data))
    await connection.drain()
