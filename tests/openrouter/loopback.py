"""A small HTTP server on the loopback that can misbehave in every way an upstream can."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Connection:
    """The server's side of one request, already read (unless ``reads`` was off)."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, content_type: str = "text/event-stream", **headers: Any) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        await self.head(status, content_type, Content_Length=str(len(body)), **headers)
        await self.send(body)

    async def stream(self, *events: bytes, **headers: Any) -> None:
        """Begin a chunked stream."""
        await self.head(Transfer_Encoding="chunked", **headers)
        for event in events:
            await self.chunk(event)

    async def chunk(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    def reset(self) -> None:
        """Break the connection with a RST."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def closed(self) -> None:
        """Wait until the client has gone: what a script that hangs does."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass
        self.gone.set()

    async def read_request(self) -> bool:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.body = await self.reader.readexactly(int(self.headers.get("content-length", "0")))
        return True


Script = Callable[[Connection], Awaitable[None]]


class Loopback:
    """Answers every connection by the next script, the last one again and again."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.reads = True
        self.connections: list[Connection] = []
        self.seen = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered = 0

    def plays(self, *scripts: Script) -> None:
        self.scripts = list(scripts)

    async def arrived(self, count: int = 1) -> Connection:
        """Wait for the request of that number."""
        async with self.seen:
            await self.seen.wait_for(lambda: len(self.connections) >= count)
        return self.connections[count - 1]

    @asynccontextmanager
    async def serve(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{port}/api/v1"
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                connection = Connection(reader, writer)
                if self.reads:
                    await connection.read_request()
                async with self.seen:
                    self.connections.append(connection)
                    self.seen.notify_all()
                script = self.scripts[min(self._answered, len(self.scripts) - 1)]
                self._answered += 1
                await script(connection)
                if "content-length" not in connection.headers and not self.reads:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def blackhole() -> AsyncIterator[str]:
    """An address where connecting hangs: its queue of connections is full and nobody accepts."""
    loop = asyncio.get_running_loop()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        tasks = []
        for filler in fillers:
            filler.setblocking(False)
            tasks.append(asyncio.create_task(loop.sock_connect(filler, address)))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for filler in fillers:
                filler.close()


def refused_address() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
