"""Whoever deletes the account, in a browser where something was being written."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Window
from tests.conftest import PASSWORD
from tests.lab.people import Person
from tests.lab.processes import Site

pytestmark = pytest.mark.browser


def test_drafts_go_with_the_account_and_not_before(site: Site, open_window: Callable[..., Window]) -> None:
    leaver = Person(site, f"leaver-{uuid4().hex[:8]}@example.com").signs_up()
    window = open_window(leaver)
    page = window.page
    window.composer.fill("Half a thou")
    window.opens("/settings/leave/")
    assert "Half a thou" in drafts(page)
    delete(page, "a wrong password")
    expect(page.get_by_text("This is not your password")).to_be_visible()
    window.opens("/")
    expect(window.composer).to_have_value("Half a thou")
    window.opens("/settings/leave/")
    delete(page, PASSWORD)
    expect(page).to_have_url(re.compile("/accounts/login/$"))
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    window.is_awake()
    assert drafts(page) == ""
    leaver.close()


def delete(page: Page, password: str) -> None:
    page.get_by_label("Your password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Delete my account").click()


def drafts(page: Page) -> str:
    return str(page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('draft:')).join()"))
