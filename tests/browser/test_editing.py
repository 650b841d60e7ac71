"""Earlier questions in other words: in the composer where it is, on a page of its own, and by a key."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.tray import Tray, picture
from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser

CONFLICT = ("409 (Conflict)",)


def question(window: Window) -> str:
    return str(window.page.locator("article.question").last.get_attribute("data-message"))


def test_the_up_key_edits_the_last_question_and_escape_brings_the_draft_back(window: Window) -> None:
    tray = Tray(window)
    window.asks("  Two lines,\nand a space before. simulate: answer 2")
    window.ends()
    window.composer.press("ArrowUp")
    expect(window.composer).to_have_value("  Two lines,\nand a space before. simulate: answer 2")
    window.composer.fill("Something else")
    window.composer.press("Escape")
    expect(window.composer).to_have_value("")
    window.composer.fill("Only a draft")
    tray.picks(picture("teal"))
    tray.shows("teal")
    window.composer.press("ArrowUp")
    expect(window.composer).to_have_value("Only a draft")
    window.page.locator(".question").last.hover()
    window.page.get_by_role("link", name="Edit", exact=True).last.click()
    expect(window.composer).to_have_value("  Two lines,\nand a space before. simulate: answer 2")
    tray.shows()
    window.page.get_by_role("link", name="Cancel").click()
    expect(window.composer).to_have_value("Only a draft")
    tray.shows("teal")


def test_an_edit_that_was_left_is_found_again(window: Window) -> None:
    window.asks("First words simulate: answer 2")
    window.ends()
    window.composer.press("ArrowUp")
    window.composer.fill("Better words simulate: answer 3")
    window.reloads()
    expect(window.composer).to_have_value("")
    window.composer.press("ArrowUp")
    expect(window.composer).to_have_value("Better words simulate: answer 3")
    window.composer.press("Enter")
    expect(window.answer).to_contain_text("<a000003>")
    window.ends().reloads()
    window.composer.press("ArrowUp")
    expect(window.composer).to_have_value("Better words simulate: answer 3")


def test_an_edit_gives_up_what_came_after(window: Window, alice: Person, open_window: Callable[..., Window]) -> None:
    """Here and on other devices: theirs hear of another branch, and learn that their last turn is not on it."""
    window.asks("One? simulate: answer 2")
    window.ends()
    window.asks("Two? simulate: answer 2")
    window.ends()
    reader = open_window(alice, window.page.url, allow=CONFLICT).is_live()
    expect(reader.answers).to_have_count(3)
    window.page.locator(".question").nth(1).hover()
    window.page.locator(".question").nth(1).get_by_role("link", name="Edit").click()
    window.composer.fill("One and a half? simulate: answer 5")
    window.composer.press("Enter")
    for page in (window, reader):
        expect(page.answers).to_have_count(2)
        expect(page.page.locator(".question__text").last).to_have_text("One and a half? simulate: answer 5")
        page.ends()
        expect(page.answer).to_contain_text("<a000005>")


def test_a_page_of_its_own_edits_too(alice: Person, begun: str, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, begun, allow=CONFLICT).is_live()
    tray = Tray(window)
    tray.picks(picture("navy"))
    tray.shows("navy")
    window.asks("At home? simulate: answer 2")
    window.ends()
    editor = open_window(alice, f"/messages/{question(window)}/edit/")
    expect(editor.composer).to_have_value("At home? simulate: answer 2")
    Tray(editor).shows("navy")
    editor.composer.fill("Abroad? simulate: wait 1, answer 4")
    editor.reloads()
    expect(editor.composer).to_have_value("Abroad? simulate: wait 1, answer 4")
    editor.page.get_by_role("link", name="Cancel").click()
    expect(editor.page).to_have_url(re.compile("/c/"))
    expect(editor.composer).to_have_value("")
    editor.opens(f"/messages/{question(window)}/edit/")
    expect(editor.composer).to_have_value("At home? simulate: answer 2")
    editor.composer.fill("Abroad? simulate: wait 1, answer 4")
    editor.composer.press("Enter")
    expect(editor.page).to_have_url(re.compile("/c/"))
    expect(editor.answer).to_contain_text("<a000004>")
    expect(editor.page.locator(".question").last.locator("img")).to_have_count(1)


def test_a_question_that_was_filtered_is_put_in_other_words(window: Window) -> None:
    window.asks("Something forbidden", script="error 403")
    window.ends("filtered")
    window.page.get_by_role("link", name="Edit the question").click()
    expect(window.composer).to_have_value("Something forbidden")
    window.composer.fill("Something harmless simulate: answer 2")
    window.composer.press("Enter")
    expect(window.answer).to_contain_text("<a000002>")
