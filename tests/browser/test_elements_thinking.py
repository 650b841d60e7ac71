"""The thinking pane: its preferences, its place, its one line."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.movement import moved
from tests.browser.stage import Stage, answer, block, done, frame, on_stage, part, question

pytestmark = pytest.mark.browser
LONG = "".join(block(f"Line {number} of a thought that goes on for a while.") for number in range(40))


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    with on_stage(chromium, viewport={"width": 1000, "height": 700}) as stage:
        yield stage


def thinking(html: str = "", **more: Any) -> dict[str, Any]:
    return {"position": 0, "kind": "thinking", "label": "Thinking", "html": html} | more


def answering(**more: Any) -> dict[str, Any]:
    return thinking(label="Thought for 4.7 s", folded=True) | more


def begin(stage: Stage, html: str = "", preference: str = "auto") -> Any:
    """A page on which an answer thinks; further frames say that it answers."""
    turn = answer()
    stage.show(question(), replace(turn, state="thinking", word="Thinking"), preference=preference)
    stage.is_live()
    stage.socket.tell(frame(turn, state="thinking", word="Thinking", parts=[thinking(html, tail="<p>Now</p>")]))
    expect(stage.page.locator("thinking-pane .tail")).to_have_text("Now")
    return turn


def pane(page: Page) -> Any:
    return page.locator("details.thinking__pane")


def test_in_auto_the_pane_is_open_while_thinking_and_folds_when_the_answer_starts(stage: Stage) -> None:
    turn = begin(stage)
    expect(pane(stage.page)).to_have_attribute("open", "")
    stage.socket.tell(frame(turn, parts=[answering(since=0), {"position": 1, "kind": "text", "tail": "<p>So</p>"}]))
    expect(pane(stage.page)).not_to_have_attribute("open", "")
    expect(stage.page.locator("summary")).to_have_text("Thought for 4.7 s")


def test_what_was_opened_by_hand_stays_open_and_is_so_after_a_reload(stage: Stage) -> None:
    turn = begin(stage)
    stage.page.locator("summary").click()
    stage.page.locator("summary").click()
    stage.socket.tell(frame(turn, parts=[answering(), {"position": 1, "kind": "text", "tail": "<p>So</p>"}]))
    expect(stage.page.locator("summary")).to_have_text("Thought for 4.7 s")
    expect(pane(stage.page)).to_have_attribute("open", "")
    folded = part(0, "thinking", block("I thought."), label="Thought for 4.7 s", open=False)
    stage.show(question(), done(turn.id, [folded, part(1, html=block("So."))]))
    expect(pane(stage.page)).to_have_attribute("open", "")


def test_what_was_folded_by_hand_stays_folded(stage: Stage) -> None:
    turn = begin(stage)
    stage.page.locator("summary").press("Enter")
    for count in range(3):
        more = thinking(since=count, tail=f"<p>And {count}</p>", html=block("More."))
        stage.socket.tell(frame(turn, state="thinking", word="Thinking", parts=[more]))
    expect(stage.page.locator("[data-newest]")).to_have_text("And 2")
    expect(pane(stage.page)).not_to_have_attribute("open", "")


@pytest.mark.parametrize(("preference", "is_open"), [("open", True), ("folded", False)])
def test_a_preference_for_open_or_folded_is_kept_throughout(stage: Stage, preference: str, is_open: bool) -> None:
    turn = begin(stage, preference=preference)
    assert pane(stage.page).evaluate("(pane) => pane.open") is is_open
    stage.socket.tell(frame(turn, parts=[answering(), {"position": 1, "kind": "text", "tail": "<p>So</p>"}]))
    expect(stage.page.locator("summary")).to_have_text("Thought for 4.7 s")
    assert pane(stage.page).evaluate("(pane) => pane.open") is is_open


def test_the_head_is_one_line_high_in_every_state(stage: Stage) -> None:
    turn = answer(state="waiting", word="Waiting for the model")
    page = stage.show(question(), turn)
    stage.is_live()
    heights = [page.locator(".answer__running").bounding_box()]
    stage.socket.tell(
        frame(turn, state="thinking", word="Thinking", parts=[thinking(tail="<p>" + "long " * 200 + "</p>")])
    )
    expect(page.locator("summary")).to_contain_text("Thinking")
    expect(page.locator(".answer__running")).to_be_hidden()
    heights.append(page.locator("summary").bounding_box())
    page.locator("summary").click()
    expect(page.locator("[data-newest]")).to_contain_text("long")
    heights.append(page.locator("summary").bounding_box())
    stage.socket.tell(frame(turn, state="answering", word="Answering", parts=[answering(tail=None)]))
    expect(page.locator("summary")).to_have_text("Thought for 4.7 s")
    heights.append(page.locator("summary").bounding_box())
    assert len({(box["y"], box["height"]) for box in heights if box}) == 1


def test_folded_and_running_it_shows_the_newest_line_of_thought(stage: Stage) -> None:
    turn = begin(stage, preference="folded")
    tail = "<p>First I look. Then <b>the second</b> row must be the one</p>"
    stage.socket.tell(frame(turn, state="thinking", word="Thinking", parts=[thinking(since=0, tail=tail)]))
    expect(stage.page.locator("[data-newest]")).to_have_text("Then the second row must be the one")


def test_open_it_stays_at_the_newest_line_until_the_reader_scrolls_up(stage: Stage) -> None:
    turn = begin(stage, LONG)
    text = stage.page.locator(".thinking__text")
    from_end = "(text) => Math.round(text.scrollHeight - text.scrollTop - text.clientHeight)"
    assert (text.bounding_box() or {})["height"] < 300
    assert text.evaluate(from_end) <= 1

    def more(count: int) -> None:
        told = thinking(block("And more."), since=40 + count, tail="<p>Now</p>")
        stage.socket.tell(frame(turn, state="thinking", word="Thinking", parts=[told]))
        stage.until(lambda: text.locator(".block").count() == 41 + count)

    more(0)
    assert text.evaluate(from_end) <= 1
    text.hover()
    with moved(stage.page, by=-60, box=".thinking__text"):
        stage.page.mouse.wheel(0, -120)
    place = text.evaluate("(text) => text.scrollTop")
    more(1)
    assert text.evaluate("(text) => text.scrollTop") == place
    stage.page.mouse.wheel(0, 4000)
    stage.until(lambda: text.evaluate(from_end) <= 1)
    more(2)
    assert text.evaluate(from_end) <= 1


def test_the_end_that_a_reader_goes_back_to_may_move_on_meanwhile(stage: Stage) -> None:
    turn = begin(stage, LONG)
    text = stage.page.locator(".thinking__text")
    from_end = "(text) => Math.round(text.scrollHeight - text.scrollTop - text.clientHeight)"
    # As a smooth wheel does: to where the end was, in steps, while the text grows with each.
    text.evaluate("""async (text) => {
      const seen = (act) => new Promise((done) => {
        text.addEventListener("scroll", done, { once: true });
        act();
      });
      await seen(() => text.scrollTo({ top: 100, behavior: "instant" }));
      const end = text.scrollHeight - text.clientHeight;
      for (const part of [0.3, 0.6, 0.9, 1]) {
        await seen(() => {
          text.scrollTo({ top: end * part, behavior: "instant" });
          for (let count = 0; count < 3; count += 1) text.append(text.firstElementChild.cloneNode(true));
        });
      }
    }""")
    assert text.evaluate(from_end) > 100
    stage.socket.tell(frame(turn, state="thinking", word="Thinking"))
    stage.until(lambda: text.evaluate(from_end) <= 1)


def test_a_pane_that_folds_by_itself_above_the_reader_does_not_move_the_text(stage: Stage) -> None:
    turn = begin(stage, LONG)
    page = stage.page
    long_answer = {"position": 1, "kind": "text", "html": LONG, "tail": "<p>…</p>"}
    stage.socket.tell(
        frame(turn, state="answering", word="Answering", parts=[thinking(since=40, tail=None), long_answer])
    )
    line = page.locator("[data-kind=text] .block").nth(20)
    expect(line).to_be_attached()
    # As far up as a reader would go by wheel: the page does not follow its end any more.
    page.mouse.move(500, 300)
    with moved(page, by=-100):
        page.mouse.wheel(0, -200)
    line.evaluate("(line) => window.scrollTo(0, scrollY + line.getBoundingClientRect().top - 300)")
    stage.until(lambda: page.locator("details").evaluate("(pane) => pane.getBoundingClientRect().bottom < 0"))
    before = line.bounding_box()
    stage.socket.tell(frame(turn, parts=[answering(since=40)]))
    expect(pane(page)).not_to_have_attribute("open", "")
    stage.until(lambda: abs((line.bounding_box() or {})["y"] - (before or {})["y"]) <= 1)


def test_the_clock_runs_on_between_frames_and_goes_when_thinking_ends(stage: Stage) -> None:
    turn = begin(stage)
    clock = stage.page.locator(".thinking__clock")
    expect(clock).to_have_text("0:01")
    expect(clock).to_have_text("0:02")
    stage.socket.tell(frame(turn, state="thinking", word="Thinking", elapsed_ms=62_000))
    expect(clock).to_have_text("1:02")
    stage.socket.tell(frame(turn, parts=[answering()]))
    expect(clock).to_have_count(0)
    expect(stage.page.locator(".answer__running")).to_contain_text("Answering")


def test_the_thinking_alone_can_be_copied(chromium: Browser) -> None:
    context = chromium.new_context()
    stage = Stage(context)
    parts = [
        part(0, "thinking", block("First.") + block("Second."), label="Thought for 4.7 s", open=True),
        part(1, html=block("So.")),
    ]
    page = stage.show(question(), done(parts=parts))
    page.wait_for_selector("copy-button:defined")
    page.get_by_role("button", name="Copy the thinking").click()
    expect(page.locator(".thinking__copy")).to_have_attribute("copied", "")
    page.locator("#composer-text").press("Control+V")
    expect(page.locator("#composer-text")).to_have_value("First.\n\nSecond.")
    context.close()
