"""The guard itself: a page that does wrong is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.guard import Guard
from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Site

pytestmark = pytest.mark.browser

# What a script does, the browser's event that follows, and the guard's words for it.
WRONGS = [
    ("console.error('wrong')", "console", "console error: wrong"),
    ("throw new Error('wrong')", "weberror", "script error: wrong"),
    ("document.body.setAttribute('style', 'color: red')", "console", "Content Security Policy"),
    ("document.body.innerHTML = '<b>wrong</b>'", "console", "TrustedHTML"),
    ("fetch('http://127.0.0.1:9/beacon', {mode: 'no-cors'})", "console", "Content Security Policy"),
    ("location = 'http://127.0.0.1:9/beacon'", "request", "another origin"),
    ("alert('wrong')", "dialog", "dialog: wrong"),
]


@pytest.mark.parametrize(("wrong", "event", "words"), WRONGS, ids=[row[0][:12] for row in WRONGS])
def test_what_a_page_does_wrong_is_seen(wrong: str, event: str, words: str, chromium: Browser, site: Site) -> None:
    guard = Guard(site.origin)
    context = chromium.new_context(base_url=site.origin)
    guard.watch(context)
    page = context.new_page()
    page.goto("/accounts/login/")
    with context.expect_event(event, lambda _: words in "\n".join(guard.complaints)):
        # By a timer of the page: what is evaluated from outside stands above the policy.
        page.evaluate(f"void setTimeout(() => {{ {wrong} }})")
    context.close()
    with pytest.raises(AssertionError, match=words):
        guard.is_content()


def test_a_page_that_does_right_is_left_in_peace(alice: Person, open_window: Callable[..., Window]) -> None:
    open_window(alice).another_tab("/conversations/")
