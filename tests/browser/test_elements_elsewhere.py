"""An answer that is being written on a branch which the page does not show."""

import pytest
from playwright.sync_api import expect

from tests.browser.stage import CONVERSATION, Stage, answer, block, done, fragment, frame, question

pytestmark = pytest.mark.browser


def tell_running(stage: Stage, leaf: str, running: str) -> None:
    told = {"type": "watching", "conversation": CONVERSATION, "title": "Figs", "leaf": leaf, "running": running}
    stage.socket.tell(told)


def test_it_can_be_stopped_and_its_end_is_seen(stage: Stage) -> None:
    shown, other = done(), answer()
    page = stage.show(question(), shown, running=other.attempt)
    stage.is_live()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    tell_running(stage, shown.id, other.id)
    stage.until(lambda: [hold["message"] for hold in stage.socket.said("hold")] == [other.id])
    stage.socket.tell(frame(other, parts=[{"position": 0, "kind": "text", "html": block("Not here")}]))
    stopping = f"POST /generations/{other.attempt}/stop/"
    stage.replies[stopping] = lambda fields: (200, "application/json", "{}")
    stop.click()
    stage.until(lambda: stage.requests(stopping))
    stage.socket.tell(frame(other, state="stopped", word="Stopped", settled=True))
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert page.get_by_text("Not here").count() == 0


def test_one_that_has_ended_meanwhile_is_not_waited_for(stage: Stage) -> None:
    shown = done()
    page = stage.show(question(), shown, running=answer().attempt)
    stage.is_live()
    stage.socket.tell({"type": "watching", "conversation": CONVERSATION, "title": "Figs", "leaf": shown.id})
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert stage.socket.said("hold") == []


def test_it_is_asked_for_when_its_branch_gives_way_to_another(stage: Stage) -> None:
    ask, running, chosen = question(), answer(), done()
    page = stage.show(ask, running)
    stage.is_live()
    stage.replies[f"GET /c/{CONVERSATION}/turns/"] = lambda fields: (
        (409, "application/json", "{}") if "after" in fields else (200, "text/html", fragment(ask, chosen))
    )
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": chosen.id})
    stage.until(lambda: len(stage.socket.said("watch")) == 2)
    tell_running(stage, chosen.id, running.id)
    stage.until(lambda: len(stage.socket.said("hold")) == 2)
    stage.socket.tell(frame(running))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
