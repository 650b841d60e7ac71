"""The simulator as a server on loopback."""

import asyncio
import ipaddress
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatapp.simulator.chat import Chat
from chatapp.simulator.connection import Connection, Gone
from chatapp.simulator.errors import ApiError, api_error
from chatapp.simulator.record import Journal, Record
from chatapp.simulator.replies import json_reply
from chatapp.simulator.requests import Malformed, Request
from chatapp.simulator.routes import API_PREFIX, CONTROL_PREFIX, Routes
from chatapp.simulator.stage import Stage

DEMO_TOKENS_PER_SECOND = 60.0
DEMO_LEAD_SECONDS = 0.7
GENERATION_SECONDS = 1.0
BACKLOG = 1024

logger = logging.getLogger(__name__)


class Simulator:
    """An OpenRouter look-alike over real HTTP.

    `port` 0 takes a free one. `control` opens `/control/…` and keeps a log. `streams` is the folder of recorded
    streams. With `key` only that key is accepted, else any. `pace` is in tokens per second, 0 for as fast as they are
    taken; `generation_seconds` is how long the look-up of a generation does not find it. `log` is given a line for
    each request.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        control: bool = False,
        streams: Path | None = None,
        key: str | None = None,
        pace: float = DEMO_TOKENS_PER_SECOND,
        generation_seconds: float = GENERATION_SECONDS,
        log: Callable[[str], None] | None = None,
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("The simulator serves loopback only")
        self._host, self._port = host, port
        self._log = log
        self._journal = Journal(keep=control)
        self._stage = Stage()
        chat = Chat(
            journal=self._journal,
            stage=self._stage,
            pace=pace,
            lead_seconds=DEMO_LEAD_SECONDS if pace else 0.0,
            generation_seconds=generation_seconds,
            streams=streams,
        )
        self._routes = Routes(chat=chat, journal=self._journal, stage=self._stage, control=control, key=key)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections_made = 0

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end. Only while it runs."""
        if self._server is None:
            raise RuntimeError("The simulator is not running")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{API_PREFIX}"

    @property
    def control_url(self) -> str:
        """Where the control endpoints are, without a slash at the end."""
        return self.base_url.removesuffix(API_PREFIX) + CONTROL_PREFIX.rstrip("/")

    async def start(self) -> None:
        """Begin to serve on the running loop."""
        if self._server is not None:
            raise RuntimeError("The simulator is running already")
        family = socket.AF_INET if self._host == "localhost" else socket.AF_UNSPEC
        self._server = await asyncio.get_running_loop().create_server(
            self._new_connection, self._host, self._port, family=family, backlog=BACKLOG
        )

    async def stop(self) -> None:
        """Close everything, answers under way included. Leaves no task; may be called again."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for connection in self._journal.open_connections:
            connection.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        # The loop calls connection_lost one turn after the abort.
        await asyncio.sleep(0)

    async def __aenter__(self) -> "Simulator":
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def play(self, script: str, times: int | None = 1) -> None:
        """Play the next `times` chat requests by this script, None for all. Raises UnknownDirective."""
        self._stage.post(script, times)

    def requests(self) -> list[dict[str, Any]]:
        """The log, as `/control/log` tells it."""
        return [record.shown(brief=False) for record in self._journal.records()]

    def connections(self) -> list[dict[str, Any]]:
        """All connections, as `/control/connections` tells them."""
        return self._journal.connections()

    def reset(self) -> None:
        """Forget posted scripts and the log."""
        self._stage.clear()
        self._journal.clear()

    def _new_connection(self) -> Connection:
        self._connections_made += 1
        return Connection(self._connections_made, self._opened, self._journal.connection_closed)

    def _opened(self, connection: Connection) -> None:
        self._journal.connection_opened(connection)
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            while (request := await connection.read_request()) is not None:
                await self._answer(request, connection)
                if not request.head.keep_alive:
                    await connection.farewell()
                    return
        except Malformed as exc:
            await self._refuse(connection, exc)
        except Gone:
            pass
        finally:
            connection.close()

    async def _answer(self, request: Request, connection: Connection) -> None:
        is_control = request.head.path.startswith(CONTROL_PREFIX)
        record = Record.of(request, connection) if is_control else self._journal.begin(request, connection)
        began = time.monotonic()
        try:
            await self._routes.answer(request, connection, record)
        except ApiError as exc:
            await _send_error(exc, connection, record)
        except (Gone, asyncio.CancelledError):
            record.end("broken", connection.closed_by or "server")
            raise
        except Exception:
            logger.exception("The simulator failed")
            await _send_error(api_error(500), connection, record)
            connection.close()
        finally:
            self._tell(record, time.monotonic() - began)

    def _tell(self, record: Record, seconds: float) -> None:
        if self._log is not None:
            tokens = sum(record.tokens.values())
            self._log(
                f"{record.method} {record.path} {record.status or '-'} {record.state} {tokens} tokens {seconds:.2f} s"
            )

    async def _refuse(self, connection: Connection, exc: Malformed) -> None:
        body = {"error": {"code": exc.status, "message": exc.message}}
        try:
            connection.send(json_reply(exc.status, body, {"Connection": "close"}))
        except Gone:
            return
        await connection.farewell()


async def _send_error(exc: ApiError, connection: Connection, record: Record) -> None:
    record.status = exc.status
    record.end("refused")
    connection.send(json_reply(exc.status, exc.body, exc.headers))
    await connection.drain()
