"""Made-up turns as plain values, without a database: for the page that shows every partial, and for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chatapp import wording
from chatapp.presentation.outcomes import tone_of
from chatapp.presentation.values import Fact, ImageView, Outcome, PartView, Siblings, Turn
from chatapp.words import PartKind, Reason, Role, State

FIGURES = "12.4 s · 2,314 tokens · $0.0032"


@cache
def block(text: str) -> str:
    """A paragraph as rendering makes it."""
    return f'<div class="block"><p dir="auto">{text}</p></div>'


def part(position: int | None, kind: str = "text", html: str = "", **more: Any) -> PartView:
    """A piece of an answer; `html` is taken as it is."""
    label = "Thinking" if kind == "thinking" else ""
    return PartView(position=position, kind=kind, html=SafeString(html), text="", **{"label": label} | more)


def question(text: str = "Why?", message: str | None = None, **more: Any) -> Turn:
    """A question."""
    parts = [PartView(position=0, kind="text", html=SafeString(""), text=text)]
    return _turn(Role.USER, message, parts, **more)


def answer(message: str | None = None, parts: list[PartView] | None = None, **more: Any) -> Turn:
    """An answer that runs, unless `more` says otherwise."""
    running = {"state": "answering", "word": "Answering", "running": True, "settled": False, "revision": "1.0.1"}
    return _turn(Role.ASSISTANT, message, parts or [], **{"attempt": str(uuid4())} | running | more)


def done(message: str | None = None, parts: list[PartView] | None = None, **more: Any) -> Turn:
    """An answer that ended, well unless `more` says otherwise."""
    key = message or str(uuid4())
    ended: dict[str, Any] = {"state": "done", "word": "Done", "running": False, "settled": True, "revision": ""}
    ended["outcome"] = outcome(key)
    return answer(key, parts or [part(0, html=block("So."))], **ended | more)


def outcome(message: str, **more: Any) -> Outcome:
    """How an answer ended; well, unless `more` says otherwise."""
    usual: dict[str, Any] = {
        "state": "done",
        "reason": "",
        "sentence": "",
        "tone": "good",
        "can_regenerate": True,
        "regenerate_label": "Regenerate",
        "figures": FIGURES,
        "url": f"/messages/{message}/",
        "siblings": Siblings(),
    }
    return Outcome(message=message, **usual | more)


def _turn(role: str, message: str | None, parts: list[PartView], **more: Any) -> Turn:
    key = message or str(uuid4())
    usual = {"siblings": Siblings()}
    return Turn(
        id=key, role=role, url=f"/messages/{key}/", created_at=datetime.now(UTC), parts=tuple(parts), **usual | more
    )


@dataclass(frozen=True, slots=True)
class Specimen:
    """A turn, and what is to be seen in it."""

    name: str
    turn: Turn


def questions() -> list[Specimen]:
    """A question in each of its forms."""
    pictures = [_picture("a plate.jpg", 160, 120), _picture("a receipt.jpg", 60, 120)]
    return [
        Specimen(_("short"), question("What is on the plate?")),
        Specimen(_("long"), question("What is on the plate, and where exactly? Mark each fruit.\n" * 4)),
        Specimen(_("with tools"), question("Could one be a plum?", edit_url="#", siblings=_second_of_three())),
        Specimen(_("with pictures"), question("Which is riper?", pictures=tuple(pictures), edit_url="#")),
        Specimen(_("from right to left"), question("لماذا السماء زرقاء؟", edit_url="#")),
    ]


def running() -> list[Specimen]:
    """An answer in each state before its end."""
    thought = part(0, "thinking", block("The plate is blue.") + block("So the second one must be a fig as well."))
    is_running: dict[str, Any] = {"running": True, "elapsed_ms": 12_400}
    open_thought = part(0, "thinking", thought.html, open=True, running=True)
    folded = part(0, "thinking", thought.html, running=True)
    over = part(0, "thinking", thought.html, label=_thought_for(12_400, 2_314))
    text = part(1, html=f'<div class="tail">{block("No. Both show the drawn-out neck and the")}</div>')
    waits: dict[str, Any] = {"state": State.WAITING, "word": wording.state_word(State.WAITING)}
    thinks: dict[str, Any] = {"state": State.THINKING, "word": wording.state_word(State.THINKING)}
    return [
        Specimen(_("queued"), answer(state=State.QUEUED, word=wording.state_word(State.QUEUED))),
        Specimen(_("waiting"), answer(elapsed_ms=3_000, **waits)),
        Specimen(_("thinking, open"), answer(parts=[open_thought], **thinks | is_running)),
        Specimen(_("thinking, folded"), answer(parts=[folded], **thinks | is_running)),
        Specimen(_("thinking for long"), answer(parts=[folded], answer_now_url="#", **thinks | is_running)),
        Specimen(_("answering"), answer(parts=[over, text], **is_running)),
        Specimen(_("with a notice"), answer(parts=[over, text], notice=wording.left_out(3, 1), **is_running)),
    ]


def endings() -> list[Specimen]:
    """An answer with each ending and its buttons."""
    further: dict[str, Any] = {"continue_url": "#"}
    in_thought: dict[str, Any] = {"continue_url": "#", "answer_now_url": "#", "has_answer": False}
    again: dict[str, Any] = {"regenerate_label": _("Try again")}
    busy = _("The model is busy. Try again in a moment.")
    unseen = _("The model's provider could not read the picture. Ask again without it, or with another.")
    return [
        _ended(_("done"), State.DONE),
        _ended(_("done, without an answer"), State.DONE, has_answer=False, answer_now_url="#"),
        _ended(_("done, in versions"), State.DONE, siblings=_second_of_three()),
        _ended(_("done, with details"), State.DONE, facts=(Fact("Question", "19 tokens"), Fact("Cost", "$0.0032"))),
        _ended(_("stopped"), State.STOPPED, Reason.PERSON, **further),
        _ended(_("stopped while thinking"), State.STOPPED, Reason.PERSON, **in_thought),
        _ended(_("cut"), State.INTERRUPTED, Reason.CUT, **further | again),
        _ended(_("the process ended"), State.INTERRUPTED, Reason.SERVER, **further | again),
        _ended(_("restarted"), State.INTERRUPTED, Reason.RESTART, **further | again),
        _ended(_("limit"), State.LENGTH, Reason.TOKENS, can_raise_limit=True, **further),
        _ended(_("limit while thinking"), State.LENGTH, Reason.TOKENS, can_raise_limit=True, **in_thought),
        _ended(_("limit of size"), State.LENGTH, Reason.SIZE, **further),
        _ended(_("question filtered"), State.FILTERED, Reason.QUESTION, can_regenerate=False, edit_url="#"),
        _ended(_("answer filtered"), State.FILTERED, Reason.ANSWER, edit_url="#"),
        _ended(_("failed"), State.FAILED, Reason.BUSY, busy, has_answer=False, **again),
        _ended(_("failed midway"), State.FAILED, Reason.UPSTREAM, **again),
        _ended(_("failed by a picture"), State.FAILED, Reason.PICTURE, unseen, can_leave_pictures=True, **again),
    ]


def _ended(
    name: str, state: State, reason: str = "", explanation: str = "", *, has_answer: bool = True, **more: Any
) -> Specimen:
    parts = [part(0, "thinking", block("The plate is blue."), label=_thought_for(8_000, 512))]
    if has_answer:
        parts.append(part(1, html=block("Two ripe figs lie on a blue plate, close to its middle.")))
    key = str(uuid4())
    sentence = wording.ending(
        state=state,
        reason=reason,
        elapsed_ms=8_000,
        explanation=explanation,
        last_kind=PartKind.TEXT if has_answer else PartKind.THINKING,
        has_answer=has_answer,
        limit=512,
        used_tokens=512,
    )
    ending = outcome(
        key, state=state, reason=reason, sentence=sentence, tone=tone_of(state, has_answer=has_answer), **more
    )
    return Specimen(name, done(key, parts, state=state, word=wording.state_word(state), outcome=ending))


def pictures_kept() -> Sequence[ImageView]:
    """Pictures of a question that is edited."""
    return [_picture("a plate.jpg", 160, 120), _picture("a receipt.jpg", 60, 120)]


def _picture(name: str, width: int, height: int) -> ImageView:
    """One that is nowhere: a page shows its name, in its place."""
    nowhere = f"/images/{uuid4()}/"
    return ImageView(
        id=str(uuid4()),
        name=name,
        width=width * 8,
        height=height * 8,
        tokens=1_200,
        thumbnail_width=width,
        thumbnail_height=height,
        url=nowhere,
        thumbnail=f"{nowhere}thumbnail/",
        seen=f"{nowhere}seen/",
    )


def _second_of_three() -> Siblings:
    return Siblings(position=2, count=3, previous=str(uuid4()), next=str(uuid4()))


def _thought_for(ms: int, tokens: int) -> str:
    return wording.thinking_label(started_ms=0, ended_ms=ms, thinking_tokens=tokens)
