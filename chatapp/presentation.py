"""What templates show: turns, parts and endings as plain values, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chatapp import rendering, wiring, wording
from chatapp.models import Call, Conversation, Generation, Message, Part, User
from chatapp.words import ENDINGS, RUNNING, PartKind, Reason, Role, State, ThinkingPane

PAGE_TURNS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """Where a message stands among its siblings; previous and next are message ids."""

    position: int = 1
    count: int = 1
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One piece of a turn; `html` is safe to insert."""

    position: int | None
    kind: str
    html: SafeString
    text: str
    label: str = ""
    open: bool = False
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended, in words, and what can be done."""

    message: str
    state: str
    reason: str
    sentence: str
    tone: str
    can_regenerate: bool
    regenerate_label: str
    figures: str
    url: str
    siblings: Siblings


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message as a page shows it."""

    id: str
    role: str
    url: str
    created_at: datetime
    siblings: Siblings
    parts: Sequence[PartView]
    attempt: str = ""
    revision: str = ""
    state: str = ""
    word: str = ""
    running: bool = False
    settled: bool = True
    elapsed_ms: int = 0
    notice: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What all calls of an attempt used together; None where upstream said nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: Decimal | None = None

    @property
    def total_tokens(self) -> int | None:
        return self.completion_tokens

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Usage":
        return cls(*(_sum(calls, name) for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cost")))


@dataclass(slots=True)
class _Rows:
    """Everything the turns of a page need, by message."""

    parts: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[int, Generation] = field(default_factory=dict)
    calls: dict[int, list[Call]] = field(default_factory=lambda: defaultdict(list))
    siblings: dict[int, Siblings] = field(default_factory=dict)


def turns_of(messages: Sequence[Message], viewer: User) -> list[Turn]:
    """The messages as turns, in the order given."""
    rows = _rows(messages)
    return [_turn(message, rows, viewer) for message in messages]


def turn_of(message: Message, viewer: User) -> Turn:
    """One message as a turn."""
    return turns_of([message], viewer)[0]


def page_of(conversation: Conversation, *, end: Message | None) -> list[Message]:
    """The last messages of the branch that ends at `end`, oldest first; PAGE_TURNS + 1 if there are more."""
    if end is None:
        return []
    ids = end.path_up(PAGE_TURNS + 1)
    found = Message.objects.filter(pk__in=ids, conversation=conversation).in_bulk()
    return [found[pk] for pk in ids if pk in found]


def outcome_html(message: UUID) -> str:
    """The ending, its buttons and the footer of an answer, as the page has them; "" while it runs or is gone."""
    found = Message.objects.filter(public_id=message, role=Role.ASSISTANT).first()
    if found is None:
        return ""
    rows = _rows([found])
    generation = rows.attempts.get(found.pk)
    if generation is None or generation.state in RUNNING:
        return ""
    context = {"outcome": _outcome(found, generation, rows)}
    # A plain string: frames are encoded by a library that knows no SafeString.
    return render_to_string("message/_outcome.html", context) + ""


def blank(kind: PartKind, viewer: User) -> PartView:
    """An empty part, for the page's template from which live parts are made."""
    is_open = kind == PartKind.THINKING and viewer.thinking_pane != ThinkingPane.FOLDED
    label = wording.thinking_label(started_ms=None, ended_ms=None) if kind == PartKind.THINKING else ""
    return PartView(position=None, kind=kind, html=SafeString(""), text="", label=label, open=is_open, running=True)


def _rows(messages: Sequence[Message]) -> _Rows:
    rows = _Rows()
    ids = [message.pk for message in messages]
    for part in Part.objects.filter(message_id__in=ids).order_by("message_id", "position"):
        rows.parts[part.message_id].append(part)
    for generation in Generation.objects.filter(message_id__in=ids).order_by("number"):
        rows.attempts[generation.message_id] = generation
    for call in Call.objects.filter(generation__message_id__in=ids).order_by("id"):
        rows.calls[call.generation_id].append(call)
    rows.siblings = _siblings(messages)
    return rows


def _siblings(messages: Sequence[Message]) -> dict[int, Siblings]:
    """Siblings are the children of one parent, or the roots of one conversation."""
    parents = {message.parent_id for message in messages if message.parent_id}
    families: dict[tuple[str, int], list[tuple[int, UUID]]] = defaultdict(list)
    for pk, key, parent in (
        Message.objects.filter(parent_id__in=parents).order_by("id").values_list("id", "public_id", "parent_id")
    ):
        families["child", parent].append((pk, key))
    roots = {message.conversation_id for message in messages if message.parent_id is None}
    if roots:
        for pk, key, conversation in (
            Message.objects.filter(conversation_id__in=roots, parent__isnull=True)
            .order_by("id")
            .values_list("id", "public_id", "conversation_id")
        ):
            families["root", conversation].append((pk, key))
    placed: dict[int, Siblings] = {}
    for family in families.values():
        for place, (pk, _) in enumerate(family):
            placed[pk] = Siblings(
                position=place + 1,
                count=len(family),
                previous=str(family[place - 1][1]) if place else None,
                next=str(family[place + 1][1]) if place + 1 < len(family) else None,
            )
    return placed


def _turn(message: Message, rows: _Rows, viewer: User) -> Turn:
    common: dict[str, Any] = {
        "id": str(message.public_id),
        "role": message.role,
        "url": f"/messages/{message.public_id}/",
        "created_at": message.created_at,
        "siblings": rows.siblings.get(message.pk, Siblings()),
    }
    generation = rows.attempts.get(message.pk)
    if generation is None:
        parts = [_settled_part(part, viewer, None) for part in rows.parts[message.pk]]
        return Turn(parts=parts, **common)
    if generation.is_settled:
        tokens = Usage.of(rows.calls[generation.pk]).reasoning_tokens
        thinking = sum(part.kind == PartKind.THINKING for part in rows.parts[message.pk])
        parts = [_settled_part(part, viewer, tokens if thinking == 1 else None) for part in rows.parts[message.pk]]
        revision = ""
    else:
        parts, revision = _growing_parts(message, generation, viewer)
    return Turn(
        parts=parts,
        attempt=str(generation.public_id),
        revision=revision,
        state=generation.state,
        word=wording.state_word(generation.state),
        running=generation.is_running,
        settled=generation.is_settled,
        elapsed_ms=generation.elapsed_ms(),
        notice=generation.notice,
        outcome=_outcome(message, generation, rows) if generation.state in ENDINGS else None,
        **common,
    )


def _settled_part(part: Part, viewer: User, thinking_tokens: int | None) -> PartView:
    label = ""
    if part.kind == PartKind.THINKING:
        label = wording.thinking_label(
            started_ms=part.started_ms or 0, ended_ms=part.ended_ms or 0, thinking_tokens=thinking_tokens
        )
    return PartView(
        position=part.position,
        kind=part.kind,
        # Rendered and sanitised by rendering/ when it was settled.
        html=rendering.trusted(part.html),
        text=part.text,
        label=label,
        open=part.kind == PartKind.THINKING and viewer.thinking_pane == ThinkingPane.OPEN,
    )


def _growing_parts(message: Message, generation: Generation, viewer: User) -> tuple[list[PartView], str]:
    """The parts of an attempt that runs or is not settled yet, cut into blocks as its sockets cut them."""
    follower = wiring.follower(generation.pk, str(message.public_id), str(generation.public_id))
    follower.update()
    views = []
    for position, followed in sorted(follower.parts.items()):
        label, folded = wiring.headline(followed.state, follower)
        settled = followed.settled_html
        views.append(
            PartView(
                position=position,
                kind=followed.state.kind,
                html=rendering.trusted(settled)
                if settled is not None
                else rendering.join(followed.blocks, followed.tail),
                text="",
                label=label,
                open=followed.state.kind == PartKind.THINKING and _is_open(viewer, folded),
                running=followed.state.ended_ms is None,
            )
        )
    return views, follower.revision


def _is_open(viewer: User, folded: bool) -> bool:
    if viewer.thinking_pane == ThinkingPane.AUTO:
        return not folded
    return viewer.thinking_pane == ThinkingPane.OPEN


_TONES = {
    State.DONE: "good",
    State.STOPPED: "note",
    State.INTERRUPTED: "caution",
    State.LENGTH: "caution",
    State.FILTERED: "caution",
    State.FAILED: "bad",
}


def _outcome(message: Message, generation: Generation, rows: _Rows) -> Outcome:
    parts = rows.parts[message.pk]
    has_answer = any(part.kind == PartKind.TEXT for part in parts)
    usage = Usage.of(rows.calls[generation.pk])
    state = State(generation.state)
    retries = state in {State.FAILED, State.INTERRUPTED}
    return Outcome(
        message=str(message.public_id),
        state=state,
        reason=generation.reason,
        sentence=wording.ending(
            state=state,
            reason=generation.reason,
            elapsed_ms=generation.elapsed_ms(),
            explanation=generation.explanation,
            last_kind=parts[-1].kind if parts else None,
            has_answer=has_answer,
            limit=generation.parameters.get("max_tokens"),
            used_tokens=usage.completion_tokens,
        ),
        tone=_TONES[state],
        can_regenerate=not (state == State.FILTERED and generation.reason == Reason.QUESTION),
        regenerate_label="Try again" if retries else "Regenerate",
        figures=wording.figures(total_ms=generation.ended_ms, total_tokens=usage.total_tokens, cost=usage.cost),
        url=f"/messages/{message.public_id}/",
        siblings=rows.siblings.get(message.pk, Siblings()),
    )


def _sum(calls: Sequence[Call], name: str) -> Any:
    known = [value for call in calls if (value := getattr(call, name)) is not None]
    return sum(known) if known else None
