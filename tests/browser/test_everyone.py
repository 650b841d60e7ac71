"""The site's pages with what real people have in them: nothing is hidden from assistive technology, nothing is too wide.

The templates are looked at one by one in test_elements_reading.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.windows import Window
from tests.lab.people import PASSWORD, Person
from tests.lab.processes import Site, Upstream

pytestmark = pytest.mark.browser

THEMES: tuple[Any, ...] = ("light", "dark")
PAGES = [
    "/",
    "/conversations/",
    "/trash/",
    "{conversation}rename/",
    "{conversation}delete/",
    "/settings/",
    "/settings/leave/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/nowhere/",
]
ENTRANCE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
]
ARTICLE = """## Bayes in three steps

A test finds **99 %** of the ill, and is wrong for 5 % of the healthy. One person in a thousand is ill.

| Group | People | Tested positive |
|---|---:|---:|
| ill | 1 | 0.99 |
| healthy | 999 | 49.95 |

The chance to be ill after a positive test is

$$P(I \\mid +) = \\frac{0.99 \\cdot 0.001}{0.99 \\cdot 0.001 + 0.05 \\cdot 0.999} \\approx 0.019$$

so *less than two in a hundred*. In Python:

```python
def posterior(prior: float, hits: float, false_alarms: float) -> float:
    \"\"\"The chance of the cause, given its sign.\"\"\"
    return prior * hits / (prior * hits + (1 - prior) * false_alarms)  # a line that is rather long, to see it scroll
```

1. Count the ill who are found.
2. Count the healthy who are alarmed.
   - There are many of them.
3. Divide.

> The rare thing stays rare, even after the sign of it.

See [a longer account](https://en.wikipedia.org/wiki/Bayes%27_theorem)."""
THOUGHT = "The base rate is what people forget.\\n\\nSo: 0.99 · 0.001 = 0.00099, and 0.05 · 0.999 = 0.04995.\\n\\nRatio: 0.0194."


# Style sheets need not be fetched again. The levels of headings in an answer are its own.
OPTIONS = {"resultTypes": ["violations"], "preload": False, "rules": {"heading-order": {"enabled": False}}}


def is_open_to_everyone(page: Page) -> None:
    """Axe finds nothing, in light and dark."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options=OPTIONS)
        assert found.response["violations"] == [], f"{page.url} {theme}: {found.generate_report()}"


@pytest.fixture
def reader(alice: Person, open_window: Callable[..., Window]) -> Window:
    """A window that axe may work in: it writes styles itself, which the policy would block."""
    posted = alice.asks(f'How likely am I ill? simulate: think: "{THOUGHT}", say: {ARTICLE}')
    alice.ended(posted["message"])
    alice.post(f"/c/{posted['conversation']}/rename/", title="How likely am I ill?")
    # The browser reports the page that is not there as an error.
    return open_window(alice, f"/c/{posted['conversation']}/", bypass_csp=True, allow=("/nowhere/",))


def test_pages_are_open_to_everyone(reader: Window, site: Site) -> None:
    conversation = reader.page.url.removeprefix(site.origin)
    is_open_to_everyone(reader.page)
    for path in PAGES:
        reader.opens(path.format(conversation=conversation))
        is_open_to_everyone(reader.page)


def test_the_entrance_is_open_to_everyone(site: Site, open_browser: Callable[..., BrowserContext]) -> None:
    page = open_browser(site, bypass_csp=True).new_page()
    for path in ENTRANCE:
        page.goto(path)
        is_open_to_everyone(page)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Site]:
    """A site without a key, and without anybody."""
    site = Site(tmp_path, OPENROUTER_API_KEY="", OPENROUTER_BASE_URL="").ready()
    yield site
    site.end()


def test_the_demo_and_its_first_page_are_open_to_everyone(
    demo: Site, upstream: Upstream, open_browser: Callable[..., BrowserContext]
) -> None:
    """Without a key the site says that it is a demo, and answers by itself."""
    window = Window(open_browser(demo, bypass_csp=True).new_page(), upstream).opens("/")
    page = window.page
    expect(page).to_have_url("/setup/")
    is_open_to_everyone(page)
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("Demo: no OpenRouter key is set")).to_be_visible()
    window.is_awake()
    is_open_to_everyone(page)
    page.get_by_role("link", name="Why is the square root of 2 irrational?").click()
    window.ask_button.click()
    expect(window.pane_text).to_contain_text(" ")
    expect(window.answer.locator("[data-kind=text] .block")).not_to_have_count(0, timeout=60_000)
    window.stop_button.click()
    window.ends("stopped")


def test_a_growing_answer_is_open_to_everyone(reader: Window) -> None:
    reader.is_live().asks("Why?", script="rate 200, thinking 100, answer 100, pause 8 after 50, pause 8 after 150")
    expect(reader.pane_text).to_contain_text("<r000050>")
    is_open_to_everyone(reader.page)
    expect(reader.answer).to_contain_text("<a000050>")
    is_open_to_everyone(reader.page)
    announcer = reader.page.locator("state-announcer")
    reader.ends()
    expect(announcer).to_have_text("Answer ready")
