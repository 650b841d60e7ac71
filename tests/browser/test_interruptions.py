"""A reader's day is full of interruptions: whatever happens, each moment shows a prefix of the answer, the end all of it,
and the word about the connection is right."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import UNREACHABLE
from tests.browser.reading import ENDLESS, Reading
from tests.browser.test_connection import is_
from tests.browser.windows import Window
from tests.lab.conftest import FOUNDER
from tests.lab.people import Person
from tests.lab.processes import Site, Upstream, free_port, wait_for
from tests.lab.proxy import Proxy

pytestmark = pytest.mark.browser


def test_ten_reloads_ask_once_and_show_one_answer(alice: Person, own_window: Window, upstream: Upstream) -> None:
    reading = Reading(alice, own_window, ENDLESS)
    for number in range(10):
        reading.goes_on(chars=100)
        before = reading.window.shows("thinking") + reading.window.shows("text")
        if number % 2:
            # Again before the page has come to life; a document that is not there yet cannot be reloaded.
            reading.window.page.reload(wait_until="commit")
            reading.window.page.locator("html").wait_for(state="attached")
        reading.window.reloads()
        expect(reading.window.answers).to_have_count(1)
        assert (reading.window.shows("thinking") + reading.window.shows("text")).startswith(before)
    reading.is_stopped()
    assert len(upstream.asked(reading.mark)) == 1


def test_ten_seconds_offline_are_said_and_made_up_for(alice: Person, own_window: Window) -> None:
    reading = Reading(alice, own_window, "tokens 900, rate 40")
    reading.goes_on()
    own_window.context.set_offline(True)
    is_(own_window, "offline")
    expect(own_window.connection).to_contain_text("Offline")
    stands_in_the_head(own_window)
    seen = reading.shown_chars
    # Forty tokens of nine characters a second.
    reading.is_written_on(chars=10 * 40 * 9)
    is_(own_window, "offline")
    assert reading.shown_chars == seen
    own_window.context.set_offline(False)
    own_window.is_live()
    reading.goes_on()
    reading.ends()


@pytest.fixture
def behind_proxy(
    data: Path, start_site: Callable[..., Site], open_window: Callable[..., Window]
) -> Iterator[tuple[Proxy, Person, Window]]:
    """The founder's window on a site that is reached through a proxy."""
    port = free_port()
    with Proxy(port) as proxy:
        site = start_site(data, port=port, PUBLIC_ORIGIN=f"http://127.0.0.1:{proxy.port}").ready()
        site.origin = f"http://127.0.0.1:{proxy.port}"
        founder = Person(site, FOUNDER).signs_in()
        yield proxy, founder, open_window(founder, "/settings/", allow=UNREACHABLE)
        proxy.is_hole = False
        founder.close()
        site.end(signal.SIGKILL)


def test_a_line_that_is_torn_every_two_seconds_loses_nothing(behind_proxy: tuple[Proxy, Person, Window]) -> None:
    proxy, founder, window = behind_proxy
    reading = Reading(founder, window, ENDLESS)
    for _ in range(5):
        # A hundred tokens of nine characters a second.
        reading.goes_on(chars=2 * 100 * 9)
        count = reading.recorder.states.count("reconnecting")
        proxy.reset()
        wait_for(lambda count=count: window.page.title() and reading.recorder.states.count("reconnecting") > count)
        stands_in_the_head(window)
        window.is_live()
    reading.is_stopped()
    assert set(reading.recorder.states) <= {"off", "reconnecting", "live"}


def test_a_line_that_swallows_everything_is_noticed_and_said(behind_proxy: tuple[Proxy, Person, Window]) -> None:
    proxy, founder, window = behind_proxy
    reading = Reading(founder, window, ENDLESS)
    reading.goes_on()
    proxy.is_hole = True
    seen = reading.shown_chars
    # The page asks after 15 s of silence and waits 5 s for the answer.
    expect(window.connection).to_have_attribute("data-state", "reconnecting", timeout=60_000)
    assert reading.shown_chars >= seen
    stands_in_the_head(window)
    proxy.is_hole = False
    proxy.reset()
    window.is_live()
    reading.goes_on()
    reading.is_stopped()


def test_a_deploy_under_an_open_page_goes_by_with_a_word(
    founder: Person, serve: Callable[..., Site], open_window: Callable[..., Window], upstream: Upstream
) -> None:
    old = founder.site
    window = open_window(founder, "/settings/", allow=UNREACHABLE)
    reading = Reading(founder, window, "tokens 900, rate 60")
    reading.goes_on()
    old.child.send_signal(signal.SIGTERM)
    is_(window, "reconnecting")
    founder.site = serve(port=old.port).ready()
    window.is_live()
    reading.goes_on()
    # The question asked before is answered by the old process, the next one by the new one.
    reading.ends()
    assert old.child.wait(60) == 0
    assert len(upstream.asked(reading.mark)) == 1
    window.asks("And now?", script="answer 5")
    window.ends()
    # Until the next process listens, which takes as long as it takes.
    assert reading.recorder.states[:3] == ["off", "live", "reconnecting"]
    assert set(reading.recorder.states) <= {"off", "live", "reconnecting", "polling"}


def stands_in_the_head(window: Window) -> None:
    """What is said about the connection stands in the head of the page, over nothing that is read."""
    head = window.page.locator(".head").bounding_box()
    word = window.connection.bounding_box()
    assert head
    assert word
    assert head["x"] <= word["x"] <= word["x"] + word["width"] <= head["x"] + head["width"]
    assert head["y"] <= word["y"] <= word["y"] + word["height"] <= head["y"] + head["height"]
    expect(window.connection).to_contain_text(re.compile("Reconnecting|Offline|Polling"))
