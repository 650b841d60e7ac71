"""Nothing that is read moves by itself: not when the thinking folds, the composer grows, or a picture loads."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chatapp.presentation.specimens import pictures_kept
from tests.browser import stage as staging
from tests.browser.stage import ORIGIN, STATIC, Stage, answer, block, done, frame, on_stage, part, question

pytestmark = pytest.mark.browser
LONG = "".join(block(f"Paragraph {number} of a text that fills the page.") for number in range(40))
# What moved by itself, each as "selector of the nearest of these".
WATCH = """() => {
  const places = ["#control", ".thinking", "[data-kind=text]", ".answer__running", ".question", ".composer", ".head", "body"];
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      const nodes = sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement)).filter(Boolean);
      for (const node of nodes) moved.push(places.find((place) => node.closest(place)) ?? node.localName);
    }
  }).observe({ type: "layout-shift" });
}"""
# A thing that does move: once it is reported, all before it has been.
CONTROL = """() => {
  const control = document.createElement("p");
  control.id = "control";
  control.textContent = "This moves.";
  Object.assign(control.style, { position: "fixed", top: "60px", left: "0", width: "300px", height: "100px" });
  document.body.append(control);
  requestAnimationFrame(() => requestAnimationFrame(() => (control.style.top = "260px")));
}"""


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    # Styles of the control are the test's own.
    with on_stage(chromium, viewport={"width": 1000, "height": 700}, bypass_csp=True) as stage:
        yield stage


def moved(stage: Stage) -> list[str]:
    """What has moved by itself since WATCH."""
    stage.page.evaluate(CONTROL)
    stage.until(lambda: stage.page.evaluate("moved.includes('#control')"))
    return [place for place in stage.page.evaluate("moved") if place != "#control"]


def thinks(stage: Stage, *before: Any) -> tuple[Page, Any]:
    """A page on which an answer thinks, with its pane open."""
    turn = answer()
    page = stage.show(*before, question(), replace(turn, state="thinking", word="Thinking"), preference="auto")
    stage.is_live()
    told = {"position": 0, "kind": "thinking", "label": "Thinking", "html": LONG, "tail": "<p>Now</p>"}
    stage.socket.tell(frame(turn, state="thinking", word="Thinking", parts=[told]))
    expect(page.locator("thinking-pane .tail")).to_have_text("Now")
    return page, turn


@pytest.mark.parametrize("before", [[], [question(), done(parts=[part(0, html=LONG)])]], ids=["alone", "after others"])
def test_when_the_thinking_folds_by_itself(stage: Stage, before: list[Any]) -> None:
    page, turn = thinks(stage, *before)
    page.evaluate(WATCH)
    folded = {"position": 0, "kind": "thinking", "label": "Thought for 4.7 s", "folded": True, "since": 40}
    said = {"position": 1, "kind": "text", "tail": "<p>The answer</p>"}
    stage.socket.tell(frame(turn, parts=[folded, said]))
    expect(page.locator("[data-kind=text] .tail")).to_have_text("The answer")
    expect(page.locator("details.thinking__pane").last).not_to_have_attribute("open", "")
    assert moved(stage) == []


def test_when_words_arrive(stage: Stage) -> None:
    page, turn = thinks(stage)
    page.evaluate(WATCH)
    for count in range(30):
        said = {"position": 1, "kind": "text", "since": count, "html": block("More words."), "tail": "<p>An end</p>"}
        stage.socket.tell(frame(turn, parts=[said]))
    expect(page.locator("[data-kind=text] .block")).to_have_count(30)
    # The line that says that it is being answered goes before the words, as their end does.
    assert set(moved(stage)) <= {"[data-kind=text]", ".answer__running"}


def test_when_the_composer_grows(stage: Stage) -> None:
    page = stage.show(question(), done(parts=[part(0, html=LONG)]))
    stage.is_live()
    page.evaluate("scrollTo(0, 500)")
    page.evaluate(WATCH)
    page.evaluate(
        """() => {
          const box = document.getElementById("composer-text");
          box.value = "line\\n".repeat(12);
          box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }"""
    )
    stage.until(lambda: page.locator("#composer-text").evaluate("(box) => box.offsetHeight > 200"))
    assert set(moved(stage)) <= {".composer"}


def test_when_a_picture_loads(stage: Stage) -> None:
    plate = replace(pictures_kept()[0], thumbnail="/images/plate/thumbnail/")
    held: list[Route] = []
    page = stage.page

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"{ORIGIN}{plate.thumbnail}", hold)
    stage.html = staging.page("conversation/show.html", turns=[question(pictures=(plate,)), done()])
    page.goto(ORIGIN, wait_until="domcontentloaded")
    stage.is_live()
    stage.until(lambda: held)
    page.evaluate(WATCH)
    for route in held:
        route.fulfill(path=STATIC / "samples/figs.webp", content_type="image/webp")
    stage.until(lambda: page.locator(".pictures__picture").evaluate("(img) => img.complete && img.naturalWidth > 0"))
    assert moved(stage) == []
