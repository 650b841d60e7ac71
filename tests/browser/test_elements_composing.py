"""The composer beside other things: dialogs, drawers, other tabs, and what is done while a question is being sent."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from chatapp.presentation.values import Siblings
from tests.browser.stage import CONVERSATION, ORIGIN, Stage, answer, done, fragment, frame, outcome_html, question

pytestmark = pytest.mark.browser
MESSAGES = f"POST /conversations/{CONVERSATION}/messages/"
BOX = "#composer-text"
ERROR = "#composer-error"
PICTURE = {
    "id": "6f0a4a35-22ac-4e33-9f5e-6a3f0e4d7d11",
    "name": "figs.png",
    "thumbnail": "/t/",
    "width": 4,
    "height": 3,
}


def hold_back(page: Page, path: str) -> list[Route]:
    """Requests there, which wait to be answered by the test."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(f"{ORIGIN}{path}", keep)
    return held


def editable(text: str) -> object:
    turn = question(text)
    return question(text, turn.id, edit_url=f"/messages/{turn.id}/edit/")


def test_escape_in_a_dialog_closes_that_and_stops_nothing(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    page.wait_for_selector("picture-viewer:defined", state="attached")
    page.evaluate("document.querySelector('dialog').showModal()")
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    assert stage.requests(f"POST /generations/{turn.attempt}/stop/") == []
    assert page.url == f"{ORIGIN}/c/{CONVERSATION}/"


@pytest.mark.parametrize("by", ["key", "link"])
def test_an_edit_that_is_being_sent_is_not_called_off(stage: Stage, by: str) -> None:
    old, new = editable("Old?"), [question("New?"), answer()]
    page = stage.show(old, done())
    stage.is_live()
    page.fill(BOX, "The next question")
    page.get_by_role("link", name="Edit").click()
    expect(page.locator(BOX)).to_have_value("Old?")
    page.fill(BOX, "New?")
    held = hold_back(page, f"/messages/{old.id}/edit/")
    page.locator(BOX).press("Enter")
    stage.until(lambda: held)
    page.locator(BOX).press("Escape") if by == "key" else page.get_by_role("link", name="Cancel").click()
    expect(page.locator(BOX)).to_have_value("New?")
    held[0].fulfill(status=201, content_type="text/html", body=fragment(*new))
    expect(page.locator(f"#message-{new[1].id}")).to_be_visible()
    expect(page.locator(BOX)).to_have_value("The next question")
    assert page.locator(f"#message-{old.id}").count() == 0


def test_the_end_of_an_answer_leaves_the_focus_in_the_parameters(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    page.evaluate("""() => {
      const box = Object.assign(document.createElement("input"), { id: "knob" });
      document.querySelector("ask-form form").append(box);
      box.focus();
    }""")
    stage.socket.tell(frame(turn, state="done", word="Done", settled=True, outcome=outcome_html(turn)))
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.locator("#knob")).to_be_focused()


def test_the_stop_button_gives_its_focus_to_the_box(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    page.get_by_role("button", name="Stop").focus()
    stage.socket.tell(frame(turn, state="done", word="Done", settled=True, outcome=outcome_html(turn)))
    expect(page.locator(BOX)).to_be_focused()


def test_a_tab_that_changed_nothing_leaves_the_draft_of_another_alone(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    page.fill(BOX, "Begun here")
    page.reload()
    expect(page.locator(BOX)).to_have_value("Begun here")
    page.evaluate("""() => {
      const key = Object.keys(localStorage).find((key) => key.startsWith("draft:"));
      localStorage.setItem(key, JSON.stringify({ text: "Begun here, finished there", pictures: [] }));
    }""")
    page.reload()
    expect(page.locator(BOX)).to_have_value("Begun here, finished there")


def give_picture(page: Page, name: str) -> None:
    page.evaluate(
        """(name) => document.dispatchEvent(new CustomEvent("pictures-given",
          { detail: { files: [new File(["x"], name, { type: "image/png" })] } }))""",
        name,
    )


def test_a_picture_that_is_given_while_a_question_is_sent_stays_for_the_next(stage: Stage) -> None:
    stage.replies["POST /images/"] = lambda fields: (201, "application/json", json.dumps(PICTURE))
    stage.replies["GET /t/"] = lambda fields: (200, "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    page = stage.show(question(), done())
    stage.is_live()
    page.wait_for_selector("picture-tray:defined", state="attached")
    held = hold_back(page, f"/conversations/{CONVERSATION}/messages/")
    page.fill(BOX, "How many figs?")
    page.locator(BOX).press("Enter")
    stage.until(lambda: held)
    give_picture(page, "figs.png")
    expect(page.locator(f"[data-strip] > [data-id='{PICTURE['id']}']")).to_have_count(1)
    own = [question("How many figs?"), answer()]
    held[0].fulfill(status=201, content_type="text/html", body=fragment(*own))
    expect(page.locator(BOX)).to_have_value("")
    expect(page.locator("[data-strip] > [data-id]")).to_have_count(1)


def test_an_edit_waits_for_pictures_that_are_on_their_way(stage: Stage) -> None:
    page = stage.show(editable("Old?"), done())
    stage.is_live()
    page.wait_for_selector("picture-tray:defined", state="attached")
    held = hold_back(page, "/images/")
    give_picture(page, "figs.png")
    stage.until(lambda: held)
    page.get_by_role("link", name="Edit").click()
    expect(page.locator(ERROR)).to_contain_text("Pictures are still on their way")
    expect(page.locator(BOX)).to_have_value("")
    expect(page.locator("[data-strip] > *")).to_have_count(1)


def test_a_suggestion_follows_what_was_written_and_gives_way_to_another(stage: Stage) -> None:
    page = stage.show_home()
    page.wait_for_selector("question-draft:defined", state="attached")
    page.fill(BOX, "Mine.")
    page.get_by_text("Prove it step by step").click()
    expect(page.locator(BOX)).to_have_value("Mine.\n\nWhy is the square root of 2 irrational? Prove it step by step.")
    page.fill(BOX, "")
    page.get_by_text("Prove it step by step").click()
    page.get_by_text("Three people pay").click()
    expect(page.locator(BOX)).to_have_value(
        "Three people pay 10 each for a room; 5 come back, 2 stay with the porter. Where is the missing 1?"
    )


@pytest.mark.parametrize("code", [4401, 4404])
def test_what_is_asked_on_a_page_that_hears_nothing_is_shown_by_a_new_page(stage: Stage, code: int) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    stage.socket.close(code)
    expect(page.locator("connection-state")).to_have_attribute(
        "data-state", "signed-out" if code == 4401 else "outdated"
    )
    own = [question("And now?"), answer()]
    stage.replies[MESSAGES] = lambda fields: (201, "text/html", fragment(*own))
    page.fill(BOX, "And now?")
    with page.expect_event("load"):
        page.locator(BOX).press("Enter")
    assert len(stage.requests(f"GET /c/{CONVERSATION}/")) == 2


def test_a_way_to_another_page_that_is_called_off_leaves_this_one_in_touch(stage: Stage) -> None:
    first = done()
    versions = Siblings(position=2, count=2, previous=first.id)
    page = stage.show(question(siblings=versions), first)
    stage.is_live()
    page.wait_for_selector("post-form:defined", state="attached")
    page.evaluate("""() => {
      addEventListener("submit", (event) => event.preventDefault());
      document.querySelector(".pager button").click();
    }""")
    later = done()
    stage.replies[f"GET /c/{CONVERSATION}/turns/"] = lambda fields: (200, "text/html", fragment(question(), later))
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": later.id})
    expect(page.locator(f"#message-{later.id}")).to_be_visible()
