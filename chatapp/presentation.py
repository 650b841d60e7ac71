"""What templates show: turns, parts and endings as plain values, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chatapp import knobs, rendering, wiring, wording
from chatapp.generation.history import PICTURE_TROUBLE
from chatapp.models import Call, Conversation, Generation, Image, Message, Part, User
from chatapp.words import ENDINGS, RUNNING, PartKind, Reason, Role, State, ThinkingPane

PAGE_TURNS = 50
# Upstream knows what a broken answer cost within that time, or is not asked any more.
BOOKED_WITHIN = timedelta(minutes=2)


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
class ImageView:
    """A picture of a question. Sizes in px: the copy that the model gets, and the thumbnail."""

    id: str
    name: str
    width: int
    height: int
    tokens: int
    thumbnail_width: int
    thumbnail_height: int
    url: str
    thumbnail: str
    seen: str

    @classmethod
    def of(cls, image: Image) -> "ImageView":
        key = image.public_id
        return cls(
            id=str(key),
            name=image.name,
            width=image.model_width,
            height=image.model_height,
            tokens=image.tokens,
            thumbnail_width=image.thumbnail_width,
            thumbnail_height=image.thumbnail_height,
            url=reverse("image", args=[key]),
            thumbnail=reverse("image-thumbnail", args=[key]),
            seen=reverse("image-seen", args=[key]),
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the details of an answer."""

    name: str
    value: str


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
    # Asking again without the question's pictures can help.
    can_leave_pictures: bool = False
    # A question that was refused can be put in other words.
    edit_url: str = ""
    facts: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message as a page shows it."""

    id: str
    role: str
    url: str
    created_at: datetime
    siblings: Siblings
    parts: Sequence[PartView]
    pictures: Sequence[ImageView] = ()
    text: str = ""
    edit_url: str = ""
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
    def answer_tokens(self) -> int | None:
        """Never negative: some providers count more thinking than completion."""
        if self.completion_tokens is None:
            return None
        return max(0, self.completion_tokens - (self.reasoning_tokens or 0))

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
    found = Message.objects.filter(pk__in=ids, conversation=conversation).select_related("parent").in_bulk()
    return [found[pk] for pk in ids if pk in found]


def outcome_html(message: UUID) -> tuple[str, bool]:
    """(the ending, its buttons and the footer of an answer, as the page has them; whether that is final)

    Empty and final when the answer is gone, empty and not final while it runs. Not final either while the cost of a
    stopped or broken answer is still being asked for.
    """
    found = Message.objects.filter(public_id=message, role=Role.ASSISTANT).select_related("parent").first()
    if found is None:
        return "", True
    rows = _rows([found])
    generation = rows.attempts.get(found.pk)
    if generation is None or generation.state in RUNNING:
        return "", False
    context = {"outcome": _outcome(found, generation, rows)}
    is_booked = all(call.usage or not call.upstream_id for call in rows.calls[generation.pk])
    is_old = timezone.now() - generation.sent_at > timedelta(milliseconds=generation.elapsed_ms()) + BOOKED_WITHIN
    # A plain string: frames are encoded by a library that knows no SafeString.
    return render_to_string("message/_outcome.html", context) + "", is_booked or is_old


def blank(kind: PartKind, viewer: User) -> PartView:
    """An empty part, for the page's template from which live parts are made."""
    is_open = kind == PartKind.THINKING and viewer.thinking_pane != ThinkingPane.FOLDED
    label = wording.thinking_label(started_ms=None, ended_ms=None) if kind == PartKind.THINKING else ""
    return PartView(position=None, kind=kind, html=SafeString(""), text="", label=label, open=is_open, running=True)


def _rows(messages: Sequence[Message]) -> _Rows:
    rows = _Rows()
    ids = [message.pk for message in messages]
    for part in Part.objects.filter(message_id__in=ids).select_related("image").order_by("message_id", "position"):
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
        for place, (pk, __) in enumerate(family):
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
        stored = rows.parts[message.pk]
        return Turn(
            parts=[_settled_part(part, viewer, None) for part in stored if part.kind != PartKind.IMAGE],
            pictures=[ImageView.of(part.image) for part in stored if part.image],
            text="".join(part.text for part in stored),
            edit_url=reverse("message-edit", args=[message.public_id]),
            **common,
        )
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
        figures=wording.figures(
            total_ms=generation.ended_ms,
            thinking_tokens=usage.reasoning_tokens,
            answer_tokens=usage.answer_tokens,
            cost=usage.cost,
        ),
        url=f"/messages/{message.public_id}/",
        siblings=rows.siblings.get(message.pk, Siblings()),
        can_leave_pictures=generation.reason in PICTURE_TROUBLE and generation.parameters.get("pictures") is not False,
        edit_url=reverse("message-edit", args=[message.parent.public_id])
        if state == State.FILTERED and message.parent
        else "",
        facts=_facts(generation, rows.calls[generation.pk], usage),
    )


