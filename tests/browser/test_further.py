"""Continue and Answer now on the page: the same message grows on, in every window that shows it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.windows import Window, stored
from tests.lab.people import Person
from tests.lab.processes import wait_for

pytestmark = pytest.mark.browser


def button(answer: Locator, name: str) -> Locator:
    return answer.get_by_role("button", name=name, exact=True)


def limits(window: Window, tokens: int) -> None:
    """Choose the most tokens of an answer in the drawer."""
    window.page.get_by_role("button", name="Parameters").click()
    window.page.locator('[name="max_tokens"]').fill(str(tokens))
    window.page.keyboard.press("Escape")


def stops(window: Window, answer: Locator, kind: str) -> None:
    """Stop once something of that kind is to be read."""
    wait_for(lambda: window.shows(kind, answer), what=kind)
    window.stop_button.click()
    window.ends("stopped", answer)


def test_a_stopped_answer_goes_on_in_both_tabs(window: Window, alice: Person) -> None:
    answer = window.asks("How many figs?", script="thinking 20, answer 4000, rate 200")
    stops(window, answer, "text")
    other = window.another_tab(window.page.url).is_live()
    first = window.shows("text", answer)
    window.page.evaluate("""(id) => {
      window.block = document.querySelector(`#message-${id} [data-kind=text] > *`);
      getSelection().selectAllChildren(window.block);
    }""", window.message())  # fmt: skip
    window.plays("thinking 200, answer 60, rate 100")
    button(answer, "Continue").click()
    for page in (window, other):
        expect(page.answer).to_have_attribute("data-state", re.compile("thinking|waiting"))
        expect(page.answer.locator(".ending")).to_have_count(0)
        expect(page.answer.locator("details.thinking__pane")).to_have_count(2)
        expect(page.pane).to_have_attribute("open", "")
        expect(page.stop_button).to_be_visible()
    for page in (window, other):
        page.ends()
        page.shows_exactly(stored(alice, window.message()))
        assert page.shows("text").startswith(first)
    assert window.page.evaluate("window.block.isConnected && !getSelection().isCollapsed"), "what was read stayed"
    expect(answer.locator(".foot__details")).to_contain_text("Attempt 1")
    expect(answer.locator("[data-kind=text]")).to_have_count(2)
    window.reloads()
    window.shows_exactly(stored(alice, window.message()))
    assert button(window.answer, "Continue").count() == 0


def test_a_thought_without_an_answer_offers_to_answer_now(window: Window, alice: Person) -> None:
    limits(window, 30)
    answer = window.asks("How many figs?", script="length after 30, thinking 60, answer 0")
    window.ends("length", answer)
    expect(answer.locator(".ending__sentence")).to_contain_text("There is no answer text.")
    for name in ("Answer now", "Continue", "Raise the limit", "Regenerate"):
        expect(button(answer, name)).to_be_visible()
    button(answer, "Raise the limit").click()
    expect(window.page.locator("#parameters")).to_be_visible()
    window.page.keyboard.press("Escape")
    window.plays("thinking 4, say: Seven figs.")
    button(answer, "Answer now").click()
    window.ends("done", answer)
    expect(answer.locator("[data-kind=text]")).to_have_text("Seven figs.")
    assert stored(alice, window.message())["attempts"][1]["purpose"] == "answer_now"


def test_a_limit_raised_in_the_drawer_holds_for_continuing(window: Window, alice: Person) -> None:
    limits(window, 20)
    answer = window.asks("Go on", script="tokens 40")
    window.ends("length", answer)
    button(answer, "Raise the limit").click()
    window.page.locator('[name="max_tokens"]').fill("12345")
    window.page.keyboard.press("Escape")
    window.plays("tokens 4")
    button(answer, "Continue").click()
    window.ends("done", answer)
    assert stored(alice, window.message())["parameters"]["max_tokens"] == 12345


def test_what_went_on_elsewhere_is_refused_in_words(window: Window, alice: Person) -> None:
    answer = window.asks("Hm?", script="answer 4000, rate 200")
    stops(window, answer, "text")
    window.allows("409")
    # Asked in between, without the page having heard of it.
    window.page.route("**/continue/", lambda route: route.fulfill(
        status=409, content_type="application/json",
        body='{"error": {"code": "cannot_go_on", "message": "This answer cannot be written on any more."}}',
    ))  # fmt: skip
    button(answer, "Continue").click()
    expect(window.complaint).to_contain_text("cannot be written on any more")
    expect(answer).to_have_attribute("data-state", "stopped")
