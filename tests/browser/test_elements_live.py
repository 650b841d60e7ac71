"""The live conversation: what frames do to the page, and how the page keeps in touch."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stage import (
    CONVERSATION,
    Stage,
    answer,
    block,
    done,
    fragment,
    frame,
    outcome,
    outcome_html,
    part,
    question,
)

pytestmark = pytest.mark.browser
TURNS = f"GET /c/{CONVERSATION}/turns/"
PROGRESS = f"GET /c/{CONVERSATION}/progress/"


def text_of(stage: Stage) -> str:
    return str(stage.page.locator("[data-kind=text]").last.inner_text())


# --- blocks and tails


def test_only_the_tail_changes_while_an_answer_is_written(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One.") + block("Two.") + '<div class="tail"><p>Thr</p></div>')])
    page = stage.show(question(), turn)
    stage.is_live()
    page.evaluate("""() => {
      window.changes = 0;
      const observer = new MutationObserver((all) => (window.changes += all.length));
      const watched = { subtree: true, childList: true, characterData: true, attributes: true };
      for (const block of document.querySelectorAll(".block")) observer.observe(block, watched);
      getSelection().selectAllChildren(document.querySelector(".block p"));
    }""")
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "since": 2, "tail": "<p>Three a</p>"}]))
    more = {"position": 0, "kind": "text", "since": 2, "html": block("Three and four."), "tail": "<p>Fi"}
    stage.socket.tell(frame(turn, parts=[more | {"tail_keep": 0}]))
    stage.socket.tell(
        frame(turn, parts=[{"position": 0, "kind": "text", "since": 3, "tail_keep": 5, "tail": "ve</p>"}])
    )
    stage.until(lambda: "Five" in text_of(stage))
    assert text_of(stage).split("\n\n") == ["One.", "Two.", "Three and four.", "Five"]
    assert page.evaluate("window.changes") == 0
    assert page.evaluate("String(getSelection())") == "One."


def test_a_tail_is_kept_by_utf_16_units(stage: Stage) -> None:
    turn = answer()
    stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "tail": "<p>𝒳👩‍🔬é</p>"}]))
    # "<p>" 3, 𝒳 2, 👩‍🔬 5, é 1
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "tail_keep": 11, "tail": " and 𝒴</p>"}]))
    stage.until(lambda: text_of(stage) == "𝒳👩‍🔬é and 𝒴")


def test_blocks_beyond_what_the_server_keeps_are_dropped(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One.") + block("Wrong.") + block("Wrong too."))])
    stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "since": 1, "html": block("Right.")}]))
    stage.until(lambda: text_of(stage) == "One.\n\nRight.")


def test_a_frame_that_does_not_fit_makes_the_page_say_again_what_it_holds(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One."))])
    stage.show(question(), turn)
    stage.is_live()
    stage.until(lambda: stage.socket.said("hold"))
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "since": 7, "html": block("Eight.")}]))
    stage.until(lambda: len(stage.socket.said("hold")) == 2)
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "since": 1, "tail_keep": 4, "tail": "x"}]))
    stage.until(lambda: len(stage.socket.said("hold")) == 3)
    assert stage.socket.said("hold")[-1] == {
        "type": "hold",
        "message": turn.id,
        "revision": "1.0.1",
        "parts": {"0": 1},
    }
    assert text_of(stage) == "One."


def test_settling_keeps_the_blocks_that_come_again_and_changes_the_others(stage: Stage) -> None:
    code = '<div class="block"><code-block data-language="python"><pre tabindex="0"><code>x</code></pre></code-block></div>'
    turn = answer(parts=[part(0, html=block("One.") + code + '<div class="tail"><p>See [1]</p></div>')])
    page = stage.show(question(), turn)
    stage.is_live()
    page.wait_for_selector("code-block button")
    page.evaluate("window.kept = [...document.querySelectorAll('.block')]")
    whole = block("One.") + code + block("See <a>1</a>")
    stage.socket.tell(
        frame(
            turn,
            revision="1.1.1",
            state="done",
            word="Done",
            settled=True,
            parts=[{"position": 0, "kind": "text", "html": whole}],
            outcome=outcome_html(turn),
        )
    )
    expect(page.locator(".answer")).to_have_attribute("data-settled", "true")
    assert page.evaluate("window.kept.every((block, place) => document.querySelectorAll('.block')[place] === block)")
    assert page.locator(".tail").count() == 0
    assert page.locator(".block a").inner_text() == "1"
    expect(page.locator(".answer .foot")).to_contain_text("12.4 s · 2,314 tokens")
    assert page.locator(".answer__running").count() == 0


def test_a_tail_that_closes_as_it_stood_stays(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One."))])
    page = stage.show(question(), turn)
    stage.is_live()
    at = {"position": 0, "kind": "text"}
    stage.socket.tell(frame(turn, parts=[at | {"since": 1, "tail": '<p dir="auto">Two'}]))
    stage.socket.tell(frame(turn, parts=[at | {"since": 1, "tail_keep": 17, "tail": " words.</p>"}]))
    stage.until(lambda: text_of(stage).endswith("words."))
    page.evaluate("window.kept = document.querySelector('.tail')")
    closing = block("Two words.") + block("Three.")
    stage.socket.tell(frame(turn, parts=[at | {"since": 1, "html": closing, "tail": "<p>Four</p>"}]))
    stage.until(lambda: text_of(stage) == "One.\n\nTwo words.\n\nThree.\n\nFour")
    assert page.evaluate("window.kept === document.querySelectorAll('.block')[1]")
    # Another form of it is another block.
    settled = at | {"since": 3, "html": block("Four <b>ends</b>.")}
    stage.socket.tell(frame(turn, revision="1.1.1", state="done", word="Done", settled=True, parts=[settled]))
    stage.until(lambda: text_of(stage).endswith("Four ends."))
    assert page.locator(".block").count() == 4
    assert page.locator(".tail").count() == 0


def test_parts_stand_in_the_order_of_their_positions(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(turn, parts=[{"position": 2, "kind": "text", "tail": "<p>Third</p>"}]))
    stage.socket.tell(
        frame(turn, parts=[{"position": 0, "kind": "thinking", "label": "Thinking", "tail": "<p>First</p>"}])
    )
    stage.socket.tell(frame(turn, parts=[{"position": 1, "kind": "text", "tail": "<p>Second</p>"}]))
    stage.until(lambda: page.locator("[data-part]").count() == 4 - 1)
    shown = page.evaluate("[...document.querySelectorAll('[data-parts] > *')].map((part) => part.dataset.part).join()")
    assert shown == "0,1,2"


def test_a_part_that_turns_out_to_be_of_another_kind_is_made_anew(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "html": block("Let me see"), "tail": ""}]))
    relabelled = {"position": 0, "kind": "thinking", "label": "Thinking", "html": block("Let me see"), "tail": ""}
    stage.socket.tell(frame(turn, revision="1.0.2", parts=[relabelled]))
    expect(page.locator("thinking-pane [data-blocks]")).to_have_text("Let me see")
    assert page.locator("[data-part]").count() == 1
    assert page.locator(".answer").get_attribute("data-revision") == "1.0.2"


def test_a_frame_for_an_answer_that_is_not_shown_changes_nothing_but_is_counted(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One."))])
    stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(frame(answer(), parts=[{"position": 0, "kind": "text", "tail": "<p>Not here</p>"}]))
    stage.until(lambda: stage.socket.said("ack"))
    assert stage.socket.said("ack")[-1]["count"] == 1
    assert text_of(stage) == "One."


def test_frames_are_acknowledged_together(stage: Stage) -> None:
    turn = answer()
    stage.show(question(), turn)
    stage.is_live()
    for count in range(1, 10):
        stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "tail": f"<p>{count}</p>"}]))
    stage.until(lambda: stage.socket.said("ack") and stage.socket.said("ack")[-1]["count"] == 9)
    assert [command["count"] for command in stage.socket.said("ack")] == [4, 8, 9]


def test_delayed_saving_and_left_out_turns_are_said(stage: Stage) -> None:
    turn = answer()
    page = stage.show(question(), turn)
    stage.is_live()
    expect(page.locator(".answer__delayed")).to_be_hidden()
    stage.socket.tell(frame(turn, delayed=True, notice="3 earlier messages were left out."))
    expect(page.locator(".answer__delayed")).to_be_visible()
    expect(page.locator(".answer__notice")).to_have_text("3 earlier messages were left out.")
    stage.socket.tell(frame(turn))
    expect(page.locator(".answer__delayed")).to_be_hidden()


def test_a_formula_of_messages_named_like_object_members_pollutes_nothing(stage: Stage) -> None:
    page = stage.show(question(), answer())
    stage.is_live()
    for name in ("__proto__", "constructor", '"] , *'):
        stage.socket.tell(frame(answer(), message=name, attempt=name, parts=[{"position": name, "kind": name}]))
    stage.until(lambda: stage.socket.said("ack"))
    assert page.evaluate("({}).x === undefined && Object.keys(Object.prototype).length === 0")


# --- in touch


def test_a_lost_socket_comes_back_and_says_what_the_page_holds(stage: Stage) -> None:
    turn = answer(parts=[part(0, html=block("One."))])
    page = stage.show(question(), turn)
    stage.is_live()
    stage.socket.tell(
        frame(turn, parts=[{"position": 0, "kind": "text", "since": 1, "html": block("Two."), "tail": "<p>T"}])
    )
    stage.until(lambda: "Two." in text_of(stage))
    stage.socket.close(1012)
    expect(page.locator("connection-state")).to_have_attribute("data-state", "reconnecting")
    stage.until(lambda: len(stage.socket.opened) == 2 and len(stage.socket.said("hold")) == 2)
    assert stage.socket.said("hold")[-1]["parts"] == {"0": 2}
    # The tail comes whole on the new socket.
    stage.socket.tell(frame(turn, parts=[{"position": 0, "kind": "text", "since": 2, "tail": "<p>Three</p>"}]))
    stage.until(lambda: text_of(stage) == "One.\n\nTwo.\n\nThree")
    expect(page.locator("connection-state")).to_have_attribute("data-state", "live")


def test_a_socket_that_fell_silent_is_given_up(chromium: Browser) -> None:
    context = chromium.new_context()
    stage = Stage(context)
    stage.page.clock.install()
    stage.show(question(), answer())
    stage.is_live_by_clock()
    stage.socket.is_mute = True
    stage.page.clock.run_for(14_000)
    assert stage.socket.said("ping") == []
    stage.page.clock.run_for(3_000)
    assert len(stage.socket.said("ping")) == 1
    stage.page.clock.run_for(8_000)
    assert len(stage.socket.opened) == 2
    context.close()


def test_a_page_of_another_release_asks_to_be_loaded_again(stage: Stage) -> None:
    stage.socket.release = "2"
    page = stage.show(question(), done())
    expect(page.locator("connection-state")).to_have_attribute("data-state", "outdated")
    expect(page.get_by_role("link", name="Reload")).to_be_visible()
    assert stage.socket.said("watch") == []


def test_signed_out_elsewhere_is_said_with_the_way_back(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    stage.socket.close(4401)
    expect(page.locator("connection-state")).to_have_attribute("data-state", "signed-out")
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/accounts/login/?next=/")


def test_a_deleted_conversation_is_said(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    stage.socket.tell({"type": "gone", "conversation": CONVERSATION})
    expect(page.locator("connection-state")).to_have_attribute("data-state", "gone")


def test_where_no_socket_can_be_had_the_page_polls_and_says_so(stage: Stage) -> None:
    stage.socket.is_blocked = True
    turn = answer(parts=[part(0, html=block("One.") + '<div class="tail"><p>Tw</p></div>')])
    polled: list[Any] = []

    def progress(fields: dict[str, str]) -> tuple[int, str, str]:
        polled.append(json.loads(fields["holding"]))
        held = polled[-1][0]["parts"]["0"] if polled[-1] else 0
        more = {"position": 0, "kind": "text", "since": held, "html": block(f"Polled {held}.")}
        ends = {"state": "done", "word": "Done", "settled": True} if held == 3 else {}
        frames = [frame(turn, parts=[more | ({} if ends else {"tail": "<p>…</p>"})], **ends)] if polled[-1] else []
        return 200, "application/json", json.dumps({"frames": frames})

    stage.replies[PROGRESS] = progress
    page = stage.show(question(), turn)
    expect(page.locator("connection-state")).to_have_attribute("data-state", "polling")
    expect(page.locator("connection-state")).to_contain_text("Polling")
    expect(page.locator(".answer")).to_have_attribute("data-settled", "true")
    assert text_of(stage) == "One.\n\nPolled 1.\n\nPolled 2.\n\nPolled 3."
    # A socket that can be had after all is taken.
    stage.socket.is_blocked = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("connection-state")).to_have_attribute("data-state", "live")


def test_turns_added_elsewhere_are_fetched_once_and_held(stage: Stage) -> None:
    first = done()
    stage.show(question(), first)
    stage.is_live()
    later, running = question("And then?"), answer()
    stage.replies[TURNS] = lambda fields: (200, "text/html", fragment(later, running))
    for _ in range(3):
        stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": running.id})
    stage.until(lambda: any(hold["message"] == running.id for hold in stage.socket.said("hold")))
    assert stage.requests(TURNS) == [{"after": first.id}]
    assert stage.page.locator("[data-message]").count() == 4


def test_a_page_that_slept_finds_by_the_leaf_what_it_missed(stage: Stage) -> None:
    first = done()
    stage.show(question(), first)
    stage.is_live()
    later, missed = question("Asked on the phone"), done()
    stage.replies[TURNS] = lambda fields: (200, "text/html", fragment(later, missed))
    stage.socket.tell({"type": "watching", "conversation": CONVERSATION, "title": "Figs", "leaf": missed.id})
    stage.until(lambda: stage.page.locator(f"#message-{missed.id}").count() == 1)


def test_another_branch_chosen_elsewhere_is_shown_in_place(stage: Stage) -> None:
    ask, old, new = question(), done(), done()
    stage.show(ask, old)
    stage.is_live()
    stage.replies[TURNS] = lambda fields: (
        (409, "application/json", "{}") if "after" in fields else (200, "text/html", fragment(ask, new))
    )
    stage.page.evaluate("window.kept = document.querySelector('.question')")
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": new.id})
    stage.until(lambda: stage.page.locator(f"#message-{new.id}").count() == 1)
    assert stage.page.locator(f"#message-{old.id}").count() == 0
    assert stage.page.evaluate("window.kept.isConnected")


def test_a_page_with_nothing_in_common_with_the_branch_is_out_of_date(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    other = done()
    stage.replies[TURNS] = lambda fields: (
        (409, "application/json", "{}") if "after" in fields else (200, "text/html", fragment(question(), other))
    )
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": other.id})
    expect(page.locator("connection-state")).to_have_attribute("data-state", "outdated")
    expect(page.locator("connection-state")).to_contain_text("Out of date")


def test_another_title_is_shown_in_head_tab_and_list(stage: Stage) -> None:
    page = stage.show(question(), done())
    stage.is_live()
    stage.socket.tell({"type": "renamed", "conversation": CONVERSATION, "title": "Plums <b>", "leaf": None})
    expect(page.locator("h1")).to_have_text("Plums <b>")
    assert page.title() == "Plums <b> · Ponder"
    assert page.locator(".side__link[aria-current]").inner_text() == "Plums <b>"


def test_regenerating_puts_the_new_answer_in_the_place_of_the_old(stage: Stage) -> None:
    old, new = done(), answer()
    page = stage.show(question(), old)
    stage.is_live()
    stage.replies[f"POST /messages/{old.id}/regenerate/"] = lambda fields: (201, "text/html", fragment(new))
    page.get_by_role("button", name="Regenerate").click()
    stage.until(lambda: page.locator(f"#message-{new.id}").count() == 1)
    assert page.locator(f"#message-{old.id}").count() == 0
    [sent] = stage.requests(f"POST /messages/{old.id}/regenerate/")
    assert len(sent["client_id"]) == 36
    stage.until(lambda: stage.socket.said("hold"))
    # What the socket tells of it meanwhile is no news.
    stage.socket.tell({"type": "added", "conversation": CONVERSATION, "message": new.id})
    assert stage.requests(TURNS) == []


def test_a_refused_regeneration_is_said_at_the_composer_and_changes_nothing(stage: Stage) -> None:
    old = done()
    page = stage.show(question(), old)
    stage.is_live()
    error = json.dumps({"error": {"code": "already_answering", "message": "An answer is still being written."}})
    stage.replies[f"POST /messages/{old.id}/regenerate/"] = lambda fields: (409, "application/json", error)
    page.get_by_role("button", name="Regenerate").click()
    expect(page.locator("#composer-error")).to_have_text("An answer is still being written.")
    assert page.locator(f"#message-{old.id}").count() == 1


def test_a_screen_reader_hears_states_and_not_the_text(stage: Stage) -> None:
    turn = answer(state="waiting", word="Waiting")
    page = stage.show(question(), turn)
    stage.is_live()
    page.evaluate("""() => {
      window.heard = [];
      const said = document.querySelector("state-announcer");
      new MutationObserver(() => window.heard.push(said.textContent)).observe(said, { childList: true });
    }""")
    for place, (state, word) in enumerate(
        [("thinking", "Thinking"), ("thinking", "Thinking"), ("answering", "Answering")]
    ):
        told = {"position": int(state == "answering"), "kind": "text", "tail": f"<p>{place}</p>"}
        stage.socket.tell(frame(turn, state=state, word=word, parts=[told]))
    stage.socket.tell(frame(turn, state="done", word="Done", settled=True, outcome=outcome_html(turn)))
    stage.until(lambda: page.evaluate("window.heard.at(-1)") == "Answer ready")
    assert page.evaluate("window.heard") == ["Thinking", "Answering", "Answer ready"]
    live = page.evaluate(
        "document.querySelectorAll('.answer [aria-live], .answer [role=status], .answer [role=log]').length"
    )
    assert live == 0


def test_the_ids_the_page_makes_without_a_secure_context_are_uuids(stage: Stage) -> None:
    page = stage.show(question(), done())
    made = page.evaluate("import('lib/requests.js').then(({ uuid }) => [crypto.randomUUID === undefined, uuid()])")
    assert made[0] is True
    assert str(uuid4().__class__(made[1])) == made[1]


# --- what it cost, which is known later


@pytest.mark.parametrize("is_loaded", [False, True], ids=["seen to end", "loaded after the end"])
def test_a_page_that_polls_hears_what_a_settled_answer_cost(stage: Stage, is_loaded: bool) -> None:
    stage.socket.is_blocked = True
    stage.page.clock.install()
    ended = {"state": "stopped", "word": "Stopped", "settled": True}
    turn = answer(parts=[part(0, html=block("One."))])
    if is_loaded:
        turn = replace(turn, **ended, running=False, outcome=outcome(turn.id, is_pending=True))
    pending = outcome_html(turn, is_pending=True)
    told = [pending, pending, pending, outcome_html(turn, figures="$0.25")]
    polled: list[Any] = []

    def progress(fields: dict[str, str]) -> tuple[int, str, str]:
        polled.append(json.loads(fields["holding"]))
        frames = [frame(turn, **ended, outcome=told.pop(0))] if polled[-1] else []
        return 200, "application/json", json.dumps({"frames": frames})

    stage.replies[PROGRESS] = progress
    page = stage.show(question(), turn)
    stage.until_by_clock(lambda: not told)
    expect(page.locator(".foot")).to_contain_text("$0.25")
    polls = len(polled)
    stage.until_by_clock(lambda: len(polled) > polls)
    # There is nothing more to ask for.
    assert polled[-1] == []
    assert all(holding[0]["message"] == turn.id for holding in polled[:polls])


def test_a_socket_is_asked_for_what_an_answer_cost_that_ended_before(stage: Stage) -> None:
    turn = done()
    page = stage.show(question(), done(), question(), replace(turn, outcome=outcome(turn.id, is_pending=True)))
    stage.is_live()
    stage.until(lambda: stage.socket.said("hold"))
    assert [hold["message"] for hold in stage.socket.said("hold")] == [turn.id]
    frames = frame(turn, settled=True, outcome=outcome_html(turn, figures="$0.25"))
    stage.socket.tell(frames)
    expect(page.locator(".foot").last).to_contain_text("$0.25")
    expect(page.locator("[data-pending]")).to_have_count(0)
