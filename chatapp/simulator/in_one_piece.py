"""An answer as one JSON object, for requests that want no stream."""

from typing import Any

import msgspec

from chatapp.simulator import errors
from chatapp.simulator.chunks import PROVIDER, Token
from chatapp.simulator.connection import Gone
from chatapp.simulator.delivery import Delivery
from chatapp.simulator.replies import JSON, head, whole
from chatapp.simulator.script import Do


class InOnePiece(Delivery):
    """Takes as long as a stream would, then sends everything."""

    async def begin(self) -> None:
        self.record.status = 200

    async def put(self, batch: list[Token]) -> None:
        self.record.note(batch, hidden=self.job.ask.exclude)
        await self.connection.drain()

    async def wait(self, seconds: float, *, comments: bool) -> None:
        await self.connection.sleep(seconds)

    async def end(self, finish: str, usage: dict[str, Any]) -> None:
        await self._send(finish, usage, None)

    async def fail(self) -> None:
        await self._send("error", self.usage(), errors.error_object(self.script.status, self.script.variant))

    async def break_off(self, do: Do) -> None:
        if do in {Do.HANG, Do.ENDLESS}:
            await self.connection.hang()
        body = self._body("stop", self.usage(), None)
        headers = {"Content-Type": JSON, "Content-Length": str(len(body))}
        self.connection.send(head(200, headers) + body[: len(body) // 2])
        self.record.end("broken", "server")
        if do is Do.RESET:
            await self.connection.reset()
        self.connection.close()
        raise Gone

    async def _send(self, finish: str, usage: dict[str, Any], error: dict[str, Any] | None) -> None:
        headers = {"X-Generation-Id": self.record.generation or ""}
        body = self._body(finish, usage, error)
        self.connection.send(whole(200, body, content_type=JSON, headers=headers))
        await self.connection.drain()

    def _body(self, finish: str, usage: dict[str, Any], error: dict[str, Any] | None) -> bytes:
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": finish,
            "native_finish_reason": finish,
            "message": self._message(finish),
            "logprobs": None,
        }
        if error is not None:
            choice["error"] = error
        return msgspec.json.encode(
            {
                "id": self.record.generation,
                "object": "chat.completion",
                "created": self.job.created,
                "model": self.job.ask.slug,
                "provider": PROVIDER,
                "choices": [choice],
                "usage": usage,
            }
        )

    def _message(self, finish: str) -> dict[str, Any]:
        thinking = self.record.text("thinking")
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self.record.text("answer") or (None if finish == "tool_calls" else ""),
            "refusal": None,
            "reasoning": thinking or None,
        }
        if thinking:
            message["reasoning_details"] = [
                {"type": "reasoning.text", "text": thinking, "format": "unknown", "index": 0}
            ]
        if finish == "tool_calls":
            message["tool_calls"] = [
                {
                    "index": index,
                    "id": f"call_{self.record.number}_{index}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for index, call in enumerate(self.job.plan.calls)
            ]
        return message
