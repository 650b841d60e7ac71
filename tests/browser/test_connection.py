"""The way to the server breaks: the page says so, goes on by itself, and loses nothing."""

import re
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import UNREACHABLE
from tests.browser.windows import Window
from tests.lab.people import Person
from tests.lab.processes import Site, free_port

pytestmark = pytest.mark.browser


def is_(window: Window, state: str) -> None:
    expect(window.connection).to_have_attribute("data-state", state)


def test_where_sockets_are_refused_the_page_polls_and_says_so(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, "/settings/", allow=UNREACHABLE)
    # The proxy lets the page through, and no socket.
    window.page.route_web_socket(re.compile("/ws/$"), lambda socket: socket.close(code=1006))
    window.opens(begun)
    is_(window, "polling")
    expect(window.connection).to_contain_text("Polling")
    window.asks("Why?", script="rate 60, tokens 200, pause 3 after 80")
    expect(window.answer).to_have_attribute("data-state", "thinking")
    expect(window.pane_text).to_contain_text("<r000080>")
    assert window.answer.get_attribute("data-settled") == "false", "it is shown while it is written"
    window.ends()
    window.shows_exactly(alice.message(window.message()))
    expect(window.ask_button).to_be_visible()
    is_(window, "polling")


def test_a_line_that_breaks_heals_and_nothing_is_lost(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, "/settings/")
    lines: list[WebSocketRoute] = []

    def carry(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    window.page.route_web_socket(re.compile("/ws/$"), carry)
    window.opens(begun).is_live()
    answer = window.asks("Why?", script="rate 100, tokens 400")
    for word in ("<r000020>", "<r000120>", "<a000020>"):
        expect(answer).to_contain_text(word)
        count = len(lines)
        lines[-1].close(code=1001)
        is_(window, "reconnecting")
        window.is_live()
        assert len(lines) == count + 1
    window.ends()
    window.shows_exactly(alice.message(window.message()))


def test_a_server_that_is_killed_and_started_again_is_found_again(
    start_site: Callable[..., Site], open_window: Callable[..., Window], tmp_path: Path
) -> None:
    """The attempt dies with its process; the next one gives it up after half a minute, and keeps its text."""
    site = start_site(tmp_path, port=free_port()).ready()
    with closing(Person(site, "dora@example.com")) as dora:
        posted = dora.founds().asks("Hello? simulate: tokens 4000, rate 40")
        window = open_window(dora, f"/c/{posted['conversation']}/", allow=UNREACHABLE).is_live()
        expect(window.pane_text).to_contain_text("<r000020>")
        site.end(signal.SIGKILL)
        is_(window, "reconnecting")
        expect(window.connection).to_contain_text("Reconnecting")
        seen = window.shows("thinking")
        assert "<r000020>" in seen
        start_site(tmp_path, port=site.port).ready()
        window.is_live()
        expect(window.answer).to_have_attribute("data-state", "thinking")
        assert window.shows("thinking").startswith(seen)
        window.ends("interrupted")
        expect(window.answer).to_contain_text("The text so far is kept.")
        window.shows_exactly(dora.message(posted["message"]))
        assert window.shows("thinking").startswith(seen)
        window.answer.get_by_role("button", name="Try again").click()
        expect(window.pane_text).to_contain_text("<r000005>")
        window.stop_button.click()
        window.ends("stopped")


@pytest.mark.parametrize("path", ["/", "/settings/", "/conversations/", "{conversation}rename/"])
def test_offline_is_said_on_pages_that_have_no_live_conversation(new_tab: Window, begun: str, path: str) -> None:
    window = new_tab.allows(*UNREACHABLE).opens(path.format(conversation=begun))
    words = window.page.get_by_text("You are offline.")
    expect(words).to_be_hidden()
    window.context.set_offline(True)
    expect(words).to_be_visible()
    window.context.set_offline(False)
    expect(words).to_be_hidden()


def test_offline_the_page_says_what_is_kept_until_the_line_is_back(window: Window) -> None:
    words = window.allows(*UNREACHABLE).page.get_by_text("You are offline.")
    expect(words).to_be_hidden()
    window.context.set_offline(True)
    is_(window, "offline")
    expect(words).to_be_visible()
    window.context.set_offline(False)
    is_(window, "live")
    expect(words).to_be_hidden()
