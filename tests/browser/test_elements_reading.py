"""Reading: the page's end, copying, the list, times; and what every page owes every reader."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.paginator import Paginator
from playwright.sync_api import Browser, Page, expect

from chatapp.forms.people import SettingsForm, SetupForm, SignInForm
from chatapp.models import User
from chatapp.presentation import ConversationRow, Siblings
from chatapp.views.errors import CODES
from tests.browser import stage as staging
from tests.browser.movement import moved
from tests.browser.stage import Stage, answer, block, done, fragment, frame, on_stage, outcome, part, question

pytestmark = pytest.mark.browser
LONG = "".join(block(f"Paragraph {number} of a long answer that fills the page.") for number in range(40))
ALL_DEFINED = "!document.querySelector(':not(:defined)')"
FROM_END = "() => Math.round(document.documentElement.scrollHeight - scrollY - innerHeight)"
CODE = '<div class="block"><code-block data-language="python"><pre tabindex="0"><code>print(1)\n</code></pre></code-block></div>'
FORMULA = (
    '<div class="block"><p dir="auto">As <math><semantics><mrow><mi>x</mi></mrow>'
    '<annotation encoding="application/x-tex">x^2</annotation></semantics></math> says</p></div>'
)


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    with on_stage(chromium, viewport={"width": 1200, "height": 700}, locale="en-GB", timezone_id="Asia/Tokyo") as stage:
        yield stage


def grow(stage: Stage, turn: Any, since: int) -> None:
    told = {"position": 0, "kind": "text", "since": since, "html": block("One more."), "tail": "<p>…</p>"}
    stage.socket.tell(frame(turn, parts=[told]))
    stage.until(lambda: stage.page.locator("[data-kind=text] .block").count() == since + 1)


# --- the page's end


def test_a_conversation_opens_at_its_newest_turn_and_follows_it(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=LONG)])
    page = stage.show(question(), turn)
    stage.is_live()
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    for since in (40, 41, 42):
        grow(stage, turn, since)
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    expect(page.get_by_role("button", name="To the newest")).to_be_hidden()


def test_the_page_stays_where_the_reader_scrolled_to(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=LONG)])
    page = stage.show(question(), turn)
    stage.is_live()
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    page.mouse.move(600, 300)
    with moved(page, by=-300):
        page.mouse.wheel(0, -400)
    place = page.evaluate("scrollY")
    for since in (40, 41):
        grow(stage, turn, since)
    assert page.evaluate("scrollY") == place
    back = page.get_by_role("button", name="To the newest")
    expect(back).to_be_visible()
    back.click()
    grow(stage, turn, 42)
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    expect(back).to_be_hidden()


def test_a_reader_who_returns_to_the_end_is_followed_again(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=LONG)])
    page = stage.show(question(), turn)
    stage.is_live()
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    page.locator("h1").click()
    with moved(page, by=-100):
        page.keyboard.press("PageUp")
    page.keyboard.press("End")
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    grow(stage, turn, 40)
    stage.until(lambda: page.evaluate(FROM_END) <= 1)


def test_the_composer_never_covers_the_last_line(stage: Stage) -> None:
    page = stage.show(question(), done(parts=[part(0, html=LONG)]))
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    page.fill("#composer-text", "\n".join("many lines" for _ in range(12)))
    stage.until(lambda: page.evaluate(FROM_END) <= 1)
    foot, composer = page.locator(".foot").bounding_box(), page.locator(".composer").bounding_box()
    assert foot
    assert composer
    assert foot["y"] + foot["height"] <= composer["y"]


def test_the_address_of_a_message_is_where_the_page_opens(stage: Stage) -> None:
    first = question("The first of all")
    page = stage.show(first, done(parts=[part(0, html=LONG)]), path=f"/c/{staging.CONVERSATION}/#message-{first.id}")
    stage.is_live()
    expect(page.get_by_text("The first of all")).to_be_in_viewport()


# --- copying


def test_an_answer_is_copied_as_it_is_shown_with_formulas_by_their_source(stage: Stage) -> None:
    parts = [
        part(0, "thinking", block("Not this."), label="Thought for 1.0 s"),
        part(1, html=block("One.") + FORMULA + CODE),
    ]
    page = stage.show(question(), done(parts=parts))
    page.wait_for_selector("code-block button")
    page.locator(".foot").get_by_role("button", name="Copy").click()
    expect(page.locator(".foot copy-button")).to_have_attribute("copied", "")
    page.locator("#composer-text").press("Control+V")
    expect(page.locator("#composer-text")).to_have_value("One.\n\nAs x^2 says\n\nprint(1)")


def test_a_block_of_code_names_its_language_and_is_copied_alone(stage: Stage) -> None:
    page = stage.show(question(), done(parts=[part(0, html=block("One.") + CODE)]))
    expect(page.locator("code-block")).to_contain_text("python")
    page.locator("code-block").get_by_role("button", name="Copy").click()
    expect(page.locator("code-block copy-button")).to_have_attribute("copied", "")
    page.locator("#composer-text").press("Control+V")
    expect(page.locator("#composer-text")).to_have_value("print(1)")


def test_code_that_comes_over_the_socket_has_its_button_too(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "html": CODE}]))
    expect(page.locator("code-block").get_by_role("button", name="Copy")).to_be_visible()


# --- the list, times, forms


def test_the_list_folds_and_the_browser_remembers_it(stage: Stage) -> None:
    page = stage.show(question(), done())
    page.get_by_role("button", name="Fold the list").click()
    expect(page.locator("nav.side")).to_be_hidden()
    assert page.locator("main").evaluate("(main) => main.clientWidth") == 1200
    assert {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["side"] == "folded"  # type: ignore[typeddict-item]
    show = page.get_by_role("button", name="Show the list")
    expect(show).to_be_focused()
    show.click()
    expect(page.locator("nav.side")).to_be_visible()


def test_on_a_phone_the_list_is_a_sheet_that_works_without_scripts(chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 700}, java_script_enabled=False)
    stage = Stage(context)
    page = stage.show(question(), done())
    expect(page.locator("nav.side")).to_be_hidden()
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("nav.side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("nav.side")).to_be_hidden()
    context.close()


def test_times_are_shown_in_the_readers_zone(stage: Stage) -> None:
    row = ConversationRow(key=UUID(staging.CONVERSATION), title="Figs", at=datetime(2020, 3, 1, 20, 30, tzinfo=UTC))
    stage.html = staging.page("conversation/index.html", page=Paginator([row], 50).page(1), rows=[row])
    stage.page.goto(f"{staging.ORIGIN}/conversations/")
    expect(stage.page.locator(".list time")).to_have_text("2 Mar 2020")


def test_a_form_that_came_over_the_socket_gets_its_token_from_the_cookie(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    page.context.add_cookies([{"name": "csrf", "value": "from-the-cookie", "url": staging.ORIGIN}])
    older = "3f6c2d4e-0000-4000-8000-000000000001"
    html = staging.outcome_html(turn, siblings=Siblings(position=2, count=2, previous=older))
    stage.socket.tell(frame(turn, state="done", word="Done", settled=True, outcome=html))
    choosing = f"POST /messages/{older}/choose/"
    stage.replies[choosing] = lambda fields: (200, "text/html", "<title>Chosen</title>")
    page.get_by_role("button", name="Previous version").click()
    stage.until(lambda: page.title() == "Chosen")
    assert stage.requests(choosing) == [{"csrfmiddlewaretoken": "from-the-cookie"}]


# --- every page, every reader


def _endings() -> list[Any]:
    stopped = done("11111111-0000-4000-8000-000000000001", state="stopped", word="Stopped")
    words = {
        "sentence": "Stopped by you after 8 s.",
        "tone": "note",
        "siblings": Siblings(position=1, count=2, next=stopped.id),
    }
    failed = done("11111111-0000-4000-8000-000000000002", [], state="failed", word="Failed")
    sentence = {"sentence": "The model cannot be asked.", "tone": "bad", "regenerate_label": "Try again"}
    return [
        question("What is on the plate?"),
        replace(stopped, outcome=outcome(stopped.id, **words)),
        question("再问一次"),
        replace(failed, outcome=outcome(failed.id, **sentence)),
        question(),
        answer(
            parts=[part(0, "thinking", LONG, open=True, label="Thinking", running=True)],
            state="thinking",
            word="Thinking",
        ),
    ]


def _pages() -> dict[str, dict[str, Any]]:
    rich = [
        part(0, "thinking", block("I thought."), label="Thought for 1.0 s", open=True),
        part(1, html=block("One.") + FORMULA + CODE),
    ]
    row = ConversationRow(key=UUID(staging.CONVERSATION), title="Figs", at=datetime(2020, 3, 1, tzinfo=UTC))
    listed = Paginator([row] * 3, 2).page(1)
    nobody = {"conversation": None, "current_conversation": None}
    return {
        "home": {"template": "conversation/home.html", **nobody, "demo": True, "error": "Write a question first."},
        "article": {
            "template": "conversation/show.html",
            "turns": [question(), done(parts=rich)],
            "earlier_url": "/c/",
        },
        "endings": {"template": "conversation/show.html", "turns": _endings()},
        "earlier": {"template": "conversation/show.html", "turns": [question(), done()], "later_url": "/c/"},
        "list": {"template": "conversation/index.html", "page": listed, "rows": list(listed), **nobody},
        "rename": {"template": "conversation/rename.html", "title": "Figs", "error": "Give the conversation a title."},
        "delete": {"template": "conversation/delete.html"},
        "settings": {"template": "settings.html", "form": SettingsForm(instance=User(email="a@example.com")), **nobody},
        "sign in": {
            "template": "account/login.html",
            "form": SignInForm(data={"login": "x"}),
            "signup_open": True,
            "signup_url": "/",
        },
        "setup": {"template": "setup.html", "form": SetupForm(code="123"), "needs_code": True},
        "sign-up closed": {"template": "account/signup_closed.html"},
        "sign out": {"template": "account/logout.html"},
        "reset": {"template": "account/password_reset_done.html"},
        "old link": {"template": "account/password_reset_from_key.html", "token_fail": True},
        **{f"error {code}": {"template": f"errors/{code}.html", "code": code} for code in CODES},
    }


@pytest.mark.parametrize("name", list(_pages()))
def test_no_page_hides_anything_from_anyone(chromium: Browser, name: str) -> None:
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    stage = Stage(context)
    stage.html = staging.page(**_pages()[name])
    stage.page.goto(f"{staging.ORIGIN}/")
    stage.until(lambda: stage.page.evaluate(ALL_DEFINED))
    # Before the tool comes: it writes styles itself, which are blocked.
    assert stage.troubles == []
    for theme in ("light", "dark"):
        stage.page.emulate_media(color_scheme=theme)
        found = Axe().run(stage.page)
        assert found.response["violations"] == [], f"{theme}: {found.generate_report()}"
    context.close()


@pytest.mark.parametrize("name", list(_pages()))
def test_no_page_is_wider_than_a_phone_even_with_large_text(chromium: Browser, name: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    stage = Stage(context)
    stage.html = staging.page(**_pages()[name])
    stage.page.goto(f"{staging.ORIGIN}/")
    _fits(stage.page)
    stage.page.evaluate("document.documentElement.style.fontSize = '200%'")
    _fits(stage.page)
    context.close()


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_targets_are_large_enough_for_fingers(chromium: Browser) -> None:
    context = chromium.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    stage = Stage(context)
    page = stage.show(*_endings())
    stage.until(lambda: stage.page.evaluate(ALL_DEFINED))
    small = page.evaluate("""() => [...document.querySelectorAll("main button, main summary, main .button")]
      .filter((target) => target.checkVisibility())
      .map((target) => [target.textContent.trim(), target.getBoundingClientRect().height])
      .filter(([, height]) => height > 0 && height < 40)""")
    assert small == []
    context.close()


def test_the_error_of_the_server_needs_nothing_but_its_template() -> None:
    html = staging.render_to_string("errors/500.html", {"code": 500, "message": ""})
    assert "Something went wrong here" in html
    assert "<script" not in html


def test_what_people_write_is_shown_as_text_everywhere(stage: Stage) -> None:
    evil = '"><svg onload=alert(1)>{{7*7}}</script><script>alert(1)</script>'
    dialogs: list[str] = []
    stage.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    conversation = SimpleNamespace(public_id=staging.CONVERSATION, title=evil)
    page = stage.show(
        question(evil),
        done(),
        conversation=conversation,
        current_conversation=conversation,
        sidebar=[{"label": "Today", "conversations": [conversation]}],
        text=evil,
        error=evil,
    )
    stage.is_live()
    stage.socket.tell({"type": "renamed", "conversation": staging.CONVERSATION, "title": evil + "!", "leaf": None})
    expect(page.locator("h1")).to_have_text(evil + "!")
    assert page.locator(".question__text").inner_text() == evil
    assert page.locator("#composer-text").input_value() == evil
    assert page.locator("#composer-error").inner_text() == evil
    assert page.locator("svg[onload], script:not([src]):not([type=importmap])").count() == 0
    assert dialogs == []


def test_html_cannot_enter_the_page_but_by_its_one_door(stage: Stage) -> None:
    page = stage.show(question(), done())
    refused = page.evaluate("""() => ["innerHTML", "insertAdjacentHTML", "DOMParser"].map((way) => {
      const box = document.createElement("div");
      try {
        if (way === "innerHTML") box.innerHTML = "<b>x</b>";
        else if (way === "DOMParser") new DOMParser().parseFromString("<b>x</b>", "text/html");
        else box.insertAdjacentHTML("beforeend", "<b>x</b>");
        return "entered";
      } catch (problem) {
        return problem.name;
      }
    })""")
    assert refused == ["TypeError"] * 3
    stage.troubles.clear()


def test_the_parts_of_a_page_are_the_parts_of_a_reply() -> None:
    turn = done()
    whole = staging.page("conversation/show.html", turns=[turn])
    for line in fragment(turn).splitlines():
        assert line.strip() in whole or "csrf" in line
