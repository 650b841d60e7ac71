"""Builds the body of a request: pure, from turns to JSON."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from chatapp.openrouter.parameters import Parameters
from chatapp.words import Role

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words, of either speaker."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture as the model gets it: ``media_type`` such as ``image/jpeg`` and the bytes of the file."""

    media_type: str
    data: bytes = field(repr=False)

    def url(self) -> str:
        """The picture itself as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class ThinkingPart:
    """What the model thought. Goes back only within an unfinished tool loop."""

    text: str


@dataclass(frozen=True, slots=True)
class CallPart:
    """The model asked for a tool; ``arguments`` is JSON text as it came."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ResultPart:
    """What the tool gave for the call with this id."""

    call_id: str
    content: str


Part = TextPart | ImagePart | ThinkingPart | CallPart | ResultPart


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said, in order. An assistant's turn may go through several rounds of calls and results."""

    role: Role
    parts: tuple[Part, ...]


def build(
    *,
    model: str,
    turns: Sequence[Turn],
    parameters: Parameters,
    system: str = "",
    user: str = "",
    session_id: str = "",
    stream: bool = True,
) -> Wire:
    """The body of ``POST /chat/completions``.

    Turns without anything to say (an answer that failed) are left out, and neighbours of one role are joined, so that
    the roles alternate as the model's template wants it. ``user`` and ``session_id`` are opaque ids.
    """
    body: Wire = {"model": model, "stream": stream}
    body |= parameters.to_wire()
    body |= {name: value for name, value in (("user", user), ("session_id", session_id)) if value}
    body["messages"] = _messages(system, turns)
    return body


def words_of(body: Mapping[str, Any]) -> Iterator[str]:
    """All that was said and shown in a request, as it is and as JSON spells it: what must not reach a log."""
    for message in body.get("messages", ()):
        content = message.get("content") or ""
        parts: list[Wire] = [{"text": content}] if isinstance(content, str) else content
        for part in parts:
            words = part.get("text") or ""
            yield from (words, json.dumps(words)[1:-1], part.get("image_url", {}).get("url", ""))


def _messages(system: str, turns: Sequence[Turn]) -> list[Wire]:
    messages: list[Wire] = [{"role": "system", "content": system}] if system.strip() else []
    runs = [
        (role, [part for turn in run for part in turn.parts])
        for role, run in groupby((turn for turn in turns if _says_anything(turn)), key=lambda turn: turn.role)
    ]
    for place, (role, parts) in enumerate(runs):
        if role is Role.USER:
            messages.append({"role": "user", "content": _content(parts)})
        else:
            # Past thinking is at best ignored and at worst paid for. Within a tool loop, which is what an assistant's
            # turn at the very end is, the model goes on from it.
            messages += _rounds(parts, keep_thinking=place == len(runs) - 1)
    return messages


def _says_anything(turn: Turn) -> bool:
    return any(
        part.text.strip() if isinstance(part, TextPart) else not isinstance(part, ThinkingPart) for part in turn.parts
    )


def _content(parts: Iterable[Part]) -> str | list[Wire]:
    """A string when it is only text, else a list: text first, then the pictures."""
    parts = list(parts)
    text = "\n\n".join(part.text for part in parts if isinstance(part, TextPart) and part.text)
    images: list[Wire] = [
        {"type": "image_url", "image_url": {"url": part.url()}} for part in parts if isinstance(part, ImagePart)
    ]
    if not images:
        return text
    return [{"type": "text", "text": text}, *images] if text else images


def _rounds(parts: list[Part], *, keep_thinking: bool) -> list[Wire]:
    """The messages of an assistant's turn: what it said and called, the results, what it said then, and so on."""
    messages: list[Wire] = []
    for are_results, run in groupby(parts, key=lambda part: isinstance(part, ResultPart)):
        if are_results:
            messages += [
                {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
                for part in run
                if isinstance(part, ResultPart)
            ]
        else:
            messages.append(_said(list(run), keep_thinking=keep_thinking))
    return [
        message for message in messages if message["content"] or "tool_calls" in message or message["role"] == "tool"
    ]


def _said(parts: list[Part], *, keep_thinking: bool) -> Wire:
    calls = [
        # Upstream may leave the arguments of a call without any empty, but takes back only JSON.
        {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": _json_text(part.arguments)}}
        for part in parts
        if isinstance(part, CallPart)
    ]
    # null, not "": some providers refuse an empty string beside calls.
    content = _content(part for part in parts if isinstance(part, TextPart))
    message: Wire = {"role": "assistant", "content": content or None}
    thinking = "".join(part.text for part in parts if isinstance(part, ThinkingPart))
    if calls:
        message["tool_calls"] = calls
        if thinking and keep_thinking:
            message["reasoning"] = thinking
    return message


def _json_text(arguments: str) -> str:
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        return "{}"
    return arguments
