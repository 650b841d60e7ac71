"""How an answer ended."""

from typing import Any

import pytest

from chatapp.openrouter.errors import ConnectionLost
from chatapp.openrouter.verdict import verdict
from chatapp.words import ENDINGS, Reason, State

DONE = (State.DONE, Reason.NONE)
CUT = (State.INTERRUPTED, Reason.CUT)
FAILED = (State.FAILED, Reason.UPSTREAM)
EMPTY = (State.FAILED, Reason.EMPTY)
TEXT: dict[str, Any] = {"has_text": True, "has_deltas": True}
THINKING = {"has_deltas": True}
CALLS = {"has_calls": True, "has_deltas": True}


@pytest.mark.parametrize(
    ("finish", "seen", "ending"),
    [
        ("stop", TEXT, DONE),
        ("STOP", TEXT, DONE),
        ("end_turn", TEXT, DONE),
        ("tool_calls", CALLS, DONE),
        ("stop", CALLS, DONE),
        ("tool_calls", TEXT, DONE),
        ("stop", THINKING, EMPTY),
        ("stop", {}, EMPTY),
        ("tool_calls", {}, EMPTY),
        ("length", TEXT, (State.LENGTH, Reason.TOKENS)),
        ("length", THINKING, (State.LENGTH, Reason.TOKENS)),
        ("MAX_TOKENS", {}, (State.LENGTH, Reason.TOKENS)),
        ("content_filter", TEXT, (State.FILTERED, Reason.ANSWER)),
        ("content_filter", {}, (State.FILTERED, Reason.ANSWER)),
        ("error", TEXT, FAILED),
        ("abort", TEXT, CUT),
        ("abort", {}, FAILED),
        ("stop", TEXT | {"native": "network_error"}, CUT),
        ("stop", {"native": "network_error"}, FAILED),
        (None, TEXT, CUT),
        ("", TEXT, CUT),
        (None, THINKING, CUT),
        (None, TEXT | {"done": True}, CUT),
        (None, CALLS, CUT),
        (None, CALLS | {"done": True}, DONE),
        (None, {}, EMPTY),
        (None, {"done": True}, EMPTY),
    ],
)
def test_the_ending_follows_from_what_was_seen(
    finish: str | None, seen: dict[str, Any], ending: tuple[State, Reason]
) -> None:
    assert verdict(finish_reason=finish, **seen) == ending
    assert ending[0] in ENDINGS


def test_an_error_outweighs_all() -> None:
    assert verdict(finish_reason="stop", error=ConnectionLost("x"), **TEXT) == CUT
