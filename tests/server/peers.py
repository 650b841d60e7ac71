"""Peers that do not behave, on bare sockets, and what they see."""

import asyncio
import base64
import contextlib
import os
import re
import select
import socket
import statistics
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

PATIENCE_SECONDS = 60.0
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


class Memory:
    """How much a process has grown since this was made, in MB, at its worst moment."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = self._now("VmRSS")

    @property
    def grown(self) -> float:
        return self._now("VmHWM") - self._before

    def _now(self, name: str) -> float:
        found = re.search(rf"^{name}:\s+(\d+) kB$", self._status.read_text(), re.MULTILINE)
        assert found
        return int(found[1]) / 1024


class Peer:
    """A connection of bytes."""

    def __init__(self, port: int, *, buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def is_closed(self) -> bool:
        """Whether the other side has hung up; what it says meanwhile is kept."""
        while select.select([self.socket], [], [], 0)[0]:
            try:
                piece = self.socket.recv(65_536)
            except ConnectionError:
                return True
            if not piece:
                return True
            self._read += piece
        return False

    def everything(self) -> bytes:
        """What comes until the other side hangs up."""
        with contextlib.suppress(ConnectionError):
            while piece := self.socket.recv(65_536):
                self._read += piece
        return self._read

    def has_come(self) -> bool:
        """Whether there is something to read."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def sip(self, size: int, *, then_rest: float) -> None:
        """Read at most so much, then nothing for a while."""
        assert self.socket.recv(size)
        self.rest(then_rest)

    def rest(self, seconds: float) -> None:
        """Be slow: this is the fault that is made, not a wait for something."""
        time.sleep(seconds)

    def skip(self, size: int) -> None:
        """Read so much."""
        while size > 0:
            piece = self.socket.recv(min(size, 65_536))
            assert piece, f"hung up {size} bytes before the end"
            size -= len(piece)

    def until(self, end: bytes) -> bytes:
        while end not in self._read:
            piece = self.socket.recv(65_536)
            assert piece, f"hung up after {self._read[-500:]!r}"
            self._read += piece
        found, self._read = self._read.split(end, 1)
        return found

    def sends_what_is_taken(self, pieces: Iterable[bytes], *, patience: float = 2.0) -> int:
        """Send until nothing more is taken for a while, or the other side hangs up; gives how many bytes went."""
        sent = 0
        self.socket.settimeout(patience)
        with contextlib.suppress(ConnectionError, TimeoutError):
            for piece in pieces:
                left = memoryview(piece)
                while left:
                    took = self.socket.send(left)
                    sent, left = sent + took, left[took:]
        self.socket.settimeout(PATIENCE_SECONDS)
        return sent


class SocketPeer(Peer):
    """A websocket, its frames made by hand. `open` is not called by itself."""

    def opens(self, path: str, **headers: str) -> Self:
        self.send(handshake(path, **headers))
        assert self.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        return self

    def close_code(self) -> int | None:
        """The code of the close frame that comes, if one comes before the connection ends."""
        data = self.everything()
        while len(data) >= 2:
            length, start = data[1], 2
            if length == 126:
                length, start = struct.unpack("!H", data[2:4])[0], 4
            if data[0] & 15 == CLOSE:
                return int(struct.unpack("!H", data[start : start + 2])[0])
            data = data[start + length :]
        return None


def handshake(path: str, **headers: str) -> bytes:
    fields = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    } | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


def frame(payload: bytes, *, opcode: int = TEXT, first: int | None = None, is_masked: bool = True) -> bytes:
    """A client's frame; `first` replaces its first byte, with which it is the last and uses no extension."""
    length = len(payload)
    if length < 126:
        size = bytes([length | is_masked << 7])
    elif length < 65_536:
        size = bytes([126 | is_masked << 7]) + struct.pack("!H", length)
    else:
        size = bytes([127 | is_masked << 7]) + struct.pack("!Q", length)
    # A mask of noughts is a mask.
    return bytes([first if first is not None else 0x80 | opcode]) + size + (bytes(4) if is_masked else b"") + payload


@dataclass(frozen=True)
class Poured:
    """A large body and the answer: how much was sent before the answer began, its status, and all of it."""

    sent: int
    status: int
    answer: bytes


async def pours(port: int, head: bytes, pieces: Iterable[bytes]) -> Poured:
    """Send a body without a look at the answer, as browsers do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    answer = bytearray()
    sent = sent_before = 0

    async def listen() -> None:
        nonlocal sent_before
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                sent_before = sent_before if answer else sent
                answer.extend(piece)

    listening = asyncio.create_task(listen())
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    await asyncio.wait_for(listening, PATIENCE_SECONDS)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return Poured(sent=sent_before, status=status, answer=bytes(answer))


class Lag:
    """How long others wait for an answer meanwhile, in milliseconds; from before it begins until after it ends."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.milliseconds: list[float] = []
        self._answered = asyncio.Event()

    async def answered(self) -> None:
        """Wait for the next answer."""
        self._answered.clear()
        await asyncio.wait_for(self._answered.wait(), PATIENCE_SECONDS)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._ask())
        await self.answered()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # What takes less than a moment is over before anyone else has asked.
            if kind is None:
                await self.answered()
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _ask(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            while True:
                began = time.perf_counter()
                (await client.get(self._url)).raise_for_status()
                self.milliseconds.append((time.perf_counter() - began) * 1000)
                self._answered.set()
                await asyncio.sleep(0.01)

    @property
    def p95(self) -> float:
        assert len(self.milliseconds) >= 2, "nobody else was served"
        return statistics.quantiles(self.milliseconds, n=20)[-1]
