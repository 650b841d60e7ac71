"""Decodes one chunk of a streamed answer, permissively.

Every field may be absent, null or of another type than promised; unknown fields and words are ignored. The ordinary
chunk takes the fast way: msgspec reads the typed fields and skips the rest. What that refuses (a wrong type, half a
surrogate pair, a control character, bytes that are not UTF-8) is read again by ``json`` and picked apart by hand.
"""

import json
from typing import Any

import msgspec


class Detail(msgspec.Struct, gc=False):
    """One piece of structured thinking. Signatures and encrypted pieces have no text to show."""

    text: str | None = None
    summary: str | None = None

    def shown(self) -> str:
        """Its text, if it is visible."""
        return self.text or self.summary or ""


class Delta(msgspec.Struct, gc=False):
    """What a chunk adds."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[Detail] | None = None
    refusal: str | None = None
    tool_calls: Any = None

    def thinking(self) -> str:
        """Its thinking: the same characters may come under three names, so the first that has any counts."""
        details = self.reasoning_details
        if details:
            shown = details[0].shown() if len(details) == 1 else "".join([detail.shown() for detail in details])
            if shown:
                return shown
        return self.reasoning or self.reasoning_content or ""

    def answer(self) -> str:
        """Its part of the answer; the words of a refusal are the answer when there is no other."""
        return self.content or self.refusal or ""


class Choice(msgspec.Struct, gc=False):
    """The only choice of a chunk; more than one is never asked for."""

    delta: Delta | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    error: Any = None


class Chunk(msgspec.Struct, gc=False):
    """One event of the stream. ``usage``, ``error`` and tool calls are rare and stay untyped JSON."""

    id: str | None = None
    model: str | None = None
    provider: str | None = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


_decode = msgspec.json.Decoder(Chunk).decode


def decode(data: bytes) -> Chunk | None:
    """The chunk in ``data``; None when that is no JSON object. Never raises."""
    try:
        return _decode(data)
    except (ValueError, RecursionError):
        return _decode_by_hand(data)


def decode_json(data: bytes) -> Any:
    """Any JSON, with lone surrogates and control characters let through and NaN read as null; None when it is none."""
    try:
        text = data.decode("utf-8", "replace")
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def text_of(value: object) -> str | None:
    """A string, or the text of a list of text parts as some servers send it; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        return "".join([text for text in texts if isinstance(text, str)])
    return None


def _decode_by_hand(data: bytes) -> Chunk | None:
    value = decode_json(data)
    if not isinstance(value, dict):
        return None
    choices = value.get("choices")
    return Chunk(
        id=text_of(value.get("id")),
        model=text_of(value.get("model")),
        provider=text_of(value.get("provider")),
        choices=[_choice(item) for item in choices if isinstance(item, dict)] if isinstance(choices, list) else None,
        usage=value.get("usage"),
        error=value.get("error"),
    )


def _choice(value: dict[str, Any]) -> Choice:
    delta = value.get("delta")
    return Choice(
        delta=_delta(delta) if isinstance(delta, dict) else None,
        finish_reason=text_of(value.get("finish_reason")),
        native_finish_reason=text_of(value.get("native_finish_reason")),
        error=value.get("error"),
    )


def _delta(value: dict[str, Any]) -> Delta:
    details = value.get("reasoning_details")
    return Delta(
        content=text_of(value.get("content")),
        reasoning=text_of(value.get("reasoning")),
        reasoning_content=text_of(value.get("reasoning_content")),
        reasoning_details=[_detail(item) for item in details if isinstance(item, dict)]
        if isinstance(details, list)
        else None,
        refusal=text_of(value.get("refusal")),
        tool_calls=value.get("tool_calls"),
    )


def _detail(value: dict[str, Any]) -> Detail:
    return Detail(text=text_of(value.get("text")), summary=text_of(value.get("summary")))
