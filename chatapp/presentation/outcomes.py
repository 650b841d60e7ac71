"""How an attempt ended: the sentence, the buttons, the figures and the details."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chatapp import wording
from chatapp.generation.history import PICTURE_TROUBLE
from chatapp.models import Call, Generation, Message
from chatapp.prepared import Prepared
from chatapp.presentation.rows import Rows, Usage, read_rows
from chatapp.presentation.values import Fact, Outcome, Siblings
from chatapp.words import RUNNING, PartKind, Purpose, Reason, Role, State

# Upstream knows what a broken answer cost within that time, or is not asked any more.
BOOKED_WITHIN = timedelta(minutes=2)


_answer: Prepared[Message] = Prepared(
    lambda key: Message.objects.filter(public_id=key, role=Role.ASSISTANT).select_related("parent")
)


def outcome_html(message: UUID) -> tuple[str, bool]:
    """(the ending, its buttons and the footer of an answer, as the page has them; whether that is final)

    Empty and final when the answer is gone, empty and not final while it runs. Not final either while the cost of a
    stopped or broken answer is still being asked for.
    """
    found = _answer.first(key=message)
    if found is None:
        return "", True
    rows = read_rows([found], with_content=False)
    generation = rows.newest(found)
    if generation is None or generation.state in RUNNING:
        return "", False
    outcome = outcome_of(found, generation, rows)
    # A plain string: frames are encoded by a library that knows no SafeString.
    return render_to_string("message/_outcome.html", {"outcome": outcome}) + "", not outcome.is_pending


def offer_html(message: UUID) -> str | None:
    """What is offered while the answer's model thinks for long. None when nothing can be."""
    found = _answer.first(key=message)
    url = answer_now_url(found, read_rows([found], with_content=False)) if found else ""
    return render_to_string("message/_offer.html", {"url": url, "message": str(message)}) + "" if url else None


def answer_now_url(message: Message, rows: Rows) -> str:
    """Where the model is asked to answer at once from what it thought; "" where that makes no sense."""
    generation = rows.newest(message)
    if generation is None or Purpose.ANSWER_NOW not in rows.offers(message):
        return ""
    return reverse("generation-answer-now", args=[generation.public_id])


_TONES = {
    State.DONE: "good",
    State.STOPPED: "note",
    State.INTERRUPTED: "caution",
    State.LENGTH: "caution",
    State.FILTERED: "caution",
    State.FAILED: "bad",
}


def tone_of(state: State, *, has_answer: bool) -> str:
    """The tone in which an ending is told: that nothing was answered is never good news."""
    return "caution" if state == State.DONE and not has_answer else _TONES[state]


def outcome_of(message: Message, generation: Generation, rows: Rows) -> Outcome:
    """How the attempt at this message ended."""
    parts = rows.parts[message.pk]
    has_answer = any(part.kind == PartKind.TEXT for part in parts)
    attempts = rows.attempts[message.pk]
    usage = Usage.of([call for attempt in attempts for call in rows.calls[attempt.pk]])
    offered = rows.offers(message)
    limit, used = generation.parameters.get("max_tokens"), Usage.of(rows.calls[generation.pk]).completion_tokens
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
            limit=limit,
            used_tokens=used,
        ),
        tone=tone_of(state, has_answer=has_answer),
        can_regenerate=not (state == State.FILTERED and generation.reason == Reason.QUESTION),
        regenerate_label="Try again" if retries else "Regenerate",
        figures=wording.figures(
            total_ms=sum(attempt.ended_ms or 0 for attempt in attempts),
            thinking_tokens=usage.reasoning_tokens,
            answer_tokens=usage.answer_tokens,
            cost=usage.cost,
        ),
        url=f"/messages/{message.public_id}/",
        siblings=rows.siblings.get(message.pk, Siblings()),
        continue_url=reverse("generation-continue", args=[generation.public_id]) if Purpose.CONTINUE in offered else "",
        answer_now_url=answer_now_url(message, rows),
        can_raise_limit=Purpose.CONTINUE in offered
        and generation.reason == Reason.TOKENS
        and not wording.is_providers_limit(limit or 0, used or 0),
        can_leave_pictures=generation.reason in PICTURE_TROUBLE and generation.parameters.get("pictures") is not False,
        edit_url=reverse("message-edit", args=[message.parent.public_id])
        if state == State.FILTERED and message.parent
        else "",
        facts=(*_facts(generation, rows), *_earlier_facts(attempts[:-1], rows)),
        is_pending=_is_pending(generation, rows.calls[generation.pk]),
    )


def _is_pending(generation: Generation, calls: Sequence[Call]) -> bool:
    if all(call.usage or not call.upstream_id for call in calls):
        return False
    return timezone.now() - generation.sent_at <= timedelta(milliseconds=generation.elapsed_ms()) + BOOKED_WITHIN


def _earlier_facts(attempts: Sequence[Generation], rows: Rows) -> list[Fact]:
    """A line for each attempt before the newest: how it ended and what it cost."""
    facts = []
    for attempt in attempts:
        usage = Usage.of(rows.calls[attempt.pk])
        figures = wording.figures(
            total_ms=attempt.ended_ms,
            thinking_tokens=usage.reasoning_tokens,
            answer_tokens=usage.answer_tokens,
            cost=usage.cost,
        )
        name = _("Attempt %(number)d") % {"number": attempt.number}
        facts.append(Fact(name, f"{wording.state_word(attempt.state)} · {figures}"))
    return facts


def _facts(generation: Generation, rows: Rows) -> list[Fact]:
    """The details of the newest attempt: what was used, how fast, by whom, with which parameters."""
    calls = rows.calls[generation.pk]
    usage = Usage.of(calls)
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
