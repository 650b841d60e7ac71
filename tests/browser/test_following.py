"""The page follows the end of a growing answer only while the reader is there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.movement import moved
from tests.browser.windows import Window

pytestmark = pytest.mark.browser

TEXT = "\n\n".join(f"Paragraph {n} has a few words, so that it takes a line or two of the page." for n in range(1, 100))
END = "document.documentElement.scrollHeight - scrollY - innerHeight"
HEIGHT = "document.documentElement.scrollHeight"


@pytest.fixture
def reader(window: Window) -> Iterator[Window]:
    """A window with a long answer being written, already longer than the window."""
    window.page.set_viewport_size({"width": 700, "height": 500})
    window.asks("Why?", script=f'rate 250, think: "Hm.", say: {TEXT}')
    grows(window.page, by=700)
    yield window
    if window.stop_button.is_visible():
        window.page.keyboard.press("Escape")


def grows(page: Page, *, by: int) -> None:
    """Wait until the page is that much higher than now."""
    page.wait_for_function(f"before => {HEIGHT} > before + {by}", arg=page.evaluate(HEIGHT))


def is_at_the_end(page: Page) -> None:
    page.wait_for_function(f"() => {END} < 2")


def newest_button(window: Window) -> Locator:
    return window.page.get_by_role("button", name="To the newest")


def scroll_up(page: Page) -> float:
    page.mouse.move(300, 200)
    with moved(page, by=-150):
        page.mouse.wheel(0, -400)
    return float(page.evaluate("scrollY"))


def test_the_page_follows_while_the_reader_is_at_the_end(reader: Window) -> None:
    for _ in range(3):
        grows(reader.page, by=100)
        is_at_the_end(reader.page)
    expect(newest_button(reader)).to_be_hidden()
    last = reader.answer.locator("[data-kind=text]").bounding_box()
    composer = reader.page.locator(".composer__form").bounding_box()
    assert last
    assert composer
    assert last["y"] + last["height"] <= composer["y"], "the composer covers no line"


def test_a_reader_who_scrolled_up_stays_there_until_they_ask_for_the_newest(reader: Window) -> None:
    page = reader.page
    place = scroll_up(page)
    grows(page, by=400)
    assert page.evaluate("scrollY") == place
    newest_button(reader).click()
    is_at_the_end(page)
    expect(newest_button(reader)).to_be_hidden()
    grows(page, by=100)
    is_at_the_end(page)


def test_scrolling_back_to_the_end_follows_again(reader: Window) -> None:
    page = reader.page
    scroll_up(page)
    page.mouse.wheel(0, 20_000)
    is_at_the_end(page)
    grows(page, by=100)
    is_at_the_end(page)


def test_the_ending_does_not_move_a_reader_who_is_elsewhere(reader: Window) -> None:
    place = scroll_up(reader.page)
    reader.ends()
    assert reader.page.evaluate("scrollY") == place
    expect(newest_button(reader)).to_be_hidden()


def test_a_reader_who_goes_up_by_a_line_is_left_there(reader: Window) -> None:
    page = reader.page
    page.mouse.move(300, 200)
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, -30)
    grows(page, by=300)
    assert page.evaluate("scrollY") < before + 100
