"""A message as a script is told it: parts, state, usage, times."""

from typing import Any

from chatapp import wording
from chatapp.models import Call, Generation, Message, Part
from chatapp.presentation import Usage
from chatapp.views.images import described
from chatapp.words import PartKind, State


def told(message: Message) -> dict[str, Any]:
    """All about the message; an answer's newest attempt stands for it, and each of its attempts is listed."""
    attempts = list(message.generations.order_by("number"))
    generation = attempts[-1] if attempts else None
    body: dict[str, Any] = {
        "id": str(message.public_id),
        "conversation": str(message.conversation.public_id),
        "role": message.role,
        "parent": str(message.parent.public_id) if message.parent else None,
        "created_at": message.created_at.isoformat(),
        "state": State.DONE.value,
        "reason": "",
        "parts": [],
        "usage": None,
        "times": None,
        "parameters": None,
        "error": None,
        "attempts": [],
    }
    texts = generation.journal_texts() if generation and not generation.is_settled else {}
    parts = list(Part.objects.filter(message=message).select_related("image").order_by("position"))
    body["parts"] = [_part(part, texts) for part in parts]
    if generation is None:
        return body
    return body | _newest(generation, parts) | {"attempts": [_attempt(attempt) for attempt in attempts]}


def _part(part: Part, journal: dict[int, str]) -> dict[str, Any]:
    text = part.text if part.settled else journal.get(part.position, "")
    found: dict[str, Any] = {"kind": part.kind, "text": text}
    if part.image:
        return {"kind": part.kind, **described(part.image)}
    if part.kind == PartKind.THINKING:
        found |= {"started_ms": part.started_ms, "ended_ms": part.ended_ms}
    return found


def _newest(generation: Generation, parts: list[Part]) -> dict[str, Any]:
    told = _attempt(generation)
    sentence = wording.ending(
        state=generation.state,
        reason=generation.reason,
        elapsed_ms=generation.elapsed_ms(),
        explanation=generation.explanation,
        last_kind=parts[-1].kind if parts else None,
        has_answer=any(part.kind == PartKind.TEXT for part in parts),
        limit=generation.parameters.get("max_tokens"),
        used_tokens=told["usage"] and told["usage"]["completion_tokens"],
    )
    failed = generation.state in {State.FAILED, State.FILTERED, State.INTERRUPTED}
    return told | {
        "sentence": sentence,
        "notice": generation.notice,
        "error": {"code": generation.reason, "message": sentence} if failed else None,
    }


def _attempt(generation: Generation) -> dict[str, Any]:
    calls = list(Call.objects.filter(generation=generation).order_by("id"))
    usage = Usage.of(calls)
    return {
        "generation": str(generation.public_id),
        "purpose": generation.purpose,
        "state": generation.state,
        "reason": generation.reason,
        "settled": generation.is_settled,
        "checksum": generation.checksum,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cost": str(usage.cost) if usage.cost is not None else None,
        }
        if any(call.usage for call in calls)
        else None,
        "times": {
            "sent_at": generation.sent_at.isoformat(),
            "claimed_ms": generation.claimed_ms,
            "first_thinking_ms": generation.first_thinking_ms,
            "first_answer_ms": generation.first_answer_ms,
            "ended_ms": generation.ended_ms,
        },
        "parameters": generation.parameters,
    }
