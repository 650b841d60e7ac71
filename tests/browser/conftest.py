"""One Chromium, one site, one upstream for all journeys; a window of their own for each."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from tests.browser import chromium as system
from tests.browser.guard import Guard
from tests.browser.stage import Stage, on_stage
from tests.browser.windows import Window
from tests.lab.conftest import data, founded, founder, serve, site, start_site, upstream
from tests.lab.people import Person
from tests.lab.processes import Site, Upstream

__all__ = ["data", "founded", "founder", "serve", "site", "start_site", "upstream"]

PATIENCE_MS = 20_000
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}
# What a browser itself reports when it cannot reach the site.
UNREACHABLE = ("WebSocket connection to", "net::ERR_")
NOT_FOUND = "browser tests skipped: no Chromium found"

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session", autouse=True)
def chromium() -> Iterator[Browser]:
    """The system's Chromium. A machine without one skips all journeys with one line; CI must have one."""
    path = system.find()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium found, and CI=true: the browser tests must run here", pytrace=False)
    if path is None:
        pytest.skip(NOT_FOUND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=system.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    """A page with the server played by the test."""
    with on_stage(chromium) as stage:
        yield stage


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Starts browsers with nothing in them, watched by the guard of their site."""
    opened: list[tuple[BrowserContext, Guard]] = []

    def start(site: Site, *, allow: tuple[str, ...] = (), **options: Any) -> BrowserContext:
        opened.append(_browser(chromium, site, **options))
        opened[-1][1].allow(*allow)
        return opened[-1][0]

    yield start
    for context, _ in opened:
        context.close()
    for _, guard in opened:
        guard.is_content()


def _browser(chromium: Browser, site: Site, **options: Any) -> tuple[BrowserContext, Guard]:
    context = chromium.new_context(base_url=site.origin, locale="en-GB", timezone_id="UTC", **options)
    context.set_default_timeout(PATIENCE_MS)
    guard = Guard(site.origin)
    guard.watch(context)
    return context, guard


@pytest.fixture
def open_window(open_browser: Callable[..., BrowserContext], upstream: Upstream) -> Callable[..., Window]:
    """Opens windows in which a person is signed in: each in a browser, that is on a device, of its own."""

    def start(person: Person, path: str = "/", **options: Any) -> Window:
        context = open_browser(person.site, **options)
        _sign_in(context, person)
        window = Window(context.new_page(), upstream)
        if options.get("java_script_enabled", True):
            return window.opens(path)
        window.page.goto(path)
        return window

    return start


def _sign_in(context: BrowserContext, person: Person) -> None:
    cookies = person.http.cookies.items()
    context.add_cookies([{"name": name, "value": value, "url": person.site.origin} for name, value in cookies])


@pytest.fixture(scope="module")
def alice(site: Site) -> Iterator[Person]:
    """A person with an account, for all journeys of a module: their conversations do not touch each other."""
    person = Person(site, f"alice-{uuid4().hex[:8]}@example.com").signs_up()
    yield person
    person.close()


@pytest.fixture
def begun(alice: Person) -> str:
    """The path of a conversation of Alice's with one short answer."""
    posted = alice.asks("Hello? simulate: answer 1")
    alice.ended(posted["message"])
    return f"/c/{posted['conversation']}/"


@pytest.fixture(scope="module")
def alices_browser(chromium: Browser, alice: Person) -> Iterator[tuple[BrowserContext, Guard]]:
    """Alice's own browser with one tab, for all journeys of a module: starting is what costs most."""
    context, guard = _browser(chromium, alice.site, permissions=["clipboard-read", "clipboard-write"])
    _sign_in(context, alice)
    context.new_page()
    yield context, guard
    context.close()


@pytest.fixture
def new_tab(alices_browser: tuple[BrowserContext, Guard], upstream: Upstream) -> Iterator[Window]:
    """The tab of Alice's browser, showing nothing yet; what else a journey opens is closed after it."""
    context, guard = alices_browser
    guard.forget()
    page, *_ = context.pages
    page.set_viewport_size(VIEWPORT)
    yield Window(page, upstream, guard)
    for other in context.pages[1:]:
        other.close()
    page.unroute_all()
    page.goto("about:blank")
    guard.is_content()


@pytest.fixture
def window(new_tab: Window, begun: str) -> Window:
    """Alice's window, on a conversation that has begun."""
    return new_tab.opens(begun).is_live()


@pytest.fixture
def own_window(alice: Person, open_window: Callable[..., Window]) -> Window:
    """A window of Alice's in a browser of its own, which may lose its connection."""
    return open_window(alice, "/settings/", allow=UNREACHABLE)


@pytest.fixture
def first_page(new_tab: Window) -> Window:
    """Alice's window, on the first page."""
    return new_tab.opens("/")
