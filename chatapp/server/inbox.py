"""What the application takes its messages from."""

import asyncio
from typing import IO, Any

PIECE_BYTES = 64 * 1024
# What a message weighs beside its text: a frame of one byte is not free.
MESSAGE_BYTES = 400


class Inbox(asyncio.Queue[dict[str, Any]]):
    """Messages of a socket. While more than `most_bytes` wait, the transport is not read."""

    def __init__(self, transport: Any, most_bytes: int) -> None:
        super().__init__()
        self._transport, self._most_bytes = transport, most_bytes
        self._bytes = 0
        self._is_full = self._is_forgotten = False

    def forget(self) -> None:
        """Nobody takes anything any more: what waits, and what still comes, goes."""
        self._is_forgotten = True
        while not self.empty():
            super()._get()

    def _put(self, item: dict[str, Any]) -> None:
        if self._is_forgotten:
            return
        super()._put(item)
        self._bytes += _weight(item)
        if self._bytes > self._most_bytes and not self._is_full:
            self._is_full = True
            self._transport.pauseProducing()

    def _get(self) -> dict[str, Any]:
        item: dict[str, Any] = super()._get()
        self._bytes -= _weight(item)
        if self._is_full and self._bytes <= self._most_bytes // 2:
            self._is_full = False
            self._transport.resumeProducing()
        return item


class BodyInbox(asyncio.Queue[dict[str, Any]]):
    """A request that has arrived: its body is read from its file as the application asks for it, piece by piece.

    Daphne puts one empty last piece in, and says when the peer is gone or the answer is out.
    """

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        super().__init__()

    def forget(self) -> None:
        """Nobody takes anything any more."""
        self._body.close()

    def _put(self, item: dict[str, Any]) -> None:
        if item["type"] == "http.disconnect":
            # A body that was taken in part must not seem to be whole.
            while not self.empty():
                super()._get()
            self._body.close()
        super()._put(item)

    def _get(self) -> dict[str, Any]:
        if not self._body.closed:
            if piece := self._body.read(PIECE_BYTES):
                return {"type": "http.request", "body": piece, "more_body": True}
            self._body.close()
        item: dict[str, Any] = super()._get()
        return item


def _weight(item: dict[str, Any]) -> int:
    return MESSAGE_BYTES + len(item.get("text") or item.get("bytes") or "")
