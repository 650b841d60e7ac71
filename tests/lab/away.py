"""A reader in a process of its own, which can be put to sleep like a laptop: `python -m tests.lab.away ORIGIN COOKIES
CONVERSATION MESSAGE`. Prints "a frame" for each, and at the end all that it showed."""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import websockets

from tests.lab.people import Reader


async def read(person: Any, conversation: str, message: str) -> None:
    reader, connections = Noisy(person), 0
    while not reader.settled:
        connections += 1
        try:
            async with reader.connected():
                await reader.reads(conversation, message)
        except (OSError, websockets.WebSocketException):
            continue
    print(json.dumps({"connections": connections, "samples": reader.samples}), flush=True)


class Noisy(Reader):
    """Says when a frame came."""

    async def next(self) -> dict[str, Any]:
        frame = await super().next()
        if frame["type"] == "progress":
            print("a frame", flush=True)
        return frame


if __name__ == "__main__":
    origin, cookies, conversation, message = sys.argv[1:]
    site = SimpleNamespace(origin=origin, port=urlsplit(origin).port)
    asyncio.run(read(SimpleNamespace(site=site, cookies=cookies), conversation, message))
