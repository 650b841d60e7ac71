"""The composer: sent once, kept until accepted, never in the middle of a word."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.stage import CONVERSATION, ORIGIN, Reply, Stage, answer, done, fragment, question

pytestmark = pytest.mark.browser
MESSAGES = f"POST /conversations/{CONVERSATION}/messages/"
BOX = "#composer-text"
ERROR = "#composer-error"


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.replies[MESSAGES] = accept
    return stage


def stopping(stage: Stage) -> str:
    """A page on which an answer runs: the request that would stop it, which the site then grants."""
    turn = answer()
    stage.show(question(), turn)
    stage.is_live()
    request = f"POST /generations/{turn.attempt}/stop/"
    stage.replies[request] = lambda fields: (200, "application/json", "{}")
    return request


def accept(fields: dict[str, str]) -> Reply:
    return 201, "text/html", fragment(question(fields["text"]), answer())


def refuse(status: int, message: str = "") -> object:
    body = json.dumps({"error": {"code": "x", "message": message}}) if message else "<h1>Bad gateway</h1>"
    return lambda fields: (status, "application/json", body)


def open_page(stage: Stage) -> Page:
    page = stage.show(question(), done())
    stage.is_live()
    return page


def test_enter_sends_once_and_the_turns_appear(stage: Stage) -> None:
    page = open_page(stage)
    page.fill(BOX, "How many figs?")
    page.evaluate(f"""() => {{
      const press = () => new KeyboardEvent("keydown", {{ key: "Enter", bubbles: true, cancelable: true }});
      document.querySelector("{BOX}").dispatchEvent(press());
      document.querySelector("{BOX}").dispatchEvent(press());
      document.querySelector("[data-submit]").click();
    }}""")
    expect(page.locator("[data-message]")).to_have_count(4)
    assert [sent["text"] for sent in stage.requests(MESSAGES)] == ["How many figs?"]
    expect(page.locator(BOX)).to_have_value("")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()


def test_shift_and_enter_breaks_the_line(stage: Stage) -> None:
    page = open_page(stage)
    page.locator(BOX).press_sequentially("one")
    page.locator(BOX).press("Shift+Enter")
    page.locator(BOX).press_sequentially("two")
    expect(page.locator(BOX)).to_have_value("one\ntwo")
    assert stage.requests(MESSAGES) == []


@pytest.mark.parametrize("composing", ["isComposing: true", "keyCode: 229"])
def test_enter_of_an_input_method_does_not_send(stage: Stage, composing: str) -> None:
    page = open_page(stage)
    page.fill(BOX, "にほん")
    page.evaluate(
        f"""document.querySelector("{BOX}").dispatchEvent(
          new KeyboardEvent("keydown", {{ key: "Enter", bubbles: true, cancelable: true, {composing} }}))"""
    )
    page.locator(BOX).press("End")
    assert stage.requests(MESSAGES) == []


def test_the_enter_that_ends_a_word_in_safari_does_not_send(stage: Stage) -> None:
    """There the composition ends first, and the key that ended it comes after it, as key 229."""
    page = open_page(stage)
    page.fill(BOX, "日本")
    page.evaluate(
        """(selector) => {
          const box = document.querySelector(selector);
          const key = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
          box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
          box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "日本" }));
          box.dispatchEvent(new KeyboardEvent("keydown", key));
        }""",
        BOX,
    )
    assert stage.requests(MESSAGES) == []
    page.locator(BOX).press("Enter")
    stage.until(lambda: stage.requests(MESSAGES))
    assert [sent["text"] for sent in stage.requests(MESSAGES)] == ["日本"]


@pytest.mark.parametrize("composing", ["isComposing: true", "keyCode: 229"])
def test_escape_of_an_input_method_stops_nothing(stage: Stage, composing: str) -> None:
    stop, page = stopping(stage), stage.page
    page.evaluate(
        f"""document.querySelector("{BOX}").dispatchEvent(
          new KeyboardEvent("keydown", {{ key: "Escape", bubbles: true, cancelable: true, {composing} }}))"""
    )
    assert stage.requests(stop) == []
    page.locator(BOX).press("Escape")
    stage.until(lambda: stage.requests(stop))
    assert len(stage.requests(stop)) == 1


def test_on_a_touch_keyboard_enter_breaks_the_line(chromium: Browser) -> None:
    context = chromium.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    stage = Stage(context)
    page = open_page(stage)
    page.locator(BOX).press_sequentially("one")
    page.locator(BOX).press("Enter")
    expect(page.locator(BOX)).to_have_value("one\n")
    assert stage.requests(MESSAGES) == []
    context.close()


def test_nothing_but_spaces_is_not_sent(stage: Stage) -> None:
    page = open_page(stage)
    page.fill(BOX, "  \n ")
    page.locator(BOX).press("Enter")
    page.locator(BOX).press("End")
    assert stage.requests(MESSAGES) == []


def test_a_lost_reply_is_asked_for_again_with_the_same_id(stage: Stage) -> None:
    page = open_page(stage)
    stage.replies[MESSAGES] = lambda fields: (0, "", "")
    page.fill(BOX, "How many figs?")
    page.locator(BOX).press("Enter")
    expect(page.locator(ERROR)).to_have_text(
        "The site could not be reached. Your text is kept; ask again when you are connected."
    )
    expect(page.locator(BOX)).to_have_value("How many figs?")
    stage.replies[MESSAGES] = accept
    page.locator(BOX).press("Enter")
    expect(page.locator("[data-message]")).to_have_count(4)
    expect(page.locator(ERROR)).to_be_hidden()
    page.fill(BOX, "And plums?")
    page.locator(BOX).press("Enter")
    stage.until(lambda: len(stage.requests(MESSAGES)) == 3)
    lost, again, other = (sent["client_id"] for sent in stage.requests(MESSAGES))
    assert lost == again != other


def test_a_lost_reply_is_remembered_over_a_reload(stage: Stage) -> None:
    page = open_page(stage)
    stage.replies[MESSAGES] = lambda fields: (0, "", "")
    page.fill(BOX, "How many figs?")
    page.locator(BOX).press("Enter")
    expect(page.locator(ERROR)).to_be_visible()
    stage.replies[MESSAGES] = accept
    page = open_page(stage)
    expect(page.locator(BOX)).to_have_value("How many figs?")
    page.locator(BOX).press("Enter")
    stage.until(lambda: len(stage.requests(MESSAGES)) == 2)
    lost, again = (sent["client_id"] for sent in stage.requests(MESSAGES))
    assert lost == again


def test_other_words_after_a_lost_reply_have_an_id_of_their_own(stage: Stage) -> None:
    page = open_page(stage)
    stage.replies[MESSAGES] = lambda fields: (0, "", "")
    for text in ("How many figs?", "How many plums?"):
        page.fill(BOX, text)
        page.locator(BOX).press("Enter")
        expect(page.locator(ERROR)).to_be_visible()
        stage.until(lambda text=text: stage.requests(MESSAGES)[-1]["text"] == text)
    first, second = (sent["client_id"] for sent in stage.requests(MESSAGES))
    assert first != second


@pytest.mark.parametrize(
    ("status", "message", "shown"),
    [
        (409, "An answer is still being written here.", "An answer is still being written here."),
        (400, "This question is too long.", "This question is too long."),
        (401, "Sign in.", "You are signed out. Your text is kept: sign in in another tab, then ask again."),
        (413, "", "That is more text than the site takes at once. Nothing was sent; shorten it and ask again."),
        (429, "", "Too many questions at once. Your text is kept; wait a moment and ask again."),
        (502, "", "The site could not take the question. Your text is kept; ask again."),
    ],
)
def test_a_refusal_is_said_in_words_and_the_text_is_kept(stage: Stage, status: int, message: str, shown: str) -> None:
    page = open_page(stage)
    stage.replies[MESSAGES] = refuse(status, message)  # type: ignore[assignment]
    page.fill(BOX, "How many figs?")
    page.locator(BOX).press("Enter")
    expect(page.locator(ERROR)).to_have_text(shown)
    expect(page.locator(BOX)).to_have_value("How many figs?")
    expect(page.locator(BOX)).to_be_focused()
    expect(page.locator(BOX)).to_be_editable()
    assert page.locator(ERROR).get_attribute("role") == "alert"


def test_a_draft_survives_a_reload_each_conversation_has_its_own_and_signing_out_forgets_all(stage: Stage) -> None:
    page = open_page(stage)
    page.fill(BOX, "Half a thou")
    stage.show_home()
    expect(page.locator(BOX)).to_have_value("")
    page.fill(BOX, "Something new")
    page = open_page(stage)
    expect(page.locator(BOX)).to_have_value("Half a thou")
    stage.replies["POST /accounts/logout/"] = lambda fields: (200, "text/html", "<title>Out</title>")
    page.wait_for_selector("sign-out:defined")
    page.get_by_role("button", name="Sign out").click()
    stage.until(lambda: page.title() == "Out")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_from_the_first_page_the_question_leads_to_its_conversation(stage: Stage) -> None:
    reply = json.dumps({"url": f"/c/{CONVERSATION}/"})
    stage.replies["POST /conversations/"] = lambda fields: (201, "application/json", reply)
    page = stage.show_home()
    page.get_by_text("Prove it step by step").click()
    expect(page.locator(BOX)).to_have_value("Why is the square root of 2 irrational? Prove it step by step.")
    page.locator(BOX).press("Enter")
    page.wait_for_url(f"{ORIGIN}/c/{CONVERSATION}/")
    [sent] = stage.requests("POST /conversations/")
    assert sent["text"].startswith("Why is the square root")


@pytest.mark.parametrize("by", ["button", "key"])
def test_the_running_answer_can_be_stopped(stage: Stage, by: str) -> None:
    stop, page = stopping(stage), stage.page
    page.fill(BOX, "While it runs I write")
    if by == "key":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Stop").click()
    stage.until(lambda: stage.requests(stop))
    expect(page.locator(BOX)).to_have_value("While it runs I write")


def test_an_answer_that_came_over_the_socket_is_stopped_by_its_own_attempt(stage: Stage) -> None:
    page = open_page(stage)
    page.fill(BOX, "How many figs?")
    page.locator(BOX).press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    attempt = page.locator(".answer").last.get_attribute("data-attempt")
    page.get_by_role("button", name="Stop").click()
    stage.until(lambda: stage.requests(f"POST /generations/{attempt}/stop/"))
    expect(page.locator(ERROR)).to_have_text("Stopping did not reach the site. The answer goes on; try again.")


def test_escape_closes_the_menu_before_it_stops_anything(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    page.get_by_role("button", name="Rename or delete").click()
    page.keyboard.press("Escape")
    expect(page.locator("#conversation-menu")).to_be_hidden()
    assert stage.requests(f"POST /generations/{turn.attempt}/stop/") == []
