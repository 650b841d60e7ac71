"""What an attempt needs to begin: the row claimed and the conversation so far read, in one verb; and the trimming."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from chatapp.models import Generation, Message, Part
from chatapp.words import PartKind, Reason, Role, State

# A turn costs a few tokens for its frame (role and separators in the model's chat template).
TURN_OVERHEAD_TOKENS = 8
# Estimates err; what is left free below the context covers them.
SAFETY_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier or present turn, as text."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed attempt with the turns up to and including its question, oldest first."""

    generation_id: int
    generation_key: str
    message_id: int
    conversation_id: int
    conversation_key: str
    person_key: str
    number: int
    first_position: int
    sent_at: datetime
    since_sent_ms: int
    parameters: dict[str, Any]
    turns: tuple[Said, ...]


def take_up(generation_id: int, owner: str) -> Job | None:
    """Claim a queued attempt for this process and read its history. None when there is nothing to claim."""
    with transaction.atomic():
        generation = (
            Generation.objects.select_related("message__parent", "conversation__owner").filter(pk=generation_id).first()
        )
        if generation is None or not generation.claim(owner):
            return None
    message = generation.message
    last = Part.objects.filter(message=message).aggregate(last=Max("position"))["last"]
    return Job(
        generation_id=generation.pk,
        generation_key=str(generation.public_id),
        message_id=message.pk,
        conversation_id=generation.conversation_id,
        conversation_key=str(generation.conversation.public_id),
        person_key=str(generation.conversation.owner.public_id),
        number=generation.number,
        first_position=0 if last is None else last + 1,
        sent_at=generation.sent_at,
        since_sent_ms=generation.elapsed_ms(),
        parameters=generation.parameters,
        turns=tuple(said_before(message)),
    )


def said_before(answer: Message) -> list[Said]:
    """The turns of the branch above `answer`, without thinking, alternating between person and model.

    An answer without text is dropped, and the questions around it become one turn; a question that a filter refused is
    dropped with its answer, or every later turn would be refused for it too.
    """
    ids = answer.path_up(steps=1_000_000)[:-1]
    roles = dict(Message.objects.filter(pk__in=ids).values_list("pk", "role"))
    texts: dict[int, str] = {}
    parts = Part.objects.filter(message_id__in=ids, kind=PartKind.TEXT).order_by("message_id", "position")
    for pk, text in parts.values_list("message_id", "text"):
        texts[pk] = f"{texts[pk]}\n\n{text}" if pk in texts else text
    refused = set(
        Generation.objects.filter(message_id__in=ids, state=State.FILTERED, reason=Reason.QUESTION).values_list(
            "message_id", flat=True
        )
    )
    turns: list[Said] = []
    for place, pk in enumerate(ids):
        answered = ids[place + 1] if place + 1 < len(ids) else None
        if pk in refused or answered in refused or not texts.get(pk, "").strip():
            continue
        role = Role(roles[pk])
        if turns and turns[-1].role == role:
            turns[-1] = Said(role, f"{turns[-1].text}\n\n{texts[pk]}")
        else:
            turns.append(Said(role, texts[pk]))
    return turns


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is; rather too many than too few (3 characters a token, 1 beyond ASCII)."""
    beyond = sum(not ch.isascii() for ch in text)
    return beyond + -(-(len(text) - beyond) // 3)


def fit(turns: Sequence[Said], *, system: str, room_tokens: int) -> tuple[list[Said], int]:
    """The newest turns that fit, and how many older ones were left out.

    Whole turns go, oldest first; the newest question always stays, and what stays begins with a question.
    """
    room = room_tokens - SAFETY_TOKENS - estimate_tokens(system)
    kept = 0
    for turn in reversed(turns):
        room -= estimate_tokens(turn.text) + TURN_OVERHEAD_TOKENS
        if room < 0 and kept:
            break
        kept += 1
    start = len(turns) - kept
    while start < len(turns) - 1 and turns[start].role != Role.USER:
        start += 1
    return list(turns[start:]), start
