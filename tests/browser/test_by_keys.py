"""From the first page to an answer, its details, another wording and back, without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser
FOCUS = """() => {
  const it = document.activeElement;
  const ring = getComputedStyle(it);
  const box = it.getBoundingClientRect();
  return { name: (it.getAttribute("aria-label") || it.textContent || "").trim(), tag: it.localName,
           isSeen: box.width > 0 && box.height > 0 && (ring.outlineStyle !== "none" || ring.boxShadow !== "none"
                   || getComputedStyle(it.closest(".composer__form") ?? it).boxShadow !== "none"
                   || getComputedStyle(it.closest(".composer") ?? it).outlineStyle !== "none") };
}"""


def tabs_to(page: Page, name: str, *, key: str = "Tab", most: int = 60) -> None:
    """Press Tab until the control of that name has the focus; each stop on the way must be seen."""
    for _ in range(most):
        page.keyboard.press(key)
        found = page.evaluate(FOCUS)
        assert found["isSeen"] or found["tag"] == "body", f"the focus cannot be seen on {found}"
        if re.search(name, found["name"]):
            return
    raise AssertionError(f"no way to {name!r} by {key}")


def test_a_journey_by_keys_alone(first_page: Window, alice: Person) -> None:
    page = first_page.page
    expect(first_page.composer).to_be_focused()
    first_page.plays("thinking 20, say: A first answer.")
    page.keyboard.type("How many figs?")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    first_page.ends()
    # The thinking is unfolded, read and folded.
    page.locator("main").focus()
    tabs_to(page, "^Thought for")
    page.keyboard.press("Enter")
    expect(first_page.pane).to_have_attribute("open", "")
    page.keyboard.press("Space")
    expect(first_page.pane).not_to_have_attribute("open", "")
    tabs_to(page, "Details")
    page.keyboard.press("Enter")
    expect(page.get_by_text("First token after")).to_be_visible()
    tabs_to(page, "^Regenerate", key="Shift+Tab")
    first_page.plays("say: Another answer.")
    page.keyboard.press("Enter")
    expect(first_page.answer).to_contain_text("Another answer.")
    first_page.ends()
    page.locator("main").focus()
    tabs_to(page, "Previous version")
    page.keyboard.press("Enter")
    expect(first_page.answer).to_contain_text("A first answer.")
    # Up in an empty box takes the question again, Escape stops what comes of it.
    page.keyboard.press("/")
    expect(first_page.composer).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(first_page.composer).to_have_value("How many figs?")
    first_page.plays("thinking 100000, no-limit, rate 50")
    page.keyboard.press("Enter")
    expect(first_page.answer).to_have_attribute("data-state", "thinking")
    page.keyboard.press("Escape")
    first_page.ends("stopped")
    expect(page.locator("state-announcer")).to_have_text("Stopped")
