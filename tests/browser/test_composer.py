"""The composer against the real site: what is sent is sent once, and nothing written is lost."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Upstream

pytestmark = pytest.mark.browser


def unique(words: str) -> str:
    """A question that upstream's log can tell from all others."""
    return f"{words} {uuid4().hex[:8]} simulate: answer 2"


def test_enter_sends_and_shift_enter_breaks_the_line(window: Window) -> None:
    window.composer.press_sequentially("First line")
    window.composer.press("Shift+Enter")
    window.composer.press_sequentially("second line simulate: answer 2")
    expect(window.composer).to_have_value("First line\nsecond line simulate: answer 2")
    window.composer.press("Enter")
    expect(window.composer).to_have_value("")
    expect(window.composer).to_be_focused()
    expect(window.page.locator(".question__text").last).to_have_text(re.compile("^First line\nsecond line"))
    window.ends()


def test_enter_of_an_input_method_belongs_to_the_word(window: Window) -> None:
    """A real composition, as an input method makes it."""
    browser = window.context.new_cdp_session(window.page)
    window.composer.focus()
    browser.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(window.composer).to_have_value("にほん")
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    browser.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    browser.send("Input.insertText", {"text": "日本"})
    browser.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    expect(window.composer).to_have_value("日本")
    expect(window.answers).to_have_count(1)
    window.composer.press("Enter")
    expect(window.answers).to_have_count(2)
    window.ends()


def test_a_double_click_sends_once(window: Window, upstream: Upstream, alice: Person) -> None:
    question = unique("Twice?")
    window.composer.fill(question)
    window.ask_button.dblclick()
    expect(window.answers).to_have_count(2)
    window.ends()
    window.reloads()
    expect(window.answers).to_have_count(2)
    assert len(upstream.asked(question)) == 1


def test_a_draft_survives_a_reload_and_belongs_to_its_conversation(window: Window) -> None:
    here = window.page.url
    window.composer.fill("Half a thou")
    window.reloads()
    expect(window.composer).to_have_value("Half a thou")
    window.opens("/")
    expect(window.composer).to_have_value("")
    window.opens(here)
    expect(window.composer).to_have_value("Half a thou")
    window.composer.fill("")
    window.reloads()
    expect(window.composer).to_have_value("")


def test_a_second_question_while_an_answer_runs_is_refused_in_words_and_kept(window: Window) -> None:
    window.allows("409 (Conflict)").asks("Why?", script="rate 40, thinking 4000")
    expect(window.stop_button).to_be_visible()
    window.composer.fill("And then? simulate: answer 2")
    window.composer.press("Enter")
    expect(window.complaint).to_have_text(re.compile("An answer is still being written here."))
    expect(window.composer).to_have_value("And then? simulate: answer 2")
    window.stop_button.click()
    window.ends("stopped")
    window.composer.press("Enter")
    expect(window.complaint).to_be_hidden()
    expect(window.answers).to_have_count(3)
    window.ends("done")


def test_without_a_network_the_text_is_kept_and_sent_once_when_it_is_back(
    alice: Person, begun: str, upstream: Upstream, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, allow=("net::ERR_INTERNET_DISCONNECTED",)).is_live()
    question = unique("Anyone there?")
    window.context.set_offline(True)
    window.composer.fill(question)
    window.composer.press("Enter")
    expect(window.complaint).to_have_text(re.compile("could not be reached. Your text is kept"))
    expect(window.composer).to_have_value(question)
    expect(window.composer).to_be_focused()
    window.context.set_offline(False)
    window.composer.press("Enter")
    expect(window.answers).to_have_count(2)
    window.ends()
    assert len(upstream.asked(question)) == 1


def test_who_cannot_sign_out_without_a_network_keeps_what_they_wrote(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, allow=("net::ERR_INTERNET_DISCONNECTED",)).is_live()
    window.composer.fill("Half a thought")
    window.context.set_offline(True)
    window.page.get_by_role("button", name="Sign out").click()
    window.page.wait_for_url("chrome-error://**")
    window.context.set_offline(False)
    window.opens(begun)
    expect(window.composer).to_have_value("Half a thought")


def test_a_lost_reply_makes_no_second_question(window: Window, upstream: Upstream) -> None:
    """The site took the question, but its reply never came: the same question again is the same one."""
    window.allows("net::ERR_FAILED")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    window.page.route(re.compile("/messages/$"), lose, times=1)
    question = unique("Heard me?")
    window.composer.fill(question)
    window.composer.press("Enter")
    expect(window.complaint).to_be_visible()
    expect(window.composer).to_have_value(question)
    window.composer.press("Enter")
    expect(window.composer).to_have_value("")
    window.ends()
    for _ in range(2):
        expect(window.page.locator(".question__text")).to_have_count(2)
        expect(window.answers).to_have_count(2)
        window.reloads()
    assert len(upstream.asked(question)) == 1


def test_from_the_first_page_a_question_is_sent_once_and_leads_to_its_conversation(
    first_page: Window, upstream: Upstream
) -> None:
    question = unique("A new one?")
    first_page.composer.fill(question)
    first_page.ask_button.dblclick()
    expect(first_page.page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    first_page.ends()
    first_page.opens("/")
    expect(first_page.composer).to_have_value("")
    assert len(upstream.asked(question)) == 1


def test_who_signed_out_elsewhere_keeps_the_text_and_is_told(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(
        alice, begun, allow=("WebSocket connection to", "401 (Unauthorized)", "403 (Forbidden)")
    ).is_live()
    with_cookies = {cookie["name"]: cookie for cookie in window.context.cookies()}
    window.context.clear_cookies(name="session")
    window.composer.fill("Still me?")
    window.composer.press("Enter")
    expect(window.complaint).to_have_text(re.compile("You are signed out. Your text is kept"))
    expect(window.composer).to_have_value("Still me?")
    window.context.add_cookies([with_cookies["session"]])
    window.composer.fill("Still me? simulate: answer 2")
    window.composer.press("Enter")
    expect(window.answers).to_have_count(2)
    window.ends()