def _facts(generation: Generation, calls: Sequence[Call], usage: Usage) -> list[Fact]:
    """The details of an answer: what was used, how fast, by whom, with which parameters."""
    first = min(
        (ms for ms in (generation.first_thinking_ms, generation.first_answer_ms) if ms is not None), default=None
    )
    writing_ms = (generation.ended_ms or 0) - (first or 0)
    known: list[tuple[str, str | None]] = [
        (_("Question"), _count(usage.prompt_tokens)),
        (_("Thinking"), _count(usage.reasoning_tokens)),
        (_("Answer"), _count(usage.answer_tokens)),
        (_cost_name(calls), wording.money(usage.cost) if usage.cost is not None else None),
        (_("First token after"), wording.duration(first) if first is not None else None),
        (_("Total time"), wording.duration(generation.ended_ms) if generation.ended_ms is not None else None),
        (_("Speed"), wording.speed(usage.completion_tokens, writing_ms)),
        (_("Model"), calls[-1].model if calls else None),
        (_("Provider"), calls[-1].provider if calls else None),
        (_("Upstream's id"), calls[-1].upstream_id if calls else None),
        (_("Attempt"), str(generation.public_id)),
        (_("Parameters"), wording.parameters(generation.parameters)),
    ]
    return [Fact(name, value) for name, value in known if value]


def _cost_name(calls: Sequence[Call]) -> str:
    is_reckoned = any(call.usage.get("source") == "list price" for call in calls)
    return _("Cost, by the list price") if is_reckoned else _("Cost")


def _count(tokens: int | None) -> str | None:
    return wording.tokens(tokens) if tokens is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobView:
    """One number of the drawer: `value` is what is chosen here ("" for none), `usual` what is used otherwise."""

    name: str
    sentence: str
    advice: str
    value: str
    usual: str
    low: str
    high: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """The parameters as the drawer shows them."""

    knobs: Sequence[KnobView]
    system: str
    system_usual: str
    effort: str
    efforts: Sequence[str]
    budget: str
    budget_usual: str
    budget_most: int
    exclude: bool
    enabled: bool
    can_skip_thinking: bool
    changed: int


def drawer(user: User | None, chosen: Mapping[str, Any]) -> Drawer:
    """What is chosen in a conversation (or by a person, with user None), beside what holds where nothing is chosen."""
    ceilings = wiring.ceilings()
    usual = knobs.effective(wiring.site_parameters(), user.parameters if user else {})
    reasoning, usual_reasoning = chosen.get("reasoning") or {}, usual.get("reasoning") or {}
    views = [
        KnobView(
            name=knob.name,
            sentence=knob.sentence,
            advice=knob.advice,
            value=_shown(chosen.get(knob.name)),
            usual=_shown(usual.get(knob.name)) or knob.usual,
            low=f"{knob.low:.10g}",
            high=f"{knob.high:.10g}",
            step=knob.step,
        )
        for knob in knobs.knobs(ceilings)
    ]
    return Drawer(
        knobs=views,
        system=chosen.get("system") or "",
        system_usual=usual.get("system") or "",
        effort=reasoning.get("effort", ""),
        efforts=knobs.EFFORTS,
        budget=_shown(reasoning.get("max_tokens")),
        budget_usual=_shown(usual_reasoning.get("max_tokens")),
        budget_most=ceilings.thinking_tokens,
        exclude=bool(reasoning.get("exclude")),
        enabled=reasoning.get("enabled") is not False,
        can_skip_thinking=ceilings.can_skip_thinking,
        changed=len(chosen),
    )


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.10g}"


def _sum(calls: Sequence[Call], name: str) -> Any:
    known = [value for call in calls if (value := getattr(call, name)) is not None]
    return sum(known) if known else None
