"""The list of conversations: rename and delete in place, by mouse and by keys, and have back what was deleted."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.windows import Window
from tests.lab.people import JSON, Person

pytestmark = pytest.mark.browser


@pytest.fixture
def three(alice: Person, new_tab: Window) -> Iterator[list[str]]:
    """Three conversations, the newest first, and nothing else; the window shows the newest."""
    for row in alice.http.get("/conversations/", headers=JSON).json()["conversations"]:
        alice.post(f"/c/{row['id']}/purge/")
    keys = []
    for title in ("Plums", "Figs", "Pears"):
        posted = alice.asks(f"{title} simulate: say: yes")
        alice.ended(posted["message"])
        alice.post(f"/c/{posted['conversation']}/rename/", title=title)
        keys.insert(0, posted["conversation"])
    new_tab.opens(f"/c/{keys[0]}/").is_live()
    yield keys


def link(window: Window, title: str) -> Locator:
    return window.page.locator(".side__link", has_text=title)


def titles(window: Window) -> list[str]:
    return window.page.locator(".side__link").all_inner_texts()


def opens_menu(window: Window, title: str) -> None:
    link(window, title).hover()
    window.page.get_by_role("button", name=f"More for “{title}”").click()


def test_a_title_is_changed_in_place(three: list[str], new_tab: Window, alice: Person) -> None:
    opens_menu(new_tab, "Figs")
    new_tab.page.get_by_role("menuitem", name="Rename").click()
    box = new_tab.page.get_by_role("textbox", name="Title")
    expect(box).to_be_focused()
    box.fill("Figs & <b>dates</b>")
    box.press("Enter")
    expect(link(new_tab, "Figs & <b>dates</b>")).to_be_focused()
    assert titles(new_tab) == ["Pears", "Figs & <b>dates</b>", "Plums"]
    new_tab.page.keyboard.press("F2")
    box.fill("never mind")
    box.press("Escape")
    assert titles(new_tab) == ["Pears", "Figs & <b>dates</b>", "Plums"]
    stored = alice.http.get("/conversations/", headers=JSON).json()["conversations"]
    assert [row["title"] for row in stored] == titles(new_tab)


def test_the_shown_conversations_title_changes_everywhere(three: list[str], new_tab: Window) -> None:
    link(new_tab, "Pears").focus()
    new_tab.page.keyboard.press("F2")
    new_tab.page.get_by_role("textbox", name="Title").fill("Quinces")
    new_tab.page.keyboard.press("Enter")
    expect(new_tab.page.get_by_role("heading", level=1)).to_have_text("Quinces")
    expect(new_tab.page).to_have_title(re.compile("^Quinces"))


def test_what_is_deleted_can_be_had_back_at_once(three: list[str], new_tab: Window, alice: Person) -> None:
    opens_menu(new_tab, "Figs")
    new_tab.page.get_by_role("menuitem", name="Delete").click()
    expect(new_tab.page.get_by_text("Deleted “Figs”.")).to_be_visible()
    expect(link(new_tab, "Plums")).to_be_focused()
    assert titles(new_tab) == ["Pears", "Plums"]
    assert alice.http.get("/trash/", headers=JSON).json()["conversations"][0]["title"] == "Figs"
    new_tab.page.get_by_role("button", name="Undo").click()
    expect(link(new_tab, "Figs")).to_be_focused()
    assert titles(new_tab) == ["Pears", "Figs", "Plums"]
    assert alice.http.get("/conversations/", headers=JSON).json()["count"] == 3


def test_deleting_what_is_shown_leads_to_the_first_page_and_back(three: list[str], new_tab: Window) -> None:
    link(new_tab, "Pears").focus()
    new_tab.page.keyboard.press("Delete")
    expect(new_tab.page).to_have_url(re.compile(r"/$"))
    new_tab.page.get_by_role("button", name="Undo").click()
    expect(new_tab.page).to_have_url(re.compile(f"/c/{three[0]}/$"))
    new_tab.is_live()


def test_the_list_is_walked_by_keys_alone(three: list[str], new_tab: Window) -> None:
    link(new_tab, "Pears").focus()
    new_tab.page.keyboard.press("ArrowDown")
    expect(link(new_tab, "Figs")).to_be_focused()
    new_tab.page.keyboard.press("Tab")
    new_tab.page.keyboard.press("Enter")
    expect(new_tab.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    new_tab.page.keyboard.press("ArrowDown")
    expect(new_tab.page.get_by_role("menuitem", name="Delete")).to_be_focused()
    new_tab.page.keyboard.press("Escape")
    expect(new_tab.page.get_by_role("button", name="More for “Figs”")).to_be_focused()


def test_a_list_that_cannot_reach_the_site_says_so_and_keeps_all(three: list[str], new_tab: Window) -> None:
    new_tab.allows("Failed to load resource", "net::ERR")
    new_tab.page.route("**/delete/", lambda route: route.abort())
    link(new_tab, "Figs").focus()
    new_tab.page.keyboard.press("Delete")
    expect(new_tab.complaint).to_contain_text("did not reach the site")
    assert titles(new_tab) == ["Pears", "Figs", "Plums"]


def test_keys_of_a_single_letter(three: list[str], new_tab: Window) -> None:
    page = new_tab.page
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(new_tab.composer).to_be_focused()
    # In the box they are letters.
    page.keyboard.type("n?/")
    expect(new_tab.composer).to_have_value("n?/")
    new_tab.composer.fill("")
    page.locator("main").focus()
    for key, kind in (("j", "question"), ("j", "answer"), ("k", "question")):
        page.keyboard.press(key)
        expect(page.locator(f"article.{kind}")).to_be_focused()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/$"))


def test_keys_of_a_single_letter_can_be_turned_off(three: list[str], new_tab: Window) -> None:
    page = new_tab.page
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys of a single letter").uncheck()
    page.keyboard.press("Escape")
    new_tab.reloads()
    page.locator("main").focus()
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    assert page.url.endswith(f"/c/{three[0]}/")
    page.get_by_label("Keys of a single letter").check()


def test_the_days_of_the_list_are_the_readers(three: list[str], new_tab: Window) -> None:
    assert {cookie["name"]: cookie["value"] for cookie in new_tab.context.cookies()}["zone"] == "UTC"
