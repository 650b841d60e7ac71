"""A window of a person's browser: the page, and what a person does and sees in it."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.guard import Guard
from tests.lab.people import ENDINGS, JSON, Person, squeezed, text_of
from tests.lab.processes import Upstream, wait_for

ENDED = re.compile("|".join(sorted(ENDINGS)))
# What the page shows of one kind of part, without what scripts added to it.
SHOWN = """([article, kind]) => [...article.querySelectorAll(`[data-kind="${kind}"]`)].map((part) => {
  const room = (part.matches("[data-blocks]") ? part : part.querySelector("[data-blocks]"))?.cloneNode(true);
  if (!room) return "";  // A page that is still being read.
  for (const added of room.querySelectorAll("[data-added]")) added.remove();
  return room.textContent;
}).join("")"""


class Window:
    """One tab."""

    def __init__(self, page: Page, upstream: Upstream, guard: Guard | None = None) -> None:
        self.page, self._upstream, self._guard = page, upstream, guard

    def opens(self, path: str) -> "Window":
        self.page.goto(path)
        return self.is_awake()

    def reloads(self) -> "Window":
        self.page.reload()
        return self.is_awake()

    def is_awake(self) -> "Window":
        """The page's scripts are there; before that it works as it does without them."""
        expect(self.page.locator(":not(:defined)")).to_have_count(0)
        return self

    def allows(self, *words: str) -> "Window":
        """This journey provokes console messages with these words."""
        assert self._guard
        self._guard.allow(*words)
        return self

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def another_tab(self, path: str) -> "Window":
        return Window(self.context.new_page(), self._upstream).opens(path)

    # --- the composer

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your question")

    @property
    def complaint(self) -> Locator:
        return self.page.locator("#composer-error")

    @property
    def stop_button(self) -> Locator:
        return self.page.get_by_role("button", name="Stop")

    @property
    def ask_button(self) -> Locator:
        return self.page.get_by_role("button", name="Ask", exact=True)

    def plays(self, script: str) -> None:
        """Upstream answers the next question by this script."""
        self._upstream.play(script)

    def asks(self, text: str, *, script: str = "") -> Locator:
        """Put the question and give its answer, once it is on the page. With `script` upstream plays that."""
        if script:
            self.plays(script)
        count = self.answers.count()
        self.composer.fill(text)
        self.composer.press("Enter")
        answer = self.answers.nth(count)
        expect(answer).to_be_attached()
        return answer

    # --- the turns

    @property
    def answers(self) -> Locator:
        return self.page.locator("article.answer")

    @property
    def answer(self) -> Locator:
        return self.answers.last

    @property
    def connection(self) -> Locator:
        return self.page.locator("connection-state")

    def is_live(self) -> "Window":
        expect(self.connection).to_have_attribute("data-state", "live")
        return self

    def message(self) -> str:
        """The id of the newest answer."""
        return str(self.answer.get_attribute("data-message"))

    def shows(self, kind: str, answer: Locator | None = None) -> str:
        """The text of all parts of that kind as a person reads it, without white space (HTML does not keep it)."""
        element = (answer or self.answer).element_handle()
        return squeezed(str(self.page.evaluate(SHOWN, [element, kind])))

    def shows_exactly(self, message: dict[str, Any]) -> None:
        """The page shows what is stored, no character more or less. For texts without Markdown."""
        answer = self.page.locator(f"#message-{message['id']}")
        for kind in ("thinking", "text"):
            stored = squeezed(text_of(message, kind))
            wait_for(lambda kind=kind, stored=stored: self.shows(kind, answer) == stored, seconds=10, what=kind)

    def ends(self, state: str = "done", answer: Locator | None = None) -> "Window":
        """Wait for the ending, and for the settled text after it."""
        answer = answer or self.answer
        expect(answer).to_have_attribute("data-state", ENDED, timeout=60_000)
        expect(answer).to_have_attribute("data-state", state)
        expect(answer).to_have_attribute("data-settled", "true")
        return self

    # --- the thinking pane

    @property
    def pane(self) -> Locator:
        return self.answer.locator("details.thinking__pane").last

    @property
    def pane_head(self) -> Locator:
        return self.pane.locator("summary")

    @property
    def pane_text(self) -> Locator:
        return self.pane.locator("[data-blocks]")


def stored(person: Person, message: str) -> dict[str, Any]:
    """The message as the site's own script door tells it, now."""
    return dict(person.http.get(f"/messages/{message}/", headers=JSON).json())
