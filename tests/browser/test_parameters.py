"""The drawer of parameters, a person's defaults, and the details of an answer."""

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Window, stored
from tests.lab.people import Person
from tests.lab.processes import Site, Upstream

pytestmark = pytest.mark.browser


def open_drawer(page: Page) -> None:
    page.get_by_role("button", name="Parameters").click()
    expect(page.get_by_role("heading", name="Parameters")).to_be_visible()


def test_what_is_chosen_is_used_stored_and_remembered(window: Window, alice: Person, upstream: Upstream) -> None:
    page = window.page
    open_drawer(page)
    page.get_by_label("temperature").fill("0.75")
    page.get_by_label("seed").fill("7")
    page.get_by_label("System prompt").fill("Answer in one word.")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Parameters 3 changed")).to_be_visible()
    window.asks("With what was chosen? simulate: answer 2")
    window.ends()
    used = stored(alice, window.message())["parameters"]
    assert (used["temperature"], used["seed"], used["system"]) == (0.75, 7, "Answer in one word.")
    body = upstream.asked("With what was chosen?")[-1]["body"]
    assert (body["temperature"], body["seed"]) == (0.75, 7)
    assert body["messages"][0] == {"role": "system", "content": "Answer in one word."}
    window.reloads()
    expect(page.get_by_role("button", name="Parameters 3 changed")).to_be_visible()
    open_drawer(page)
    expect(page.get_by_label("temperature")).to_have_value("0.75")
    expect(page.get_by_label("System prompt")).to_have_value("Answer in one word.")
    page.get_by_role("button", name="Back to defaults").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Parameters", exact=True)).to_be_visible()
    window.asks("As usual? simulate: answer 2")
    window.ends()
    assert not {"temperature", "seed", "system"} & set(stored(alice, window.message())["parameters"])


def test_an_effort_and_a_budget_exclude_each_other(window: Window, alice: Person) -> None:
    page = window.page
    budget = page.get_by_label("or a budget of tokens")
    open_drawer(page)
    page.get_by_role("radio", name="low", exact=True).check()
    budget.fill("2000")
    expect(page.get_by_role("radio", name="As usual")).to_be_checked()
    page.get_by_role("radio", name="high", exact=True).check()
    expect(budget).to_have_value("")
    page.get_by_label("Do not show the thinking").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Parameters 1 changed")).to_be_visible()
    window.asks("Thinking hard? simulate: answer 2")
    window.ends()
    assert stored(alice, window.message())["parameters"]["reasoning"] == {"effort": "high", "exclude": True}
    open_drawer(page)
    budget.fill("1000")
    page.get_by_label("Do not show the thinking").uncheck()
    page.get_by_role("button", name="Done").click()
    window.asks("Thinking little? simulate: answer 2")
    window.ends()
    assert stored(alice, window.message())["parameters"]["reasoning"] == {"max_tokens": 1000}


def test_a_number_out_of_range_is_shown_and_nothing_is_asked(window: Window) -> None:
    page = window.page
    open_drawer(page)
    page.get_by_label("top_p").fill("7")
    page.get_by_label("top_p").press("Enter")
    expect(page.get_by_role("heading", name="Parameters")).to_be_hidden()
    window.composer.fill("Too much?")
    window.composer.press("Enter")
    expect(page.get_by_label("top_p")).to_be_focused()
    expect(window.composer).to_have_value("Too much?")
    expect(window.answers).to_have_count(1)
    page.get_by_label("top_p").fill("0.9")
    page.keyboard.press("Escape")
    window.asks("Just right? simulate: answer 2")
    window.ends()


def test_what_only_the_site_can_refuse_is_said_at_the_composer(
    alice: Person, begun: str, open_window: Callable[..., Window]
) -> None:
    window = open_window(alice, begun, allow=("400 (Bad Request)",)).is_live()
    open_drawer(window.page)
    window.page.get_by_label("seed").fill("1.5")
    window.page.keyboard.press("Escape")
    window.composer.fill("Half a seed?")
    window.composer.press("Enter")
    expect(window.complaint).to_have_text(re.compile("seed must be a whole number"))
    expect(window.composer).to_have_value("Half a seed?")


@pytest.fixture
def site_person(site: Site) -> Iterator[Person]:
    """Somebody of their own: defaults would reach into the other journeys."""
    person = Person(site, f"knobs-{uuid4().hex[:8]}@example.com").signs_up()
    yield person
    person.close()


def test_a_persons_defaults_hold_in_every_conversation(site_person: Person, open_window: Callable[..., Window]) -> None:
    window = open_window(site_person, "/settings/")
    page = window.page
    page.get_by_label("presence_penalty").fill("1.5")
    page.get_by_label("Always open").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("presence_penalty")).to_have_value("1.5")
    window.opens("/")
    open_drawer(page)
    expect(page.get_by_label("presence_penalty")).to_have_attribute("placeholder", "1.5")
    expect(page.get_by_label("presence_penalty")).to_have_value("")
    page.keyboard.press("Escape")
    window.asks("By my defaults? simulate: answer 2")
    window.ends()
    assert stored(site_person, window.message())["parameters"]["presence_penalty"] == 1.5
    window.opens("/settings/")
    page.get_by_role("button", name="Empty your defaults").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("presence_penalty")).to_have_value("")


def test_the_details_of_an_answer_tell_what_was_used(window: Window) -> None:
    window.asks("Tell me all. simulate: thinking 20, answer 10")
    window.ends()
    details = window.answer.locator(".foot__details")
    expect(details.locator("dl")).to_be_hidden()
    details.get_by_text("Details").click()
    lines = details.locator(".facts__line")
    expect(lines.filter(has_text="Answer")).to_contain_text("10 tokens")
    expect(lines.filter(has_text="Parameters")).to_contain_text("max_tokens 16384")
    attempt = window.answer.get_attribute("data-attempt")
    expect(lines.filter(has_text="Attempt")).to_contain_text(str(attempt))
    expect(window.answer.locator(".foot__figures")).to_have_text(
        re.compile(r"^\d+\.\d s · 20 \+ 10 tokens · \$0\.\d+$")
    )


def test_the_drawer_works_without_scripts(alice: Person, begun: str, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, begun, java_script_enabled=False, allow=("400 (Bad Request)",))
    page = window.page
    open_drawer(page)
    page.get_by_label("temperature").fill("0.5")
    page.get_by_role("radio", name="minimal").check()
    page.get_by_role("button", name="Done").click()
    window.composer.fill("By hand? simulate: answer 2")
    window.ask_button.click()
    expect(page.get_by_role("button", name="Parameters 2 changed")).to_be_visible()
    expect(window.answers).to_have_count(2)
    used = stored(alice, window.message())["parameters"]
    assert (used["temperature"], used["reasoning"]) == (0.5, {"effort": "minimal"})
    # Until then the page refreshes itself.
    expect(window.answer).to_have_attribute("data-state", "done")
    open_drawer(page)
    page.get_by_label("temperature").fill("5")
    page.get_by_role("button", name="Done").click()
    window.composer.fill("Too hot?")
    window.ask_button.click()
    expect(window.complaint).to_have_text("temperature must be a number from 0 to 2.")
    expect(window.composer).to_have_value("Too hot?")
