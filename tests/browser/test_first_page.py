"""The first page: three questions worth trying, one with a picture of ours."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.tray import Tray, pictures_of
from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser


def test_a_suggestion_brings_its_picture_into_the_composer(first_page: Window, alice: Person) -> None:
    page, tray = first_page.page, Tray(first_page)
    expect(page.locator(".suggestions__item")).to_have_count(3)
    page.get_by_role("link", name="How many figs").click()
    expect(first_page.composer).to_have_value(re.compile("How many figs"))
    expect(tray.taken).to_have_count(1)
    first_page.plays("say: Seven, and one is cut.")
    first_page.ask_button.click()
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    first_page.ends()
    assert pictures_of(alice, first_page) == ["figs.webp"]


def test_a_suggestion_without_a_picture_is_only_its_words(first_page: Window) -> None:
    first_page.page.get_by_role("link", name="square root of 2").click()
    expect(first_page.composer).to_have_value(re.compile("square root of 2"))
    expect(Tray(first_page).tiles).to_have_count(0)
