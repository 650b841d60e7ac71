"""The bare relay that the site is compared with: upstream's stream to a websocket, a frame a token, nothing stored.

As one writes it in an afternoon: httpx as it comes, lines, json, Daphne. It says what doing nothing else costs.
"""

import json
import os
from typing import Any

import httpx

_client: httpx.AsyncClient | None = None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One question a message; `{"end": true}` after each answer."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await _answer(message["text"], send)


async def _answer(question: str, send: Any) -> None:
    global _client
    _client = _client or httpx.AsyncClient(
        base_url=os.environ["UPSTREAM"], timeout=None, limits=httpx.Limits(max_connections=None), trust_env=False
    )
    body = {"model": "qwen/qwen3-vl-8b-thinking", "stream": True, "messages": [{"role": "user", "content": question}]}
    async with _client.stream("POST", "/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            if not line.startswith("data: {"):
                continue
            delta = json.loads(line[6:])["choices"][0]["delta"]
            shown = {"thinking": delta.get("reasoning", ""), "text": delta.get("content", "")}
            await send({"type": "websocket.send", "text": json.dumps(shown, ensure_ascii=False)})
    await send({"type": "websocket.send", "text": '{"end": true}'})
