"""Continue and Answer now: further attempts at the same message, seen live by whoever has it open."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from chatapp.generation.further import ANSWER_NOW, GO_ON, THINK_ON
from tests.lab.conftest import FOUNDER
from tests.lab.people import JSON, Person, Reader, text_of
from tests.lab.processes import Site, Upstream, wait_for

ENDLESS = "thinking 100000, no-limit, rate 200"


def more(person: Person, generation: str, door: str = "continue", status: int = 201) -> dict[str, Any]:
    reply = person.post(f"/generations/{generation}/{door}/")
    assert reply.status_code == status, reply.text
    return dict(reply.json())


def broken_off(person: Person, upstream: Upstream, script: str = "thinking 20, answer 400, rate 200") -> dict[str, Any]:
    """An answer that was stopped while it wrote what the script ends with."""
    posted = person.asks(f"{uuid4().hex} simulate: {script}")
    kind = "text" if "answer" in script else "thinking"
    wait_for(lambda: text_of(person.message(posted["message"]), kind), what="the first words")
    person.stops(posted["generation"])
    person.ended(posted["message"])
    return posted


def asked_last(upstream: Upstream) -> dict[str, Any]:
    return next(entry for entry in reversed(upstream.log()) if entry["path"].endswith("/chat/completions"))


async def test_an_answer_goes_on_before_the_eyes_of_its_readers(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: thinking 40, answer 4000, rate 300")
    open_page, left = Reader(alice), Reader(alice)
    async with open_page.connected():
        async with left.connected():
            await left.reads(posted["conversation"], posted["message"], frames=8)
        await open_page.reads(posted["conversation"], posted["message"], frames=8)
        await asyncio.to_thread(alice.stops, posted["generation"])
        while not open_page.settled:
            await open_page.receive("progress")
        assert "Continue" in open_page.outcome
        first = await asyncio.to_thread(alice.ended, posted["message"])
        upstream.play("thinking 30, answer 60, rate 300")
        second = await asyncio.to_thread(more, alice, posted["generation"])
        assert second["message"] == posted["message"]
        resumed = await open_page.receive("resumed")
        assert (resumed["leaf"], resumed["attempt"]) == (posted["message"], second["generation"])
        await open_page.holds(posted["message"])
        # News of the first attempt, such as what it cost, may still be on its way.
        while open_page.attempt != second["generation"] or not open_page.settled:
            await open_page.receive("progress")
        async with left.connected():
            await left.reads(posted["conversation"], posted["message"])
    message = alice.ended(posted["message"])
    assert [part["kind"] for part in message["parts"]] == ["thinking", "text", "thinking", "text"]
    assert [part["text"] for part in message["parts"]][:2] == [part["text"] for part in first["parts"]]
    for reader in (open_page, left):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    body = asked_last(upstream)["body"]
    assert body["messages"][-2:] == [
        {"role": "assistant", "content": text_of(first, "text")},
        {"role": "user", "content": GO_ON},
    ]
    assert (message["state"], open_page.state) == ("done", "done")
    assert [(a["purpose"], a["state"]) for a in message["attempts"]] == [("answer", "stopped"), ("continue", "done")]
    assert message["attempts"][1]["usage"]["completion_tokens"] == 90


async def test_a_page_that_slept_through_it_is_told_on_waking(alice: Person, upstream: Upstream) -> None:
    posted = broken_off(alice, upstream)
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"])
    upstream.play("answer 30")
    second = await asyncio.to_thread(more, alice, posted["generation"])
    message = await asyncio.to_thread(alice.ended, posted["message"])
    async with reader.connected():
        await reader.send(type="watch", conversation=posted["conversation"])
        watching = await reader.receive("watching")
        assert (watching["leaf"], watching["attempt"]) == (posted["message"], second["generation"])
        await reader.holds(posted["message"])
        await reader.receive("progress")
    assert reader.settled
    reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    # What it had was not sent again.
    assert [part.get("whole", False) for part in reader.frames[-1]["parts"] if part["position"] == 0] == [True]


async def test_writing_on_beside_a_newer_branch_tells_of_the_attempt(alice: Person, upstream: Upstream) -> None:
    posted = broken_off(alice, upstream)
    other = alice.post(f"/messages/{posted['message']}/regenerate/").json()
    alice.stops(other["generation"])
    alice.ended(other["message"])
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"])
        upstream.play("answer 30")
        second = await asyncio.to_thread(more, alice, posted["generation"])
        added = await reader.receive("added")
        assert (added["message"], added["attempt"]) == (posted["message"], second["generation"])


def test_a_poll_tells_of_the_newer_attempt(alice: Person, upstream: Upstream) -> None:
    posted = broken_off(alice, upstream)
    upstream.play("answer 5")
    second = more(alice, posted["generation"])
    alice.ended(posted["message"])
    frames = alice.http.get(f"/c/{posted['conversation']}/progress/", headers=JSON).json()["frames"]
    assert (frames[0]["leaf"], frames[0]["attempt"]) == (posted["message"], second["generation"])


def test_a_thought_that_broke_off_is_taken_up(alice: Person, upstream: Upstream) -> None:
    posted = broken_off(alice, upstream, ENDLESS)
    upstream.play("tokens 10")
    more(alice, posted["generation"])
    message = alice.ended(posted["message"])
    thought = message["parts"][0]["text"]
    so_far, request = asked_last(upstream)["body"]["messages"][-2:]
    assert so_far["content"] == f"My thoughts so far:\n\n> {thought}".rstrip()
    assert request["content"] == THINK_ON
    assert message["state"] == "done"


def test_an_answer_longer_than_the_model_can_read_goes_on_from_its_end(alice: Person, upstream: Upstream) -> None:
    question = f"{uuid4().hex} simulate: answer 60000, no-limit, rate 0, done-without-finish"
    posted = alice.asks(question)
    first = alice.ended(posted["message"])
    assert first["state"] == "interrupted"
    upstream.play("answer 5")
    more(alice, posted["generation"])
    second = alice.ended(posted["message"])
    asked, so_far, request = asked_last(upstream)["body"]["messages"]
    assert (asked["content"], request["content"]) == (question, GO_ON)
    assert text_of(first, "text").endswith(so_far["content"].removeprefix("…"))
    assert 100_000 < len(so_far["content"]) < len(text_of(first, "text"))
    assert "Only the end of the answer so far was sent" in str(second)


def test_answering_now_stops_a_thought_without_end(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: never-stops, rate 200")
    wait_for(lambda: text_of(alice.message(posted["message"]), "thinking"), what="the first thought")
    upstream.play("thinking 5, answer 10")
    more(alice, posted["generation"], "answer-now")
    message = alice.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("done", "")
    assert [part["kind"] for part in message["parts"]] == ["thinking", "thinking", "text"]
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="the first request to be closed")
    body = asked_last(upstream)["body"]
    assert body["reasoning"] == {"max_tokens": 512}
    assert body["messages"][-2]["content"].startswith("My thoughts so far:")
    assert body["messages"][-1]["content"] == ANSWER_NOW
    # Later turns get the answer alone.
    alice.ended(alice.asks("and? simulate: answer 1", conversation=posted["conversation"])["message"])
    later = asked_last(upstream)["body"]["messages"]
    assert [turn["role"] for turn in later] == ["user", "assistant", "user"]
    assert later[1]["content"] == message["parts"][2]["text"]


def test_a_model_that_thinks_on_is_asked_twice_and_no_third_time(alice: Person, upstream: Upstream) -> None:
    posted = broken_off(alice, upstream, ENDLESS)
    generation = posted["generation"]
    for thoughts in (2, 3):
        upstream.play("never-stops, rate 200")
        generation = more(alice, generation, "answer-now")["generation"]
        wait_for(lambda n=thoughts: len(alice.message(posted["message"])["parts"]) == n, what="another thought")
    refused = more(alice, generation, "answer-now", status=409)
    assert refused["error"]["code"] == "cannot_go_on"
    # Refused means that nothing was done: it thinks on.
    assert alice.message(posted["message"])["state"] == "thinking"
    alice.stops(generation)
    assert alice.ended(posted["message"])["sentence"].endswith("There is no answer text.")


@pytest.mark.parametrize("door", ["continue", "answer-now"])
def test_a_double_click_makes_one_attempt(alice: Person, upstream: Upstream, door: str) -> None:
    posted = broken_off(alice, upstream, ENDLESS)
    upstream.play("tokens 400, rate 100")
    asked = len(upstream.log())
    with ThreadPoolExecutor(4) as clicks:
        replies = list(clicks.map(lambda _: alice.post(f"/generations/{posted['generation']}/{door}/"), range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 201]
    assert len({reply.json()["generation"] for reply in replies}) == 1
    alice.stops(replies[0].json()["generation"])
    message = alice.ended(posted["message"])
    assert len(message["attempts"]) == 2
    requests = [entry for entry in upstream.log()[asked:] if entry["path"].endswith("/chat/completions")]
    assert len(requests) == 1


def test_what_cannot_go_on_is_refused_in_words_and_stays(alice: Person, upstream: Upstream) -> None:
    done = alice.asks("simulate: tokens 4")
    whole = alice.ended(done["message"])
    for door in ("continue", "answer-now"):
        refused = more(alice, done["generation"], door, status=409)
        assert refused["error"]["code"] == "cannot_go_on"
        assert refused["error"]["message"]
    assert alice.message(done["message"]) == whole
    posted = broken_off(alice, upstream)
    running = alice.asks("simulate: tokens 4000, rate 50", conversation=posted["conversation"])
    more(alice, posted["generation"], status=409)
    assert alice.message(running["message"])["state"] not in {"stopped", "done"}
    alice.stops(running["generation"])


def test_a_raised_limit_holds_for_what_goes_on(alice: Person, upstream: Upstream) -> None:
    posted = alice.asks("simulate: length after 10, tokens 40")
    alice.ended(posted["message"])
    upstream.play("tokens 4")
    reply = alice.post(f"/generations/{posted['generation']}/continue/", max_tokens="20000")
    assert reply.status_code == 201
    alice.ended(posted["message"])
    assert asked_last(upstream)["body"]["max_tokens"] == 20_000
    refused = alice.post(f"/generations/{posted['generation']}/continue/", max_tokens="nonsense")
    assert refused.status_code == 200, "what was made before comes before any other check"


async def test_a_long_thought_offers_to_answer_now(
    serve: Callable[..., Site], founder: Person, upstream: Upstream
) -> None:
    founder.close()
    founder.site.end()
    site = serve(LONG_THINKING_TOKENS="60").ready()
    person = Person(site, FOUNDER).signs_in()
    posted = person.asks(f"{uuid4().hex} simulate: {ENDLESS}")
    reader = Reader(person)
    async with reader.connected():
        await reader.send(type="watch", conversation=posted["conversation"])
        await reader.holds(posted["message"])
        while not reader.outcome:
            await reader.receive("progress")
        assert reader.state == "thinking"
        assert f"/generations/{posted['generation']}/answer-now/" in reader.outcome
    page = await asyncio.to_thread(lambda: person.http.get(f"/c/{posted['conversation']}/").text)
    assert f"/generations/{posted['generation']}/answer-now/" in page
    person.stops(posted["generation"])
    person.close()
