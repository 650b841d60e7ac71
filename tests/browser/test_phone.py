"""A phone: 360 by 740, touched by fingers, and with large text."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDE = "| a column | another column | a third column | a fourth column |\n|---|---|---|---|\n| 1111111111 | 2 | 3 | 4 |"
LONG_WORDS = f"{'long' * 30} `{'code' * 30}` https://example.com/{'path' * 30} $x = {'y + ' * 40}z$"


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{page.url} scrolls sideways"


def test_on_a_phone_everything_is_in_reach(alice: Person, begun: str, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, begun, **PHONE).is_live()
    page = window.page
    composer = page.locator(".composer__form")
    expect(composer).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Conversations").tap()
    side = page.get_by_role("navigation", name="Conversations")
    expect(side.locator("[aria-current=page]")).to_be_in_viewport()
    page.touchscreen.tap(350, 500)
    expect(side).to_be_hidden()
    window.composer.tap()
    window.composer.press_sequentially("Why?")
    window.composer.press("Enter")
    window.composer.press_sequentially("Because.")
    expect(window.composer).to_have_value("Why?\nBecause.")
    window.plays(f'think: "{"x" * 200}", say: {WIDE}\n\n```\n{"code " * 40}\n```\n\n{LONG_WORDS}')
    window.ask_button.tap()
    expect(window.answers).to_have_count(2)
    window.ends()
    window.pane_head.tap()
    for size in ("100%", "200%"):
        page.evaluate("(size) => void (document.documentElement.style.fontSize = size)", size)
        fits(page)
        expect(composer).to_be_in_viewport()
        box = composer.bounding_box()
        assert box
        assert box["height"] < 740 / 2, "the composer leaves room to read"
        for path in ("/", "/conversations/", "/settings/"):
            page.goto(path)
            page.evaluate("(size) => void (document.documentElement.style.fontSize = size)", size)
            fits(page)
        page.goto(begun)
