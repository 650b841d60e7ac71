"""What the database holds for the messages of a page, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from chatapp.models import Call, Generation, Message, Part
from chatapp.prepared import Prepared
from chatapp.presentation.values import Siblings
from chatapp.words import Purpose


@dataclass(frozen=True, slots=True)
class Usage:
    """What all calls of an attempt used together; None where upstream said nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: Decimal | None = None

    @property
    def answer_tokens(self) -> int | None:
        """Never negative: some providers count more thinking than completion."""
        if self.completion_tokens is None:
            return None
        return max(0, self.completion_tokens - (self.reasoning_tokens or 0))

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Usage":
        if len(calls) == 1:
            # As nearly always.
            [call] = calls
            return cls(call.prompt_tokens, call.completion_tokens, call.reasoning_tokens, call.cost)
        return cls(*(_sum(calls, name) for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cost")))


@dataclass(slots=True)
class Rows:
    """Everything the turns of a page need, by message."""

    parts: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))
    # All attempts at a message, the newest last.
    attempts: dict[int, list[Generation]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[int, list[Call]] = field(default_factory=lambda: defaultdict(list))
    siblings: dict[int, Siblings] = field(default_factory=dict)

    def newest(self, message: Message) -> Generation | None:
        """The newest attempt at the message; None for a question."""
        attempts = self.attempts.get(message.pk)
        return attempts[-1] if attempts else None

    def offers(self, message: Message) -> frozenset[Purpose]:
        """What further attempts make sense at this answer."""
        attempts = self.attempts[message.pk]
        return attempts[-1].offers(
            kinds={part.kind for part in self.parts[message.pk]},
            asked_now=sum(attempt.purpose == Purpose.ANSWER_NOW for attempt in attempts),
            is_last=message.chosen_id is None,
        )


_attempts: Prepared[Generation] = Prepared(lambda ids: Generation.objects.filter(message_id__in=ids).order_by("number"))
_parts: Prepared[Part] = Prepared(
    lambda ids: (
        Part.objects.filter(message_id__in=ids)
        .select_related("image")
        .defer("timeline", "data")
        .order_by("message_id", "position")
    )
)
_kinds: Prepared[Part] = Prepared(
    lambda ids: (
        Part.objects.filter(message_id__in=ids)
        .only("message_id", "generation_id", "position", "kind")
        .order_by("message_id", "position")
    )
)
_calls: Prepared[Call] = Prepared(lambda ids: Call.objects.filter(generation__message_id__in=ids).order_by("id"))
_children: Prepared[tuple[int, UUID, int]] = Prepared(
    lambda parents: (
        Message.objects.filter(parent_id__in=parents).order_by("id").values_list("id", "public_id", "parent_id")
    )
)
_roots: Prepared[tuple[int, UUID, int]] = Prepared(
    lambda conversations: (
        Message.objects.filter(conversation_id__in=conversations, parent__isnull=True)
        .order_by("id")
        .values_list("id", "public_id", "conversation_id")
    )
)


def read_rows(messages: Sequence[Message], *, with_content: bool = True) -> Rows:
    """Parts, attempts, their calls and the siblings of these messages. `with_content` False: of parts only what they
    are, for who does not show them.

    Attempts are read before parts: those of an attempt that was settled then are final.
    """
    rows = Rows()
    ids = [message.pk for message in messages]
    for generation in _attempts(ids=ids):
        rows.attempts[generation.message_id].append(generation)
    known = {attempt.pk for attempts in rows.attempts.values() for attempt in attempts}
    for part in (_parts if with_content else _kinds)(ids=ids):
        # What an attempt writes that began meanwhile is told by the socket.
        if part.generation_id is None or part.generation_id in known:
            rows.parts[part.message_id].append(part)
    for call in _calls(ids=ids):
        rows.calls[call.generation_id].append(call)
    rows.siblings = _siblings(messages)
    return rows


def _siblings(messages: Sequence[Message]) -> dict[int, Siblings]:
    """Siblings are the children of one parent, or the roots of one conversation."""
    parents = {message.parent_id for message in messages if message.parent_id}
    families: dict[tuple[str, int], list[tuple[int, UUID]]] = defaultdict(list)
    for pk, key, parent in _children(parents=sorted(parents)):
        families["child", parent].append((pk, key))
    roots = {message.conversation_id for message in messages if message.parent_id is None}
    if roots:
        for pk, key, conversation in _roots(conversations=sorted(roots)):
            families["root", conversation].append((pk, key))
    placed: dict[int, Siblings] = {}
    for family in families.values():
        for place, (pk, __) in enumerate(family):
            placed[pk] = Siblings(
                position=place + 1,
                count=len(family),
                previous=str(family[place - 1][1]) if place else None,
                next=str(family[place + 1][1]) if place + 1 < len(family) else None,
            )
    return placed


def _sum(calls: Sequence[Call], name: str) -> Any:
    known = [value for call in calls if (value := getattr(call, name)) is not None]
    return sum(known) if known else None
