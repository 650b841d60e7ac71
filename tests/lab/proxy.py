"""A TCP proxy that can break: what stands between people and the site on a bad day."""

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes to a port on loopback. Faults are set while it runs and hold for open connections too.

    `delay_seconds` holds every chunk back; `is_hole` swallows everything and keeps the connections open; `is_still`
    keeps everything back until it is taken away; `cut_after` closes a connection in place of the reply's byte after so
    many.
    """

    def __init__(self, port: int) -> None:
        self.delay_seconds = 0.0
        self.is_hole = False
        self.is_still = False
        self.cut_after: int | None = None
        self._target = port
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() is not woken by close() alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
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

    def _taken(self) -> list[tuple[socket.socket, socket.socket]]:
        pairs, self._pairs = self._pairs, []
        return pairs

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            pair = (near, far)
            self._pairs.append(pair)
            threading.Thread(target=self._pump, args=(near, far, pair, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, pair, True), daemon=True).start()

    def _pump(
        self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket], is_reply: bool
    ) -> None:
        passed = 0
        try:
            while data := source.recv(CHUNK_BYTES):
                if self.delay_seconds:
                    time.sleep(self.delay_seconds)
                while self.is_still:
                    time.sleep(0.02)
                if self.is_hole:
                    continue
                if is_reply and self.cut_after is not None and passed + len(data) > self.cut_after:
                    sink.sendall(data[: self.cut_after - passed])
                    break
                sink.sendall(data)
                passed += len(data)
        except OSError:
            pass
        finally:
            # In a hole even the end of a connection is not heard.
            if not self.is_hole:
                _close(pair)


def _close(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        with suppress(OSError):
            # A reset, where one was asked for, comes from close(), and only when no thread reads any more: those are
            # woken without a word to the other side.
            is_reset = end.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER)
            end.shutdown(socket.SHUT_RD if is_reset else socket.SHUT_RDWR)
        with suppress(OSError):
            end.close()
