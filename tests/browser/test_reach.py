"""The composer with all it can hold, and the pages around it, for every reader: named, in contrast, never too wide."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.tray import NO_PICTURE, Tray, picture
from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser


def looks(window: Window) -> Iterator[str]:
    """Bring one look after the other onto the page; gives their names."""
    page, tray = window.page, Tray(window)
    tray.picks(picture("tomato", 640, 480), NO_PICTURE, picture("teal", 300, 900))
    tray.shows("tomato", "teal")
    expect(tray.refusals).to_have_count(1)
    yield "a question with pictures and a refusal"
    page.get_by_role("button", name="Parameters").click()
    page.get_by_label("seed").fill("3")
    yield "the drawer"
    page.keyboard.press("Escape")
    count = window.answers.count()
    window.composer.fill("simulate: answer 3, thinking 4")
    window.composer.press("Enter")
    expect(window.answers).to_have_count(count + 1)
    window.ends()
    window.answer.locator(".foot__summary").click()
    edit = page.locator(".question").last.get_by_role("link", name="Edit")
    edit.focus()
    yield "details and tools"
    address = str(edit.get_attribute("href"))
    edit.click()
    tray.shows("tomato", "teal")
    yield "editing"
    window.opens(address)
    yield "editing on a page of its own"
    page.get_by_role("link", name="teal.png").click()
    yield "a picture, large"
    page.get_by_role("link", name="What the model saw").click()
    expect(page.get_by_text("Your original")).to_be_visible()
    yield "what the model saw"
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    yield "the keys"
    window.opens("/settings/")
    yield "settings"


def is_calm(page: Page) -> None:
    """Nothing fades in or out any more: half-faded words have half their contrast."""
    # One that gives way to another is told as aborted.
    page.evaluate(
        """async () => {
          const running = () => document.getAnimations().filter((animation) => animation.playState === "running");
          while (running().length) await Promise.allSettled(running().map((animation) => animation.finished));
        }"""
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_anybodys_way(alice: Person, begun: str, open_window: Callable[..., Window], theme: str) -> None:
    window = open_window(alice, begun, color_scheme=theme, allow=("400 (Bad Request)",)).is_live()
    for name in looks(window):
        is_calm(window.page)
        found = Axe().run(window.page)
        assert found.response["violations"] == [], f"{name}: {found.generate_report()}"


def test_nothing_is_wider_than_a_phone_even_with_large_text(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, viewport={"width": 360, "height": 740}, allow=("400 (Bad Request)",)).is_live()
    page = window.page
    for name in looks(window):
        for size in ("", "200%"):
            width = page.evaluate(
                "(size) => { document.documentElement.style.fontSize = size;"
                " return document.documentElement.scrollWidth; }",
                size,
            )
            assert width <= 360, f"{name} at {size or '100%'}"
        page.evaluate("document.documentElement.style.fontSize = ''")
