"""A page that was asleep, hidden or put away shows what it missed, and showed nothing wrong meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import chromium as system
from tests.browser.guard import Guard
from tests.browser.reading import ENDLESS, Reading
from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Upstream, wait_for

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("wakes", ["before the end", "after the end"])
def test_a_tab_that_slept_shows_what_it_missed(alice: Person, own_window: Window, wakes: str) -> None:
    reading = Reading(alice, own_window, "tokens 600, rate 60")
    reading.goes_on()
    chrome = own_window.context.new_cdp_session(own_window.page)
    chrome.send("Page.setWebLifecycleState", {"state": "frozen"})
    if wakes == "before the end":
        reading.is_written_on(chars=1_000)
    else:
        alice.ended(reading.posted["message"])
    chrome.send("Page.setWebLifecycleState", {"state": "active"})
    own_window.is_live()
    reading.ends()


def test_a_hidden_tab_reads_on_and_asks_at_once_when_it_is_seen(alice: Person, own_window: Window) -> None:
    reading = Reading(alice, own_window, ENDLESS)
    heard: list[str] = []
    own_window.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: heard.append(str(frame))))
    own_window.reloads().is_live()
    _hide(own_window.page, True)
    reading.is_written_on(chars=1_000)
    heard.clear()
    _hide(own_window.page, False)
    wait_for(lambda: own_window.page.title() and any('"ping"' in frame for frame in heard), what="the page to ask")
    reading.is_stopped()


def _hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.fixture
def remembering(chromium: Browser) -> Iterator[Browser]:
    """A Chromium that keeps pages for going back to, which drivers of browsers switch off."""
    browser = chromium.browser_type.launch(
        executable_path=system.find(),
        args=system.ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


def _keepable(route: Route) -> None:
    """Let the browser keep the page: some do so whatever its headers say, this one only without them."""
    response = route.fetch()
    headers = {name: value for name, value in response.headers.items() if name != "cache-control"}
    route.fulfill(response=response, headers=headers)


def test_going_back_to_a_page_that_was_put_away_shows_what_it_missed(
    alice: Person, remembering: Browser, upstream: Upstream
) -> None:
    context = remembering.new_context(base_url=alice.site.origin, permissions=["local-network-access"])
    context.add_cookies([{"name": k, "value": v, "url": alice.site.origin} for k, v in alice.http.cookies.items()])
    context.add_init_script("addEventListener('pageshow', ({ persisted }) => (window.wasKept = persisted))")
    guard = Guard(alice.site.origin)
    guard.watch(context)
    context.route("**/c/**", _keepable)
    reading = Reading(alice, Window(context.new_page(), upstream), ENDLESS)
    page = reading.window.page
    for _ in range(2):
        reading.goes_on()
        page.evaluate("window.wasKept = false")
        page.goto("/settings/")
        reading.is_written_on(chars=500)
        # Not go_back(): it waits for a page that loads, and this one does not.
        page.evaluate("void setTimeout(() => history.back())")
        page.wait_for_function("window.wasKept")
        reading.window.is_live()
    reading.is_stopped()
    context.close()
    guard.is_content()
