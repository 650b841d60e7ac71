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
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.lab.people import Person
from tests.lab.processes import PATIENCE_SECONDS, Process, wait_for

# What others wait while somebody misbehaves, nineteen of twenty times, and how many of them are asked.
MOST_LAG_MS = 300
ENOUGH_ANSWERS = 50
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


def known_as(person: Person) -> dict[str, str]:
    """The headers with which a browser opens this person's sockets."""
    site = person.site
    return {"Host": f"127.0.0.1:{site.port}", "Origin": site.origin, "Cookie": person.cookies}


def opened(person: Person) -> SocketPeer:
    """A socket of this person's."""
    return SocketPeer(person.site.port).opens("/ws/", **known_as(person))


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


class Lag(Process):
    """How long others wait for an answer meanwhile, in milliseconds; from before it begins until after it ends."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        super().__init__(
            [sys.executable, "-m", "tests.server.asker", str(address.hostname), str(address.port), address.path],
            dict(os.environ),
        )

    def __enter__(self) -> Self:
        self.hears(1)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # Who asked before the end may still be waiting: that counts most.
            if kind is None:
                self.hears(len(self.lines) + 1)
        finally:
            self.end()

    @property
    def is_enough(self) -> bool:
        """Whether so many were answered that one who was unlucky says nothing."""
        return len(self.lines) >= ENOUGH_ANSWERS

    def hears(self, answers: int = ENOUGH_ANSWERS) -> None:
        """Wait until there have been so many answers."""

        def have_come() -> bool:
            assert self.child.poll() is None, f"nobody asks any more:\n{self.output}"
            return len(self.lines) >= answers

        wait_for(have_come, what=f"{answers} answers")

    @property
    def p95(self) -> float:
        assert self.is_enough, f"only {len(self.lines)} others were served"
        return statistics.quantiles(map(float, self.lines), n=20)[-1]
