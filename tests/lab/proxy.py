"""A TCP proxy that can break: what stands between people and the site, or the site and upstream, on a bad day."""

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 65_536
LOOK_SECONDS = 0.05
Pair = tuple[socket.socket, socket.socket]


class Proxy:
    """Passes bytes to a port on loopback. Faults are set while it runs and hold for open connections too.

    `delay_seconds` holds every chunk back; `bytes_per_second` lets no more through on each connection and way;
    `is_held` keeps everything until it is lifted, as a partition that heals does; `is_hole` swallows everything and
    keeps the connections open; `cut_after` closes a connection in place of the reply's byte after so many.
    """

    def __init__(self, port: int) -> None:
        self.mend()
        self._target = port
        self._pairs: list[Pair] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def mend(self) -> None:
        """No fault any more. Bytes that a hole has swallowed are gone: reset its connections."""
        self.delay_seconds = 0.0
        self.bytes_per_second = 0.0
        self.is_held = False
        self.is_hole = False
        self.cut_after: int | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() is not woken by close() alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.mend()
        self.close()

    def close(self) -> None:
        """Close every connection in good order."""
        for pair in self._taken():
            _close(pair)

    def reset(self) -> None:
        """Break every connection with a TCP reset."""
        for pair in self._taken():
            for end in pair:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            _close(pair)

    def _taken(self) -> list[Pair]:
        pairs, self._pairs = self._pairs, []
        return pairs

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                # Nobody is there at present: whoever comes is turned away.
                near.close()
                continue
            pair = (near, far)
            self._pairs.append(pair)
            threading.Thread(target=self._pump, args=(near, far, pair, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, pair, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, pair: Pair, is_reply: bool) -> None:
        passed = 0
        try:
            while data := self._read(source):
                self._wait(len(data))
                if self.is_hole:
                    continue
                if is_reply and self.cut_after is not None and passed + len(data) > self.cut_after:
                    sink.sendall(data[: max(0, self.cut_after - passed)])
                    break
                sink.sendall(data)
                passed += len(data)
        except (OSError, ValueError):
            # Closed by the other pump, or by a fault.
            pass
        finally:
            # While nothing passes even the end of a connection is not heard.
            while self.is_held:
                time.sleep(0.01)
            if not self.is_hole:
                _close(pair)

    def _read(self, source: socket.socket) -> bytes:
        # A socket that another thread closes stays open as long as this one waits in recv(): no reset would go out.
        while not select.select([source], [], [], LOOK_SECONDS)[0]:
            pass
        # Small where bytes are few: ten chunks a second.
        return source.recv(max(1, int(self.bytes_per_second / 10)) if self.bytes_per_second else CHUNK_BYTES)

    def _wait(self, size: int) -> None:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        began = time.monotonic()
        while (time.monotonic() - began) * self.bytes_per_second < size and self.bytes_per_second:
            time.sleep(0.01)
        while self.is_held:
            time.sleep(0.01)


def _close(pair: Pair) -> None:
    for end in pair:
        with suppress(OSError):
            # A reset, where one was asked for, comes from close(); shutdown() would say goodbye first.
            if not end.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER):
                end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            end.close()
