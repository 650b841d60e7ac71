"""The thinking pane: what opens and folds it, its header, its newest line, its copy."""

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.movement import moved
from tests.browser.windows import Window
from tests.lab.people import Person, text_of
from tests.lab.processes import Site

pytestmark = pytest.mark.browser

# Long enough to look at it while it thinks, and while it answers.
SLOW = "rate 100, thinking 60, answer 60, pause 2 after 40, pause 2 after 90"
THOUGHT = "First **this**, then that.\n\n- one\n- two\n\nWhat about $x^2$ and `code`?"


@pytest.fixture
def thinker(site: Site) -> Iterator[Person]:
    """A person whose preference may be changed."""
    person = Person(site, f"thinker-{uuid4().hex[:8]}@example.com").signs_up()
    yield person
    person.close()


def is_open(pane: Locator) -> None:
    expect(pane).to_have_attribute("open", "")


def is_folded(pane: Locator) -> None:
    expect(pane).not_to_have_attribute("open", "")


def state_is(window: Window, state: str) -> None:
    expect(window.answer).to_have_attribute("data-state", state)


def prefers(window: Window, words: str) -> None:
    window.opens("/settings/").page.get_by_label(words).check()
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


def test_auto_is_open_while_it_thinks_and_folds_when_the_answer_starts(window: Window) -> None:
    window.asks("Why?", script=SLOW)
    state_is(window, "thinking")
    is_open(window.pane)
    state_is(window, "answering")
    is_folded(window.pane)
    window.ends().reloads()
    is_folded(window.pane)


def test_always_open_stays_open_and_always_folded_stays_folded(
    thinker: Person, open_window: Callable[..., Window]
) -> None:
    path = f"/c/{thinker.asks('Hello? simulate: answer 1')['conversation']}/"
    window = open_window(thinker)
    for words, check in (("Always open", is_open), ("Always folded", is_folded)):
        prefers(window, words)
        window.opens(path).is_live().asks("Why?", script=SLOW)
        for state in ("thinking", "answering"):
            state_is(window, state)
            check(window.pane)
        window.ends()
        check(window.pane)
        window.reloads()
        check(window.pane)


def test_what_is_opened_by_hand_stays_open_also_after_a_reload(window: Window) -> None:
    window.asks("Why?", script=SLOW)
    window.pane_head.click()
    is_folded(window.pane)
    window.pane_head.press("Enter")
    is_open(window.pane)
    state_is(window, "answering")
    is_open(window.pane)
    window.ends()
    is_open(window.pane)
    window.reloads()
    is_open(window.pane)


def test_the_header_is_one_line_high_in_every_state_and_tells_the_newest_line(window: Window) -> None:
    heights: dict[str, float] = {}

    def measure(state: str, element: Locator) -> None:
        box = element.bounding_box()
        assert box
        heights[state] = box["height"]

    thought = "The first line.\\nThe second line is newer and so long that it cannot stand beside the rest of it."
    window.asks("Why?", script=f'delay 2, rate 60, think: "{thought}", pause 4 after 16, say: So.')
    state_is(window, "waiting")
    measure("waiting", window.answer.locator(".answer__running"))
    state_is(window, "thinking")
    expect(window.pane_head).to_contain_text(re.compile(r"Thinking\s*0:0\d"))
    measure("running, open", window.pane_head)
    window.pane_head.click()
    expect(window.pane_head.locator("[data-newest]")).to_have_text(re.compile("^The second line is newer"))
    measure("running, folded", window.pane_head)
    window.ends()
    is_folded(window.pane)
    measure("done, folded", window.pane_head)
    window.pane_head.click()
    is_open(window.pane)
    measure("done, open", window.pane_head)
    assert len(set(heights.values())) == 1, heights


# How far from its newest line the pane is.
DISTANCE = "text.scrollHeight - text.scrollTop - text.clientHeight"


def _is_at_newest(page: Page, text: Locator) -> None:
    page.wait_for_function(f"(text) => {DISTANCE} < 2", arg=text.element_handle())


def _text_grows(page: Page, text: Locator) -> None:
    page.wait_for_function(
        "([text, before]) => text.scrollHeight > before + 40",
        arg=[text.element_handle(), text.evaluate("(text) => text.scrollHeight")],
    )


def test_the_open_pane_stays_at_the_newest_line_unless_the_reader_scrolls_up(window: Window) -> None:
    page = window.page
    window.asks("Why?", script="rate 150, thinking 4000, answer 5")
    text = window.pane_text
    page.wait_for_function("(text) => text.scrollHeight > text.clientHeight + 100", arg=text.element_handle())
    height = text.evaluate("(text) => text.clientHeight")
    _text_grows(page, text)
    _is_at_newest(page, text)
    text.hover()
    with moved(page, by=-60, box=".thinking__text"):
        page.mouse.wheel(0, -120)
    _text_grows(page, text)
    place = text.evaluate("(text) => text.scrollTop")
    _text_grows(page, text)
    assert text.evaluate("(text) => text.scrollTop") == place, "paused"
    assert text.evaluate("(text) => text.clientHeight") == height, "capped"
    page.mouse.wheel(0, 20_000)
    _is_at_newest(page, text)
    _text_grows(page, text)
    _is_at_newest(page, text)
    page.keyboard.press("Escape")
    window.ends("stopped")


def test_copy_copies_exactly_the_thinking(window: Window, alice: Person) -> None:
    thought = THOUGHT.replace("\n", "\\n")
    window.asks("Why?", script=f'think: "{thought}", say: The answer.')
    window.ends()
    assert text_of(alice.message(window.message()), "thinking") == THOUGHT
    window.pane_head.click()
    window.pane.get_by_role("button", name="Copy the thinking").click()
    expect(window.pane).to_contain_text("Copied")
    copied = window.page.evaluate("navigator.clipboard.readText()")
    assert copied.split() == re.sub(r"[*`$-]", "", THOUGHT).split()


def test_folding_keeps_the_readers_place(window: Window) -> None:
    page = window.page
    page.set_viewport_size({"width": 800, "height": 420})
    thought = "\\n\\n".join(f"Thought {n} in a line of its own." for n in range(30))
    text = "\n\n".join(f"Line {n} of the answer." for n in range(40))
    window.asks("Why?", script=f'think: "{thought}", say: {text}')
    window.ends()
    head = window.pane_head
    head.scroll_into_view_if_needed()
    for _ in range(2):
        before = head.bounding_box()
        head.click()
        assert head.bounding_box() == before, "the header stays under the mouse"
    line = window.answers.nth(1).get_by_text("Line 20 of the answer.")
    window.asks("Why again?", script=SLOW)
    page.mouse.move(400, 150)
    line.scroll_into_view_if_needed()
    place = line.bounding_box()
    state_is(window, "answering")
    is_folded(window.pane)
    window.ends()
    assert line.bounding_box() == place, "what is read stays where it is when a pane folds by itself"
