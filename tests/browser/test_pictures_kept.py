"""Pictures once they are taken: in drafts, in questions, on their own page, without scripts and on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.tray import COLOURS, Tray, picture, pictures_of
from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Upstream

pytestmark = pytest.mark.browser

REFUSED = ("400 (Bad Request)",)
UPLOADS = re.compile("/images/$")


def test_a_draft_keeps_its_pictures_and_leaves_out_what_is_gone(
    alice: Person, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, "/", allow=("404 (Not Found)",))
    tray = Tray(window)
    tray.picks(picture("sienna"), picture("silver"))
    tray.shows("sienna", "silver")
    window.reloads()
    tray.shows("sienna", "silver")
    expect(window.composer).to_have_value("")
    gone = str(tray.tiles.first.get_attribute("data-thumbnail"))
    window.page.route(re.compile(gone), lambda route: route.fulfill(status=404))
    window.reloads()
    tray.shows("silver")
    expect(tray.refusals).to_have_text(re.compile("sienna.png.*It is not kept any more"))
    window.reloads()
    tray.shows("silver")
    expect(tray.refusals).to_have_count(0)


def test_pictures_without_words_are_a_question(window: Window) -> None:
    tray = Tray(window)
    tray.picks(picture("plum"))
    tray.shows("plum")
    window.composer.press("Enter")
    expect(window.answers).to_have_count(2)
    last = window.page.locator(".question").last
    expect(last.locator("img")).to_have_count(1)
    expect(last.locator(".question__block")).to_have_count(0)
    window.ends()


def test_what_the_model_saw_can_be_looked_at(window: Window) -> None:
    tray, page = Tray(window), window.page
    tray.picks(picture("teal", 3000, 2000))
    tray.shows("teal")
    window.asks("How large is it?", script="answer 1")
    window.ends()
    here = page.url
    page.get_by_role("link", name="teal.png").click()
    page.get_by_role("dialog").get_by_role("link", name="What the model saw").click()
    expect(page.get_by_role("heading", name="What the model saw")).to_be_visible()
    shown = page.get_by_role("img", name="teal.png")
    width, height = (int(str(shown.get_attribute(side))) for side in ("width", "height"))
    assert width * height <= 2_621_440
    assert shown.evaluate("(img) => [img.naturalWidth, img.naturalHeight]") == [width, height]
    expect(page.locator(".facts")).to_contain_text(f"{width:,} × {height:,} pixels")
    expect(page.locator(".facts")).to_contain_text("3,000 × 2,000 pixels")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the original").click()
    assert download.value.suggested_filename == "teal.png"
    page.get_by_role("link", name="Back to the question").click()
    expect(page).to_have_url(re.compile(f"^{here}"))


def test_after_trouble_with_a_picture_it_is_asked_again_without(window: Window, upstream: Upstream) -> None:
    tray = Tray(window)
    tray.picks(picture("gold"))
    tray.shows("gold")
    window.asks("Is this gold?", script="error 400 image")
    window.ends("failed")
    upstream.play("answer 3")
    window.page.get_by_role("button", name="Ask again without the pictures").click()
    expect(window.answer).to_contain_text("<a000003>")
    window.ends("done")
    assert "image_url" not in str(upstream.log()[-1]["body"]["messages"])
    expect(window.page.get_by_role("link", name="gold.png")).to_be_visible()


def test_without_scripts_pictures_go_with_the_form(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, java_script_enabled=False)
    page, tray = window.page, Tray(window)
    tray.picks(picture("gold"), picture("teal"))
    window.composer.fill("Without scripts? simulate: answer 2")
    window.ask_button.click()
    expect(window.answers).to_have_count(2)
    expect(page.locator(".question").last.locator("img")).to_have_count(2)
    assert pictures_of(alice, window) == ["gold.png", "teal.png"]
    page.locator(".question").last.get_by_role("link", name="Edit").click()
    expect(page.get_by_text("Editing an earlier question.")).to_be_visible()
    expect(window.composer).to_have_value("Without scripts? simulate: answer 2")
    page.get_by_role("checkbox", name="Keep gold.png").uncheck()
    window.ask_button.click()
    expect(page).to_have_url(re.compile("/c/"))
    assert pictures_of(alice, window) == ["teal.png"]


def test_on_a_phone_all_is_in_reach(alice: Person, begun: str, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, begun, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page, tray = window.is_live().page, Tray(window)
    tray.picks(*(picture(colour, 640, 480) for colour in COLOURS[:5]))
    tray.shows(*COLOURS[:5])
    for button in tray.tiles.nth(1).get_by_role("button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 40
    window.composer.fill("So small?")
    window.ask_button.tap()
    expect(window.answers).to_have_count(2)
    window.ends()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator(".question").last.get_by_role("link", name="Edit").tap()
    tray.shows(*COLOURS[:5])
    expect(window.ask_button).to_be_in_viewport()
    page.get_by_role("button", name="Parameters").tap()
    expect(page.get_by_label("System prompt")).to_be_in_viewport()
    page.get_by_label("presence_penalty").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Done")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_picture_that_went_while_the_page_lay_open_leaves_when_the_question_is_refused(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, allow=("404 (Not Found)",)).is_live()
    tray = Tray(window)
    tray.picks(picture("khaki"), picture("sienna"))
    tray.shows("khaki", "sienna")
    gone = str(tray.tiles.first.get_attribute("data-thumbnail"))
    window.page.route(re.compile(gone), lambda route: route.fulfill(status=404))
    window.page.route(re.compile("/messages/$"), lambda route: route.fulfill(status=404, body="{}"), times=1)
    window.composer.fill("Still there? simulate: answer 2")
    window.composer.press("Enter")
    expect(window.complaint).to_contain_text("A picture or the conversation itself is not there any more.")
    expect(tray.refusals).to_have_text(re.compile("khaki.png.*It is not kept any more"))
    tray.shows("sienna")
    window.composer.press("Enter")
    expect(window.answers).to_have_count(2)
    expect(window.complaint).to_be_hidden()
