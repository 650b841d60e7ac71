"""What the first page asks of a browser that has nothing of the site yet."""

import pytest
from playwright.sync_api import expect

from tests.browser.windows import Window

pytestmark = pytest.mark.browser

REQUESTS_AT_MOST = 25


def test_the_first_page_is_few_requests(new_tab: Window, begun: str) -> None:
    page = new_tab.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto("/", wait_until="networkidle")
    new_tab.is_awake()
    expect(page.locator("conversation-list")).to_be_visible()
    assert len(asked) <= REQUESTS_AT_MOST, "\n".join(asked)


def test_a_title_is_not_lost_where_the_box_for_it_cannot_be_fetched(own_window: Window, begun: str) -> None:
    page = own_window.page
    page.context.route("**/lib/titles*.js", lambda route: route.abort())
    own_window.opens("/")
    line = page.locator(".side__link").first
    before = line.text_content()
    line.focus()
    line.press("F2")
    expect(page.locator("undo-toast, [data-error]").filter(has_text="did not reach the site").first).to_be_visible()
    expect(line).to_have_text(before or "")
    page.context.unroute("**/lib/titles*.js")
    line.press("F2")
    expect(page.locator(".side__rename")).to_be_focused()
