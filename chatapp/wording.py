"""States, endings and figures in a reader's words. One place, so that page, socket and script say the same."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chatapp.words import RUNNING, PartKind, Reason, State


@lru_cache(maxsize=4096)
def _number(value: float, digits: int | None = None) -> str:
    """Grouped when it is whole. The site speaks one language, so it is always said the same way, and a page of fifty
    turns says three hundred."""
    return number_format(value, digits, force_grouping=digits is None)


def duration(ms: int) -> str:
    """Milliseconds as a reader says them: "0.8 s", "12.4 s", "1 min 12 s", "1 h 2 min"."""
    seconds = max(0, ms) / 1000
    if seconds < 59.95:
        return _("%(seconds)s s") % {"seconds": _number(round(seconds, 1), 1)}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def tokens(count: int) -> str:
    """A token count, grouped: "2,314 tokens"."""
    if count == 1:
        return _("1 token")
    return _("%(count)s tokens") % {"count": _number(count)}


def state_word(state: str) -> str:
    """The state in one or two words."""
    return {
        State.QUEUED: _("Waiting"),
        State.WAITING: _("Waiting for the model"),
        State.THINKING: _("Thinking"),
        State.ANSWERING: _("Answering"),
        State.DONE: _("Done"),
        State.STOPPED: _("Stopped"),
        State.INTERRUPTED: _("Interrupted"),
        State.LENGTH: _("Reached the limit"),
        State.FILTERED: _("Filtered"),
        State.FAILED: _("Failed"),
    }[State(state)]


def thinking_label(*, started_ms: int | None, ended_ms: int | None, thinking_tokens: int | None = None) -> str:
    """The headline of a thinking pane: "Thinking" while it runs, then how long it took and how much it was."""
    if ended_ms is None or started_ms is None:
        return _("Thinking")
    label = _("Thought for %(duration)s") % {"duration": duration(ended_ms - started_ms)}
    return f"{label} · {tokens(thinking_tokens)}" if thinking_tokens else label


def figures(
    *, total_ms: int | None, thinking_tokens: int | None, answer_tokens: int | None, cost: Decimal | None
) -> str:
    """The footer's figures: "12.4 s · 2,314 + 512 tokens · $0.0032" (thinking + answer), as far as they are known."""
    known = []
    if total_ms is not None:
        known.append(duration(total_ms))
    if answer_tokens is not None and thinking_tokens:
        thought = _number(thinking_tokens)
        known.append(f"{thought} + {tokens(answer_tokens)}")
    elif answer_tokens is not None:
        known.append(tokens(answer_tokens))
    if cost is not None:
        known.append(money(cost))
    return " · ".join(known)


def money(cost: Decimal) -> str:
    """US dollars with the digits that matter: "$0.0032", "$1.25"."""
    if cost == 0:
        return "$0"
    digits = 2 if cost >= 1 else max(2, 1 - cost.adjusted())
    return f"${cost:.{digits}f}"


def speed(tokens_written: int | None, ms: int) -> str | None:
    """Tokens a second, or None when too little is known to say."""
    if not tokens_written or ms < 100:
        return None
    return _("%(rate)s tokens a second") % {"rate": _number(round(tokens_written / ms * 1000, 1), 1)}


def parameters(used: Mapping[str, Any]) -> str:
    """The parameters of an attempt by upstream's names, on one line."""
    return ", ".join(f"{name} {_value(value)}" for name, value in used.items() if name not in {"system", "pictures"})


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {_value(inner)}" for name, inner in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def left_out(turns: int, pictures: int = 0, *, of_answer: bool = False) -> str:
    """The line that says how much of the history no longer fits; `of_answer`: of what the answer has so far."""
    answer = _("Only the end of the answer so far was sent: it is longer than the model can read.") if of_answer else ""
    return " ".join(line for line in (_turns_left_out(turns), answer, _pictures_left_out(pictures)) if line)


def _pictures_left_out(count: int) -> str:
    if count == 0:
        return ""
    if count == 1:
        return _("1 older picture was left out: a request can carry only so many.")
    return _("%(count)d older pictures were left out: a request can carry only so many.") % {"count": count}


def _turns_left_out(turns: int) -> str:
    if turns == 0:
        return ""
    if turns == 1:
        return _("1 earlier message was left out: the conversation is longer than the model can read.")
    return _("%(count)d earlier messages were left out: the conversation is longer than the model can read.") % {
        "count": turns
    }


def ending(
    *,
    state: str,
    reason: str,
    elapsed_ms: int,
    explanation: str,
    last_kind: str | None,
    has_answer: bool,
    limit: int | None,
    used_tokens: int | None = None,
) -> str:
    """One sentence that says how an attempt ended; "" while it runs and for an answer that is simply done.

    `last_kind` is the kind of the last part written, `limit` the token limit that was sent, `explanation` a sentence
    stored with the attempt (for failures: what happened and what to do). `used_tokens` tells whose limit it was.
    """
    if state in RUNNING:
        return ""
    where = _("while thinking") if last_kind == PartKind.THINKING else _("while answering")
    sentence = {
        State.DONE: "",
        State.STOPPED: _("Stopped by you after %(duration)s.") % {"duration": duration(elapsed_ms)},
        State.INTERRUPTED: _interrupted(reason),
        State.LENGTH: _reached(reason, limit, used_tokens, where),
        State.FILTERED: explanation or _("A content filter stopped this answer. Ask in other words."),
        State.FAILED: explanation or _("Something went wrong. The text so far is kept; try again."),
    }[State(state)]
    if not has_answer and state in {State.DONE, State.STOPPED, State.LENGTH, State.INTERRUPTED}:
        return f"{sentence} {_('There is no answer text.')}".strip()
    return sentence


def is_providers_limit(limit: int, used: int) -> bool:
    """Whether an answer of so many tokens ended at a limit of the provider's own, well below the one that was sent."""
    return used < limit * 0.9


def _interrupted(reason: str) -> str:
    if reason == Reason.CUT:
        return _("Interrupted: the connection to the model broke. The text so far is kept.")
    if reason == Reason.RESTART:
        return _("Interrupted: the site was restarted. The text so far is kept.")
    return _("Interrupted: the site's process ended unexpectedly. The text so far is kept.")


def _reached(reason: str, limit: int | None, used: int | None, where: str) -> str:
    if reason == Reason.SIZE:
        return _("Reached the site's limit for the size of an answer %(where)s.") % {"where": where}
    if limit and used and is_providers_limit(limit, used):
        return _("The provider ended it at its own limit, after %(used)s, %(where)s.") % {
            "used": tokens(used),
            "where": where,
        }
    if limit:
        return _("Reached the limit of %(limit)s %(where)s.") % {"limit": tokens(limit), "where": where}
    return _("Reached the limit %(where)s.") % {"where": where}
