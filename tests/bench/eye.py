"""What the main thread of Chromium does while a page is looked at. A process of its own.

Tasks count by the CPU time they took, from the browser's own trace: what others do on the machine does not lengthen them.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.text import now_ms
from tests.browser import chromium

RATE = 100
# So much later upstream begins that the page has loaded by then.
WAIT_MS = 5_000
PATIENCE_MS = 240_000
TRACED = ["disabled-by-default-devtools.timeline", "__metadata", "-*"]

Event = dict[str, Any]


class Trace:
    """The tasks of the page's main thread, between `__init__` and `end()`."""

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        assert browser
        self._browser: Browser = browser
        self._browser.start_tracing(page=page, categories=TRACED)
        self._began = now_ms()

    def end(self) -> tuple[float, float]:
        """The longest task in milliseconds of CPU, and how much of the time all took together, in percent."""
        lasted = now_ms() - self._began
        events: list[Event] = json.loads(self._browser.stop_tracing())["traceEvents"]
        main = _main_thread(events)
        tasks = [
            event["tdur"] / 1000
            for event in events
            if event["name"] == "RunTask" and "tdur" in event and (event["pid"], event["tid"]) == main
        ]
        return max(tasks), 100 * sum(tasks) / lasted


def _main_thread(events: list[Event]) -> tuple[int, int]:
    """The busiest thread of its kind: a browser keeps spare renderers, which do nothing."""
    used: dict[tuple[int, int], int] = {
        (event["pid"], event["tid"]): 0
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        thread = event["pid"], event["tid"]
        if thread in used:
            used[thread] += event.get("tdur", 0)
    return max(used, key=lambda thread: used[thread])


@contextmanager
def browsing(origin: str, session: str) -> Iterator[Callable[[], Page]]:
    """Opens pages of somebody who is signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        context = browser.new_context(base_url=origin, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "session", "value": session, "url": origin}])
        yield context.new_page
        browser.close()


def stream(page: Page, tokens: int) -> dict[str, float]:
    """An answer grows under the reader's eyes; loading the page does not count."""
    page.goto("/")
    page.locator("#composer-text").fill(f"bench tokens={tokens} wait={WAIT_MS} rate={RATE}")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("connection-state[data-state=live]").wait_for()
    trace = Trace(page)
    page.locator("[data-attempt][data-state=done][data-settled=true]").wait_for()
    longest, busy = trace.end()
    return {"task": longest, "busy": busy}


def opening(page: Page, path: str) -> dict[str, float]:
    """A long conversation comes to life, the second time: style sheet and scripts are at hand."""
    for look in (False, True):
        page.goto("/")
        trace = Trace(page) if look else None
        page.goto(path)
        page.locator("connection-state[data-state=live]").wait_for()
        # Fonts, the scroll to the end and the last of the scripts.
        page.wait_for_load_state("networkidle")
    assert trace
    return {"open": trace.end()[0]}


def main(origin: str, session: str, tokens: str, long: str = "") -> dict[str, float]:
    """Look at both; {} where there is no Chromium."""
    if chromium.find() is None:
        return {}
    with browsing(origin, session) as new_page:
        seen = stream(new_page(), int(tokens))
        return seen | (opening(new_page(), long) if long else {})


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
