"""Turns stand in the order of the branch, however they come."""

import pytest

from tests.browser.stage import CONVERSATION, Stage, answer, done, fragment, question

pytestmark = pytest.mark.browser
TURNS = f"GET /c/{CONVERSATION}/turns/"
MESSAGES = f"POST /conversations/{CONVERSATION}/messages/"


def shown(stage: Stage) -> list[str]:
    found: list[str] = stage.page.evaluate(
        "[...document.querySelectorAll('[data-message]')].map((turn) => turn.dataset.message)"
    )
    return found


def test_another_branch_brings_no_turns_of_before_the_page(stage: Stage) -> None:
    before, first, ask, old, new = question(), done(), question(), done(), done()
    stage.show(first, ask, old)
    stage.is_live()
    stage.replies[TURNS] = lambda fields: (
        (409, "application/json", "{}") if "after" in fields else (200, "text/html", fragment(before, first, ask, new))
    )
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": new.id})
    stage.until(lambda: new.id in shown(stage))
    assert shown(stage) == [first.id, ask.id, new.id]


def test_what_was_asked_elsewhere_stands_before_the_question_that_followed_it(stage: Stage) -> None:
    """The page heard nothing of the other device's turns: the reply says after which turn its own stand."""
    start = [question(), done()]
    elsewhere = [question("On the phone"), done()]
    own = [question("Here"), answer()]
    stage.replies[MESSAGES] = lambda fields: (201, "text/html", fragment(*own), {"Ponder-After": elsewhere[1].id})
    stage.replies[TURNS] = lambda fields: (200, "text/html", fragment(*elsewhere, *own))
    page = stage.show(*start)
    stage.is_live()
    page.fill("#composer-text", "Here")
    page.locator("#composer-text").press("Enter")
    stage.until(lambda: own[1].id in shown(stage))
    assert shown(stage) == [turn.id for turn in (*start, *elsewhere, *own)]


def test_turns_that_come_late_stand_before_those_that_are_shown(stage: Stage) -> None:
    start, late, own = done(), done(), done()
    page = stage.show(start, own)
    placed = page.evaluate(
        """async (html) => {
          const { Turns } = await import("lib/turns.js");
          const { fragment } = await import("lib/html.js");
          new Turns(document.querySelector("div[data-turns]"), fragment).add(html);
        }""",
        fragment(start, late, own),
    )
    assert placed is None
    assert shown(stage) == [start.id, late.id, own.id]
