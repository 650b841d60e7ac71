"""On paper: what was said, whole and in dark ink, with addresses spelled out; nothing to press, thinking by choice."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tray import Tray, picture
from tests.browser.windows import Window

pytestmark = pytest.mark.browser

THOUGHT = "\\n\\n".join(f"Thought {number}." for number in range(60))
TEXT = f"See [the source](https://ok.example/a), or https://ok.example/b.\n\n```\n{'x ' * 400}\n```"
# What no paper needs.
TO_PRESS = "button, textarea, .side, .connection, .composer, .question__foot, .pager, .drawer"
SHOWN = """(selector) => [...document.querySelectorAll(selector)].filter((found) => found.checkVisibility())
  .map((found) => found.outerHTML.slice(0, 80))"""
# Black on white has a contrast of 21; the quietest ink must be readable on paper, too.
LIGHTNESS = """(selector) => {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(document.querySelector(selector)).color;
  context.fillRect(0, 0, 1, 1);
  return Math.max(...context.getImageData(0, 0, 1, 1).data.slice(0, 3));
}"""
AFTER = """(link) => getComputedStyle(link, "::after").content"""


@pytest.fixture
def paper(window: Window) -> Iterator[Page]:
    """A conversation on paper: a question with pictures, a long thought, links and code."""
    Tray(window).picks(picture("tomato", 1200, 300), picture("teal", 300, 900))
    Tray(window).shows("tomato", "teal")
    window.asks("Which is wider?", script=f'think: "{THOUGHT}", say: {TEXT}')
    window.ends()
    window.page.emulate_media(media="print", color_scheme="dark")
    yield window.page
    window.page.emulate_media(media="screen", color_scheme="light")


def test_paper_has_what_was_said_and_nothing_to_press(paper: Page) -> None:
    expect(paper.locator("h1")).to_be_visible()
    expect(paper.get_by_text("Which is wider?")).to_be_visible()
    expect(paper.locator(".answer").last.locator(".foot__figures")).to_be_visible()
    assert paper.evaluate(SHOWN, TO_PRESS) == []
    for selector in ("h1", ".question__text", ".answer__text", ".foot__figures", ".thinking__label"):
        assert paper.evaluate(LIGHTNESS, selector) < 130, f"{selector} is dark ink, whatever the screen's colours"


def test_addresses_are_spelled_out_once(paper: Page) -> None:
    spelled = [link.evaluate(AFTER) for link in paper.locator(".answer").last.locator(".answer__text a").all()]
    assert spelled == ['" (https://ok.example/a)"', "none"]


def test_pictures_and_code_are_whole(paper: Page) -> None:
    for image in paper.locator(".question").last.locator("img").all():
        shown = image.evaluate(
            "({ width, height, naturalWidth, naturalHeight }) => [width / height, naturalWidth / naturalHeight]"
        )
        assert shown[0] == pytest.approx(shown[1], rel=0.05)
    code = paper.locator(".answer pre").last
    assert code.evaluate("(pre) => pre.scrollWidth <= pre.clientWidth"), "a long line is broken, not cut"


def test_only_unfolded_thinking_is_printed_and_then_all_of_it(paper: Page) -> None:
    pane = paper.locator(".answer").last.locator("details.thinking__pane")
    last = pane.get_by_text("Thought 59.")
    expect(pane.locator(".thinking__label")).to_be_visible()
    expect(last).to_be_hidden()
    paper.emulate_media(media="screen")
    pane.locator("summary").click()
    paper.emulate_media(media="print")
    expect(last).to_be_visible()
    text = pane.locator(".thinking__text")
    assert text.evaluate("(text) => text.scrollHeight <= text.clientHeight"), "nothing is left to scroll to"


def test_a_page_of_paper_is_not_wider_than_paper(paper: Page) -> None:
    paper.set_viewport_size({"width": 660, "height": 900})
    assert paper.evaluate("document.documentElement.scrollWidth") <= 660
