"""Pictures of a question, large; code that is wider than the page."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.tray import picture
from tests.browser.windows import Window
from tests.lab.people import JSON, Person

pytestmark = pytest.mark.browser


def width(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box
    return float(box["width"])


@pytest.fixture
def asked(alice: Person, new_tab: Window) -> Window:
    """A question with three pictures, in Alice's window."""
    keys = []
    for colour in ("tomato", "gold", "seagreen"):
        file = picture(colour, 1600, 1200)
        headers = {"X-CSRFToken": alice.http.cookies["csrf"], **JSON}
        sent = {"file": (file["name"], file["buffer"], file["mimeType"])}
        keys.append(alice.http.post("/images/", files=sent, headers=headers).json()["id"])
    reply = alice.post("/conversations/", text="Which? simulate: say: red", client_id=keys[0], images=keys)
    alice.ended(reply.json()["message"])
    return new_tab.opens(reply.json()["url"]).is_live()


def test_pictures_open_large_and_the_arrows_lead_on(asked: Window) -> None:
    page = asked.page
    page.get_by_role("link", name="gold.png").click()
    viewer = page.get_by_role("dialog", name="Picture")
    shown = viewer.get_by_role("img", name="gold.png")
    expect(shown).to_be_visible()
    expect(viewer).to_contain_text("2/3")
    page.keyboard.press("ArrowRight")
    expect(viewer.get_by_role("img", name="seagreen.png")).to_be_visible()
    expect(viewer.get_by_role("button", name="Next picture")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("3/3")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(viewer.get_by_role("img", name="tomato.png")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.get_by_role("link", name="tomato.png")).to_be_focused()


def test_a_picture_is_magnified_and_fits_again(asked: Window) -> None:
    page = asked.page
    page.get_by_role("link", name="gold.png").click()
    viewer = page.get_by_role("dialog", name="Picture")
    shown = viewer.get_by_role("img", name="gold.png")
    expect(shown).to_have_js_property("complete", True)
    fits = width(shown)
    assert fits <= 1280
    viewer.get_by_role("button", name="Full size").click()
    own = width(shown)
    assert own == int(str(shown.get_attribute("width"))) > fits
    page.keyboard.press("+")
    assert width(shown) == 2 * own
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert width(shown) == fits
    viewer.get_by_role("link", name="What the model saw").click()
    expect(page).to_have_url(re.compile("/images/.*/seen/"))


def test_long_code_scrolls_in_itself_or_wraps(window: Window) -> None:
    window.asks("Code?", script="say: ```python\nx = '" + "y" * 3_000 + "'\n```")
    window.ends()
    code = window.answer.locator("code-block pre")
    overflow = "(pre) => pre.scrollWidth > pre.clientWidth"
    assert code.evaluate(overflow)
    window.answer.get_by_role("button", name="Wrap").click()
    assert not code.evaluate(overflow)
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
