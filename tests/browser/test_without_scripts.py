"""Everything works with JavaScript off: forms post, the page refreshes itself while an answer runs."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.lab.people import PASSWORD
from tests.lab.processes import Site, Upstream

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(site: Site, open_browser: Callable[..., BrowserContext]) -> Page:
    """The first page of a person who just signed up, without scripts."""
    # The browser reports the refusal of a question as an error.
    page = open_browser(site, java_script_enabled=False, allow=("409 (Conflict)",)).new_page()
    page.goto("/")
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("E-mail address").fill(f"plain-{uuid4().hex[:8]}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
    return page


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Your question").fill(text)
    page.get_by_role("button", name="Ask", exact=True).click()


def test_a_person_asks_watches_stops_asks_again_and_tidies_up(plain: Page, upstream: Upstream) -> None:
    page = plain
    answer = page.locator("article.answer")
    upstream.play("rate 30, thinking 30, answer 4000")
    ask(page, "Why?")
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/#message-"))
    # It comes by itself: the page refreshes while the answer runs.
    expect(answer).to_contain_text("<a000010>")
    details = answer.locator(".thinking__pane")
    expect(details).not_to_have_attribute("open", "")
    page.get_by_role("button", name="Stop").click()
    expect(answer).to_contain_text("Stopped by you after")
    details.locator("summary").click()
    expect(details).to_contain_text("<r000030>")
    upstream.play("answer 3")
    page.get_by_role("button", name="Regenerate").click()
    pager = page.get_by_role("group", name="Versions")
    expect(pager).to_contain_text("2/2")
    expect(answer).to_contain_text("<a000003>")
    pager.get_by_role("button", name="Previous version").click()
    expect(pager).to_contain_text("1/2")
    expect(answer).to_contain_text("Stopped by you after")
    _renames_and_deletes(page)


def _renames_and_deletes(page: Page) -> None:
    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill("Without scripts")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("Without scripts")
    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()


def test_a_refused_question_keeps_its_text_and_says_why(plain: Page, upstream: Upstream) -> None:
    page = plain
    upstream.play("rate 30, thinking 4000")
    ask(page, "Why?")
    # The form of a running answer shows Stop; a second window may still hold the Ask button.
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("article.answer")).to_contain_text("Stopped by you after")
    upstream.play("rate 30, thinking 4000")
    other.reload()
    ask(other, "And then?")
    expect(other.get_by_role("button", name="Stop")).to_be_visible()
    ask(page, "A second question")
    expect(page.locator("#composer-error")).to_contain_text("An answer is still being written here.")
    expect(page.get_by_role("textbox", name="Your question")).to_have_value("A second question")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("article.answer").last).to_contain_text("Stopped by you after")


def test_questions_worth_trying_fill_the_box(plain: Page) -> None:
    plain.get_by_role("link", name=re.compile("square root of 2")).click()
    expect(plain.get_by_role("textbox", name="Your question")).to_have_value(re.compile("^Why is the square root of 2"))
