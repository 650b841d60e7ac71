"""Pictures in a real browser: given in every way, refused in words, put in order, asked about and edited."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.tray import COLOURS, NO_PICTURE, File, Tray, picture, pictures_of
from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Upstream

pytestmark = pytest.mark.browser

REFUSED = ("400 (Bad Request)",)
UPLOADS = re.compile("/images/$")


def test_dropped_pictures_are_asked_about_kept_and_edited(
    first_page: Window, alice: Person, upstream: Upstream
) -> None:
    window, tray = first_page, Tray(first_page)
    page = window.page
    tray.drops(picture("tomato"), picture("gold"), picture("seagreen"))
    tray.shows("tomato", "gold", "seagreen")
    tray.press("gold", "Remove gold.png")
    tray.shows("tomato", "seagreen")
    window.composer.fill("Which colours are these? simulate: answer 3")
    window.composer.press("Enter")
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    window.ends().reloads().is_live()
    thumbnails = page.locator(".question img")
    expect(thumbnails).to_have_count(2)
    expect(page.get_by_role("link", name="seagreen.png")).to_be_visible()
    assert pictures_of(alice, window) == ["tomato.png", "seagreen.png"]
    _edits(window, tray)
    assert pictures_of(alice, window) == ["seagreen.png", "navy.png"]
    asked = upstream.asked("Which two colours")[-1]["body"]["messages"][-1]["content"]
    assert [part["type"] for part in asked].count("image_url") == 2


def _edits(window: Window, tray: Tray) -> None:
    page = window.page
    window.composer.fill("Half a thou")
    page.locator(".question").hover()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_text("Editing an earlier question.")).to_be_visible()
    expect(window.composer).to_have_value("Which colours are these? simulate: answer 3")
    expect(window.composer).to_be_focused()
    tray.shows("tomato", "seagreen")
    tray.press("tomato", "Remove tomato.png")
    tray.picks(picture("navy"))
    tray.shows("seagreen", "navy")
    window.composer.fill("Which two colours are these? simulate: answer 4")
    window.composer.press("Enter")
    expect(page.get_by_text("Editing an earlier question.")).to_be_hidden()
    expect(page.locator(".question__text")).to_have_text("Which two colours are these? simulate: answer 4")
    expect(window.answer).to_contain_text("<a000004>")
    expect(window.composer).to_have_value("Half a thou")
    tray.shows()
    pager = page.locator(".question").get_by_role("group", name="Versions")
    expect(pager).to_contain_text("2/2")
    window.ends()
    pager.get_by_role("button", name="Previous version").click()
    expect(page.locator(".question__text")).to_have_text("Which colours are these? simulate: answer 3")
    page.locator(".question").get_by_role("button", name="Next version").click()
    expect(page.locator(".question__text")).to_have_text("Which two colours are these? simulate: answer 4")


def test_a_pasted_picture_is_taken_and_a_pasted_table_is_text(window: Window) -> None:
    tray = Tray(window)
    assert tray.pastes(picture("orchid"))
    tray.shows("orchid")
    assert not tray.pastes(picture("teal"), texts={"text/plain": "1\t2", "text/html": "<table></table>"})
    tray.shows("orchid")
    window.page.get_by_role("button", name="Parameters").click()
    window.page.get_by_label("System prompt").focus()
    script = 'document.activeElement.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, clipboardData: new DataTransfer()}))'
    window.page.evaluate(script)
    tray.shows("orchid")


def test_the_same_picture_twice_is_one(window: Window) -> None:
    tray = Tray(window)
    tray.picks(picture("plum"), picture("plum"))
    tray.shows("plum")


def test_what_is_refused_goes_with_a_sentence_and_the_rest_stays(
    alice: Person, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, "/", allow=REFUSED)
    tray = Tray(window)
    window.composer.fill("What are these?")
    huge = File(name="huge.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n" + bytes(10_000_000))
    tray.drops(picture("gold"), NO_PICTURE, huge, picture("navy"))
    tray.shows("gold", "navy")
    expect(tray.refusals).to_have_count(2)
    expect(tray.refusals.filter(has_text="notes.txt")).to_contain_text("This file is not a picture.")
    expect(tray.refusals.filter(has_text="huge.png")).to_contain_text("larger than 10 MB")
    expect(window.composer).to_have_value("What are these?")
    tray.refusals.first.get_by_role("button", name="Dismiss").click()
    expect(tray.refusals).to_have_count(1)
    tray.drops(picture("teal"))
    tray.shows("gold", "navy", "teal")
    expect(tray.refusals).to_have_count(0)


def test_ten_pictures_are_the_most(window: Window) -> None:
    tray = Tray(window)
    tray.picks(*(picture(colour, 32, 32) for colour in COLOURS))
    tray.shows(*COLOURS[:10])
    expect(tray.refusals).to_have_text(re.compile("at most 10 pictures"))


def test_a_picture_that_could_not_be_sent_can_be_sent_again(alice: Person, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, "/", allow=("net::ERR_FAILED", "503 (Service Unavailable)"))
    tray = Tray(window)
    busy = '{"error": {"code": "busy", "message": "Too many pictures are being looked at right now."}}'
    window.page.route(UPLOADS, lambda route: route.fulfill(status=503, body=busy), times=2)
    window.page.route(UPLOADS, lambda route: route.abort(), times=1)
    tray.picks(picture("khaki"))
    expect(tray.refusals).to_contain_text("khaki.png It could not be sent")
    tray.refusals.get_by_role("button", name="Try again").click()
    expect(tray.refusals).to_contain_text("Too many pictures are being looked at")
    window.page.unroute_all()
    tray.refusals.get_by_role("button", name="Try again").click()
    tray.shows("khaki")
    expect(tray.refusals).to_have_count(0)


def test_the_order_is_changed_by_keys_and_by_dragging(window: Window, alice: Person) -> None:
    tray, page = Tray(window), window.page
    tray.picks(picture("tomato"), picture("gold"), picture("teal"))
    tray.shows("tomato", "gold", "teal")
    later = page.get_by_role("button", name="Move back tomato.png")
    later.focus()
    later.press("Enter")
    tray.shows("gold", "tomato", "teal")
    expect(later).to_be_focused()
    later.press("Enter")
    tray.shows("gold", "teal", "tomato")
    expect(page.get_by_role("button", name="Move forward tomato.png")).to_be_focused()
    tray.tiles.first.drag_to(tray.tiles.last, target_position={"x": 110, "y": 50})
    tray.shows("teal", "tomato", "gold")
    window.asks("In which order?", script="answer 1")
    window.ends()
    assert pictures_of(alice, window) == ["teal.png", "tomato.png", "gold.png"]


def test_a_question_waits_for_its_pictures_unless_the_person_writes_on(window: Window, alice: Person) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.page.route(UPLOADS, hold)
    tray, status = Tray(window), window.page.locator(".composer__status")
    tray.picks(picture("navy"))
    expect(status).to_have_text("Pictures are on their way")
    window.composer.fill("What colour? simulate: answer 2")
    window.composer.press("Enter")
    expect(status).to_have_text("Asked as soon as the pictures are there")
    window.composer.press_sequentially(" ")
    expect(status).to_have_text("Pictures are on their way")
    window.composer.press("Enter")
    expect(window.answers).to_have_count(1)
    held.pop().continue_()
    expect(window.answers).to_have_count(2)
    expect(status).to_be_empty()
    tray.shows()
    window.ends()
    assert pictures_of(alice, window) == ["navy.png"]
