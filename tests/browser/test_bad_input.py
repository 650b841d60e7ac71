"""Whatever is written, the page stays whole: never wider than a phone, nothing behind the composer, titles on one line."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chatapp.management.examples import hard
from tests.browser.tray import picture
from tests.browser.windows import Window
from tests.lab.people import JSON, Person

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
TABLE = "\n".join(f"| {' | '.join(cells)} |" for cells in (["column"] * 60, ["---"] * 60, *[["1"] * 60] * 5))
LINE = f"```\n{'x = 1; ' * 1_430}\n```"
ANSWERS = {
    "a table of sixty columns": TABLE,
    "a line of ten thousand letters": LINE,
    "a word of ten thousand letters": "x" * 10_000,
    "a formula without end": f"$${'x + ' * 500}x$$",
    "quotes in quotes": "> " * 30 + "deep",
    "a list without end inwards": "\n".join(f"{'  ' * level}- deeper" for level in range(30)),
}
FIRST_LINES = """() => {
  const line = (element) => element.getBoundingClientRect().height / parseFloat(getComputedStyle(element).lineHeight);
  return [...document.querySelectorAll(".head__title, .side__link[aria-current]")].map(line);
}"""


def is_whole(page: Page) -> None:
    """Nothing makes the page scroll sideways, and its end is above the composer, not behind it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth"), "scrolls sideways"
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    turn = page.locator("[data-turns] > article").last.bounding_box()
    composer = page.locator(".composer__form").bounding_box()
    assert turn
    assert composer
    assert turn["y"] + turn["height"] <= composer["y"], "the last line is behind the composer"


def sizes(page: Page) -> Any:
    """The phone, then the phone with large text."""
    page.set_viewport_size(PHONE)
    for size in ("", "200%"):
        page.evaluate("(size) => void (document.documentElement.style.fontSize = size)", size)
        yield size
    page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("title", hard.TITLES.values(), ids=hard.TITLES)
def test_a_title_takes_one_line_and_no_more(window: Window, begun: str, title: str, alice: Person) -> None:
    assert alice.post(f"{begun}rename/", title=title[:200]).status_code == 200
    window.opens(begun)
    assert all(lines < 1.9 for lines in window.page.evaluate(FIRST_LINES))
    is_whole(window.page)
    for _ in sizes(window.page):
        for path in (begun, "/conversations/", f"{begun}rename/", f"{begun}delete/"):
            window.opens(path)
            assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_moves_inside_its_own_frame_never_the_page(window: Window, text: str) -> None:
    window.asks("Why?", script=f"say: {text}")
    window.ends()
    is_whole(window.page)
    for _ in sizes(window.page):
        is_whole(window.page)


def test_a_question_of_a_hundred_kilobytes_is_shown_whole(window: Window) -> None:
    text = "word " * 10_000 + "x" * 50_000
    window.page.set_viewport_size(PHONE)
    window.asks(text, script="say: Yes.")
    window.ends()
    assert window.page.locator(".question__text").last.evaluate("(words) => words.textContent.length") >= 99_000
    is_whole(window.page)


def test_forty_pictures_keep_the_page_whole(alice: Person, window: Window, begun: str) -> None:
    conversation = begun.split("/")[2]
    for start in range(0, 40, 10):
        ids = [_uploaded(alice, 20 + start + place) for place in range(10)]
        fields = {"text": "Which? simulate: answer 1", "images": ids}
        posted = alice.http.post(
            f"/conversations/{conversation}/messages/",
            data=fields | {"client_id": f"00000000-0000-4000-8000-{start:012}"},
            headers=JSON | {"X-CSRFToken": alice.http.cookies["csrf"]},
        ).json()
        alice.ended(posted["message"])
    window.opens(begun).is_live()
    expect(window.page.locator(".pictures__picture")).to_have_count(40)
    for _ in sizes(window.page):
        is_whole(window.page)


def _uploaded(person: Person, width: int) -> str:
    file = picture("teal", 8 * width, 200)
    reply = person.http.post(
        "/images/",
        files={"file": (file["name"], file["buffer"], file["mimeType"])},
        headers=JSON | {"X-CSRFToken": person.http.cookies["csrf"]},
    )
    assert reply.status_code in {200, 201}, reply.text
    return str(reply.json()["id"])
