"""Where the focus goes when what held it goes, and what stays as the reader left it."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from chatapp.presentation.values import Fact
from tests.browser.stage import (
    CONVERSATION,
    ORIGIN,
    Stage,
    answer,
    block,
    done,
    fragment,
    frame,
    outcome,
    outcome_html,
    question,
)
from tests.browser.stage import page as staged

pytestmark = pytest.mark.browser
FACTS = (Fact(name="Tokens", value="2,314"),)


def stopped(**more: Any) -> Any:
    turn = done(state="stopped")
    ended = outcome(turn.id, sentence="Stopped by you after 2 s.", continue_url="/generations/x/continue/", **more)
    return done(turn.id, state="stopped", outcome=ended)


def test_after_regenerate_the_focus_is_on_the_new_answer(stage: Stage) -> None:
    old, new = done(), answer()
    page = stage.show(question(), old)
    stage.is_live()
    stage.replies[f"POST /messages/{old.id}/regenerate/"] = lambda fields: (201, "text/html", fragment(new))
    page.get_by_role("button", name="Regenerate").press("Enter")
    expect(page.locator(f"#message-{new.id}")).to_be_focused()


def test_after_continue_the_focus_is_on_the_answer(stage: Stage) -> None:
    turn = stopped()
    page = stage.show(question(), turn)
    stage.is_live()
    stage.replies["POST /generations/x/continue/"] = lambda fields: (201, "application/json", "{}")
    page.get_by_role("button", name="Continue").press("Enter")
    stage.until(lambda: stage.socket.said("hold"))
    stage.socket.tell(frame(turn, attempt="another", state="answering", word="Answering"))
    expect(page.locator(f"#message-{turn.id}")).to_be_focused()


def test_the_cost_that_comes_later_leaves_the_details_open(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    ended = {"state": "stopped", "word": "Stopped", "settled": True}
    stage.socket.tell(frame(turn, **ended, outcome=outcome_html(turn, facts=FACTS)))
    page.get_by_text("Details").click()
    more = (*FACTS, Fact(name="Cost", value="$0.01"))
    stage.socket.tell(frame(turn, **ended, outcome=outcome_html(turn, facts=more)))
    expect(page.get_by_text("$0.01")).to_be_visible()


def test_an_answer_that_something_was_asked_after_is_not_written_on(stage: Stage) -> None:
    turn = stopped()
    page = stage.show(question(), turn)
    stage.is_live()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    later = [question(), answer()]
    stage.replies[f"GET /c/{CONVERSATION}/turns/"] = lambda fields: (200, "text/html", fragment(*later))
    stage.socket.tell({"type": "added", "conversation": "x", "message": later[1].id})
    expect(page.locator(f"#message-{later[1].id}")).to_be_visible()
    expect(page.get_by_role("button", name="Continue")).to_be_hidden()


def test_to_the_newest_puts_the_focus_there(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question("\n".join("line" for _ in range(200))), turn)
    stage.is_live()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -2000)
    page.get_by_role("button", name="To the newest").press("Enter")
    expect(page.locator(f"#message-{turn.id}")).to_be_focused()


def test_a_frame_that_does_not_fit_changes_neither_revision_nor_whether_it_is_settled(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    stage.until(lambda: len(stage.socket.said("hold")) == 1)
    misfit = {"position": 0, "kind": "text", "since": 7, "html": block("Eight.")}
    stage.socket.tell(frame(turn, revision="1.1.1", state="done", word="Done", settled=True, parts=[misfit]))
    stage.until(lambda: len(stage.socket.said("hold")) == 2)
    assert stage.socket.said("hold")[-1]["revision"] == turn.revision
    assert page.locator(".answer").get_attribute("data-settled") == "false"


# --- the list of conversations


def refuse(fields: dict[str, str]) -> tuple[int, str, str]:
    return 400, "application/json", json.dumps({"error": {"code": "x", "message": "Not like that."}})


def in_trash(stage: Stage) -> Any:
    stage.html = staged("conversation/trash.html", current_conversation=None, days=30)
    page = stage.page
    page.goto(f"{ORIGIN}/trash/")
    page.wait_for_selector(".side__act", state="attached")
    return page


def test_what_goes_wrong_where_no_composer_is_is_said_all_the_same(stage: Stage) -> None:
    page = in_trash(stage)
    link = page.locator(".side__link")
    stage.replies[f"POST /c/{CONVERSATION}/delete/"] = refuse
    link.press("Delete")
    expect(page.locator("undo-toast")).to_contain_text("Not like that.")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    page.locator("undo-toast").get_by_role("button", name="Close").click()
    expect(page.locator("undo-toast")).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()


def test_delete_that_is_held_down_deletes_once(stage: Stage) -> None:
    page = in_trash(stage)
    deleting = f"POST /c/{CONVERSATION}/delete/"
    stage.replies[deleting] = lambda fields: (200, "application/json", "{}")
    page.evaluate("""() => {
      const press = (repeat) => new KeyboardEvent("keydown", { key: "Delete", repeat, bubbles: true, cancelable: true });
      for (const repeat of [false, false, true]) document.querySelector(".side__link").dispatchEvent(press(repeat));
    }""")
    expect(page.locator("undo-toast")).to_be_visible()
    assert len(stage.requests(deleting)) == 1


def test_a_rename_whose_reply_is_no_row_says_so_and_closes_the_box(stage: Stage) -> None:
    page = in_trash(stage)
    link = page.locator(".side__link")
    stage.replies[f"POST /c/{CONVERSATION}/rename/"] = lambda fields: (200, "text/html", "<h1>Hm</h1>")
    link.press("F2")
    box = page.get_by_role("textbox", name="Title")
    expect(box).to_be_focused()
    box.fill("Plums")
    box.press("Enter")
    expect(box).to_have_count(0)
    expect(page.locator("undo-toast")).to_contain_text("That did not reach the site.")


def test_a_title_that_changed_meanwhile_is_not_changed_back(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    page.wait_for_selector(".side__act", state="attached")
    link = page.locator(".side__link")
    link.press("F2")
    stage.socket.tell({"type": "renamed", "conversation": "x", "title": "Plums", "leaf": None})
    expect(page.locator("h1")).to_have_text("Plums")
    page.get_by_role("textbox", name="Title").press("Enter")
    expect(link).to_have_text("Plums")
    assert stage.requests(f"POST /c/{CONVERSATION}/rename/") == []
    expect(page.locator(".side__act")).to_have_attribute("aria-label", "More for “Plums”")
