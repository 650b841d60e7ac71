"""The first administrator founds the site, asks, reads, tidies up and leaves."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.windows import Window
from tests.lab.people import PASSWORD, Person, squeezed
from tests.lab.processes import Site, Upstream

pytestmark = pytest.mark.browser

FORMATTED = """## A heading

Some **bold** words, `code`, and a [link](https://example.com/page).

| Fruit | Weight |
|---|---:|
| Apple | 120 |

1. one
2. two

```python
def twice(n):
    return 2 * n
```

The root is $\\sqrt{2}$, and a price of $5 and $10 is no formula.

$$\\int_0^1 x\\,dx = \\frac12$$

The end of it."""


def test_the_first_administrator_founds_the_site_asks_and_leaves(
    start_site: Callable[..., Site], upstream: Upstream, open_browser: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    site = start_site(tmp_path, SITE_NAME="Elm School").ready()
    window = Window(open_browser(site).new_page(), upstream).opens("/")
    page = window.page
    _founds(window)
    expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
    expect(window.composer).to_be_focused()
    window.composer.fill(
        'How heavy is fruit?\nsimulate: rate 30, pause 3 after 5, think: "Let me see. Apples first.", say: The answer.'
    )
    window.ask_button.click()
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/"))
    window.is_live()
    expect(window.pane).to_have_attribute("open", "")
    expect(window.pane_head).to_contain_text("Thinking")
    expect(window.pane_head).to_contain_text(re.compile(r"0:0[1-9]"))
    expect(window.pane_text).to_contain_text("Let me see.")
    window.ends()
    expect(window.pane).not_to_have_attribute("open", "")
    expect(window.pane_head).to_contain_text(re.compile(r"Thought for \d+\.\d s · \d+ tokens"))
    expect(window.answer.locator(".foot__figures")).to_have_text(re.compile(r"\d+\.\d s · [\d+ ]+ tokens · \$0\.\d+"))
    _renames(window, "Fruit & <b>weights</b>")
    _deletes(window)
    _signs_out(window)


def _founds(window: Window) -> None:
    page = window.page
    expect(page).to_have_title("The first administrator · Elm School")
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("too short")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url("/")


def _renames(window: Window, title: str) -> None:
    page = window.page
    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text(title)
    expect(page).to_have_title(f"{title} · Elm School")
    expect(page.locator(".side__link[aria-current=page]")).to_have_text(title)


def _deletes(window: Window) -> None:
    page, gone = window.page, window.page.url
    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url("/")
    expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()
    assert page.request.get(gone).status == 404


def _signs_out(window: Window) -> None:
    page = window.page
    window.composer.fill("Not for the next person")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_answer_is_formatted_while_it_streams_and_after(window: Window) -> None:
    answer = window.asks(f'simulate: rate 60, think: "Hm.", say: {FORMATTED}')
    for finished in (False, True):
        if finished:
            window.ends()
            window.reloads()
        text = answer.locator("[data-kind=text]")
        expect(text.get_by_role("heading", name="A heading")).to_be_visible()
        expect(text.locator("strong")).to_have_text("bold")
        expect(text.get_by_role("cell", name="120")).to_be_visible()
        expect(text.locator("ol > li")).to_have_count(2)
        expect(text.locator("code-block pre")).to_contain_text("def twice(n):")
        expect(text.locator("code-block").get_by_role("button", name="Copy")).to_be_visible()
        expect(text.locator("math")).to_have_count(2)
        expect(text.locator("math msqrt")).to_be_visible()
        expect(text).to_contain_text("a price of $5 and $10 is no formula")
        expect(text).to_contain_text("The end of it.")
    link = answer.get_by_role("link", name="link", exact=True)
    assert link.get_attribute("target") == "_blank"
    assert link.get_attribute("rel") == "noopener noreferrer nofollow ugc"


def test_a_reload_in_the_middle_loses_and_doubles_nothing(window: Window, alice: Person) -> None:
    answer = window.asks("simulate: tokens 240, rate 60")
    for word in ("<r000020>", "<r000090>", "<a000030>"):
        expect(answer).to_contain_text(word)
        window.reloads()
        shown = window.shows("thinking") + window.shows("text")
        assert word in shown, "what was seen before the reload is there after it"
    window.ends()
    window.shows_exactly(alice.message(window.message()))
    numbers = re.findall(r"<([ra]\d+)>", window.shows("thinking") + window.shows("text"))
    assert numbers == [f"r{n:06d}" for n in range(1, 121)] + [f"a{n:06d}" for n in range(1, 121)]


def test_a_second_tab_and_a_second_device_show_the_same_and_can_stop_it(
    window: Window, alice: Person, open_window: Callable[..., Window]
) -> None:
    answer = window.asks("simulate: thinking 20, answer 4000, rate 40")
    expect(answer).to_contain_text("<a000005>")
    tab = window.another_tab(window.page.url)
    device = open_window(alice, window.page.url)
    readers = (window, tab, device)
    for reader in readers:
        expect(reader.answer).to_contain_text("<a000020>")
        assert reader.answer.get_attribute("data-settled") == "false", "it is watched while it is written"
    tab.stop_button.click()
    for reader in readers:
        reader.ends("stopped")
        expect(reader.answer).to_contain_text("Stopped by you after")
        expect(reader.ask_button).to_be_visible()
        expect(reader.stop_button).to_be_hidden()
    assert len({reader.shows("text") for reader in readers}) == 1
    window.shows_exactly(alice.message(window.message()))
    device.asks("simulate: answer 5")
    for reader in readers:
        expect(reader.answers).to_have_count(3)
        reader.ends()
        expect(reader.answer).to_contain_text("<a000005>")


def test_escape_stops_too(window: Window) -> None:
    answer = window.asks("simulate: tokens 4000, rate 40")
    expect(answer).to_contain_text("<r000010>")
    window.page.keyboard.press("Escape")
    window.ends("stopped")


def test_regenerate_makes_a_version_and_the_pager_moves_between_them(window: Window) -> None:
    page = window.page
    first = window.asks("Say something. simulate: fail 1 times then ok, error 502 after 4, answer 8")
    window.ends("failed")
    first_id = window.message()
    first.get_by_role("button", name="Try again").click()
    expect(page.locator(f"#message-{first_id}")).to_have_count(0)
    window.ends("done")
    pager = page.get_by_role("group", name="Versions")
    expect(pager).to_contain_text("2/2")
    expect(window.answers).to_have_count(2)
    pager.get_by_role("button", name="Previous version").click()
    expect(page.locator(f"#message-{first_id}")).to_be_visible()
    expect(pager).to_contain_text("1/2")
    expect(window.answer).to_have_attribute("data-state", "failed")
    window.reloads()
    expect(pager).to_contain_text("1/2")
    pager.get_by_role("button", name="Next version").click()
    expect(pager).to_contain_text("2/2")
    expect(window.answer).to_contain_text("<a000008>")


def test_a_message_has_an_address(window: Window) -> None:
    window.asks("simulate: answer 3")
    window.ends()
    window.answer.get_by_role("link", name="Link").click()
    expect(window.page).to_have_url(re.compile(rf"/c/.*#message-{window.message()}$"))
    expect(window.answer).to_be_in_viewport()


def test_copy_copies_the_answer_alone(window: Window) -> None:
    answer = window.asks(
        'simulate: think: "Secret thought.", say: First line.\n\n```python\nx = 1\n```\n\nLast $x^2$ line.'
    )
    window.ends()
    answer.locator(".foot").get_by_role("button", name="Copy").click()
    expect(answer.locator(".foot")).to_contain_text("Copied")
    copied = window.page.evaluate("navigator.clipboard.readText()")
    assert squeezed(copied) == squeezed("First line. x = 1 Last x^2 line.")
    answer.locator("code-block").get_by_role("button", name="Copy").click()
    expect(answer.locator("code-block")).to_contain_text("Copied")
    assert window.page.evaluate("navigator.clipboard.readText()") == "x = 1"
