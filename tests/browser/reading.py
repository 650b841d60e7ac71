"""A person who reads one answer while it is written, and all that their page ever showed of it."""

from typing import Any
from uuid import uuid4

from playwright.sync_api import BrowserContext, expect

from tests.browser.windows import SHOWN, Window, stored
from tests.lab.people import Person, squeezed, text_of
from tests.lab.processes import wait_for

# Until the reader has read enough: how long a journey takes depends on the machine.
ENDLESS = "thinking 300, answer 100000, no-limit, rate 100"
# Looked at after each change of the page, before the next frame is drawn: what a reader could see is not missed.
WATCH = f"""(() => {{
  const shown = {SHOWN};
  let last = "";
  new MutationObserver(() => {{
    const article = [...document.querySelectorAll("article.answer")].at(-1);
    const state = document.querySelector("connection-state")?.dataset.state ?? "";
    const seen = ["thinking", "text"].map((kind) => (article ? shown([article, kind]) : ""));
    const now = JSON.stringify([state, ...seen]);
    if (now === last) return;
    last = now;
    window.recorded(state, ...seen);
  }}).observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
}})()"""


class Recorder:
    """Watches all pages of a browser that are opened from now on. For conversations with one answer.

    `states` are the words that were said about the connection, in order.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.samples: list[tuple[str, str]] = []
        self.states: list[str] = []
        context.expose_function("recorded", self._record)
        context.add_init_script(WATCH)

    def _record(self, state: str, thinking: str, text: str) -> None:
        self.samples.append((squeezed(thinking), squeezed(text)))
        if state and self.states[-1:] != [state]:
            self.states.append(state)

    def saw_only_prefixes_of(self, message: dict[str, Any]) -> None:
        """No moment showed anything but a prefix of what is stored, and the last one all of it."""
        assert len(self.samples) > 10, "it was read while it was written"
        thinking, text = (squeezed(text_of(message, kind)) for kind in ("thinking", "text"))
        for shown_thinking, shown_text in self.samples:
            assert thinking.startswith(shown_thinking)
            assert text.startswith(shown_text)
        assert self.samples[-1] == (thinking, text)


class Reading:
    """A person who reads one answer while it is written, and all that their page showed of it."""

    def __init__(self, person: Person, window: Window, script: str) -> None:
        self.person, self.window = person, window
        self.recorder = Recorder(window.context)
        self.mark = uuid4().hex
        self.posted = person.asks(f"{self.mark} simulate: {script}")
        window.opens(f"/c/{self.posted['conversation']}/").is_live()

    @property
    def stored_chars(self) -> int:
        message = stored(self.person, self.posted["message"])
        return len(text_of(message, "thinking") + text_of(message, "text"))

    @property
    def shown_chars(self) -> int:
        return len(self.window.shows("thinking") + self.window.shows("text"))

    def goes_on(self, *, chars: int = 200) -> None:
        """Wait until the page shows that much more than now."""
        before = self.shown_chars
        wait_for(lambda: self.shown_chars >= before + chars, what="the page to go on")

    def is_written_on(self, *, chars: int) -> None:
        """Wait until that much more is stored than now, whatever the page does."""
        before = self.stored_chars
        wait_for(lambda: self.stored_chars >= before + chars, what="the answer to go on")

    def is_stopped(self) -> None:
        """Read enough: the page ends with what is stored."""
        self.window.stop_button.click()
        self.ends("stopped")

    def ends(self, state: str = "done") -> None:
        """Wait for the end: the page shows what is stored and never showed anything else."""
        self.window.ends(state)
        expect(self.window.answers).to_have_count(1)
        message = self.person.message(self.posted["message"])
        self.window.shows_exactly(message)
        self.recorder.saw_only_prefixes_of(message)
