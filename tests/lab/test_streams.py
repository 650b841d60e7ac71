"""An answer on its way: every reader, at every time, sees a prefix of the truth and ends with all of it."""

import asyncio
import html
import json
import random
import re
from uuid import uuid4

from tests.lab.people import JSON, Person, Reader, squeezed, text_of
from tests.lab.processes import Upstream, wait_for


async def test_what_is_shown_is_what_upstream_said_and_what_is_stored(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: thinking 120, answer 200, rate 400")
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"])
    message = alice.ended(posted["message"])
    [truth] = upstream.asked(mark)
    assert text_of(message, "thinking") == truth["thinking"]
    assert text_of(message, "text") == truth["answer"]
    reader.shows_only_prefixes_of(truth["thinking"], truth["answer"])
    assert len(reader.samples) > 3
    assert (message["state"], message["reason"]) == ("done", "")
    assert message["usage"]["completion_tokens"] == truth["usage"]["completion_tokens"]
    assert reader.state == "done"
    times = message["times"]
    assert 0 <= times["claimed_ms"] <= times["first_thinking_ms"] <= times["first_answer_ms"] <= times["ended_ms"]


async def test_readers_who_come_late_leave_or_come_back_see_the_same(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 900, rate 450")
    early, late, flapping = Reader(alice), Reader(alice), Reader(alice)

    async def read_early() -> None:
        async with early.connected():
            await early.reads(posted["conversation"], posted["message"])

    async def read_late() -> None:
        # Joins when the first has seen some frames.
        while len(early.samples) < 10:
            await asyncio.sleep(0.01)
        async with late.connected():
            await late.reads(posted["conversation"], posted["message"])

    async def flap() -> None:
        rng = random.Random(7)
        while not flapping.settled:
            async with flapping.connected():
                await flapping.reads(posted["conversation"], posted["message"], frames=rng.randint(1, 6))

    await asyncio.gather(read_early(), read_late(), flap())
    message = alice.ended(posted["message"])
    for reader in (early, late, flapping):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))


async def test_a_poll_gives_what_a_socket_gives(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 300, rate 300")
    held: dict[str, object] = {"type": "hold", "message": posted["message"]}
    blocks: list[str] = []
    while True:
        holding = [{**held, "parts": {}, "revision": ""}]
        path = f"/c/{posted['conversation']}/progress/"
        reply = await asyncio.to_thread(alice.http.get, path, params={"holding": json.dumps(holding)}, headers=JSON)
        assert reply.status_code == 200
        frames = reply.json()["frames"]
        assert frames[0]["type"] == "watching"
        progress = [frame for frame in frames if frame["type"] == "progress"]
        if progress:
            blocks = [part["html"] for part in progress[0].get("parts", []) if "html" in part]
            if progress[0].get("settled"):
                break
    message = alice.ended(posted["message"])
    page = alice.http.get(f"/c/{posted['conversation']}/").text
    assert blocks
    assert all(block in page for block in blocks)
    assert squeezed(text_of(message, "text")) in squeezed(html.unescape(re.sub(r"<[^>]*>", "", "".join(blocks))))


def test_the_page_shows_a_running_answer_as_far_as_it_is(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 4000, rate 100")
    path = f"/c/{posted['conversation']}/"
    page = wait_for(lambda: (page := alice.http.get(path).text) and "&lt;r000010&gt;" in page and page)
    assert 'class="tail"' in page
    assert posted["generation"] in page
    alice.stops(posted["generation"])


def test_the_same_question_sent_twice_is_asked_once(alice: Person, upstream: Upstream) -> None:
    mark, key = uuid4().hex, str(uuid4())
    first = alice.post("/conversations/", text=f"{mark} simulate: tokens 20", client_id=key)
    again = alice.post("/conversations/", text="something else", client_id=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    alice.ended(first.json()["message"])
    assert len(upstream.asked(mark)) == 1


def test_a_second_question_is_refused_while_one_is_answered(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 4000, rate 50")
    reply = alice.post(f"/conversations/{posted['conversation']}/messages/", text="and?", client_id=str(uuid4()))
    assert reply.status_code == 409
    assert reply.json()["error"]["code"] == "already_answering"
    alice.stops(posted["generation"])
    assert alice.ended(posted["message"])["state"] == "stopped"
    assert (
        alice.asks("simulate: tokens 4", conversation=posted["conversation"])["conversation"] == posted["conversation"]
    )


async def test_stop_from_another_device_keeps_the_text_and_closes_upstream(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: thinking 10000, rate 200")
    reader = Reader(alice)
    other = Person(alice.site, alice.email).signs_in()
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=6)
        reply = await asyncio.to_thread(other.stops, posted["generation"])
        assert (reply["state"], reply["reason"]) == ("stopped", "person")
        while not reader.settled:
            await reader.receive("progress")
    message = alice.ended(posted["message"])
    assert message["state"] == "stopped"
    reader.shows_only_prefixes_of(text_of(message, "thinking"), "")
    assert text_of(message, "thinking").startswith("<r000001>")
    assert "Stopped by you" in reader.outcome
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")
    assert upstream.asked(mark)[0]["thinking"].startswith(text_of(message, "thinking"))
    assert other.stops(posted["generation"])["state"] == "stopped"
    other.close()


def test_stop_before_the_first_token(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: silent")
    wait_for(lambda: upstream.asked(mark), what="the question to arrive upstream")
    alice.stops(posted["generation"])
    message = alice.ended(posted["message"])
    assert (message["state"], message["parts"]) == ("stopped", [])
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")


async def test_regenerate_keeps_the_old_answer_beside_the_new(alice: Person) -> None:
    posted = alice.asks("simulate: say: first answer")
    alice.ended(posted["message"])
    reply = alice.post(f"/messages/{posted['message']}/regenerate/")
    assert reply.status_code == 201
    again = reply.json()
    assert again["question"] == posted["question"]
    assert again["message"] != posted["message"]
    alice.ended(again["message"])
    page = alice.http.get(f"/c/{posted['conversation']}/").text
    assert again["message"] in page
    chosen = alice.post(f"/messages/{posted['message']}/choose/")
    assert chosen.json()["leaf"] == posted["message"]
    assert f'id="message-{posted["message"]}"' in alice.http.get(f"/c/{posted['conversation']}/").text


async def test_another_tab_hears_of_new_turns_titles_and_deletion(alice: Person) -> None:
    posted = alice.asks("simulate: say: hello")
    alice.ended(posted["message"])
    reader = Reader(alice)
    async with reader.connected():
        await reader.send(type="watch", conversation=posted["conversation"])
        watching = await reader.receive("watching")
        assert watching["leaf"] == posted["message"]
        more = await asyncio.to_thread(alice.asks, "simulate: say: again", conversation=posted["conversation"])
        added = await reader.receive("added")
        assert added["message"] == more["message"]
        fragment = alice.http.get(f"/c/{posted['conversation']}/turns/", params={"after": posted["message"]}).text
        assert more["question"] in fragment
        assert more["message"] in fragment
        await asyncio.to_thread(alice.ended, more["message"])
        await asyncio.to_thread(alice.post, f"/c/{posted['conversation']}/rename/", title="Another title")
        assert (await reader.receive("renamed"))["title"] == "Another title"
        await asyncio.to_thread(alice.post, f"/c/{posted['conversation']}/purge/")
        assert (await reader.receive("gone"))["conversation"] == posted["conversation"]


async def test_thinking_that_leaks_as_content_is_thinking_in_the_end(alice: Person) -> None:
    posted = alice.asks("simulate: replay 14_think_tags_in_content, rate 20")
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"])
    message = alice.ended(posted["message"])
    assert text_of(message, "thinking") == "The picture shows a bus.\nSo the answer is a bus.\n"
    assert text_of(message, "text") == "It is a **bus**."
    assert reader.text("text") == "Itisabus."
    assert "</think>" not in reader.html("text")


async def test_a_long_history_is_trimmed_and_a_line_says_so(alice: Person, upstream: Upstream) -> None:
    # Each question alone is about 66,000 tokens of a context of 131,072 less what the answer may take.
    posted = alice.asks("x " * 99_000 + " simulate: say: one")
    alice.ended(posted["message"])
    mark = uuid4().hex
    more = alice.asks(f"{mark} " + "y " * 80_000 + " simulate: say: two", conversation=posted["conversation"])
    message = alice.ended(more["message"])
    assert "2 earlier messages were left out" in message["notice"]
    [truth] = upstream.asked(mark)
    assert [entry["role"] for entry in truth["body"]["messages"]] == ["user"]


async def test_after_long_questions_that_failed_a_short_one_is_answered(alice: Person, upstream: Upstream) -> None:
    # Together they are more than a context of 131,072 tokens holds.
    conversation = ""
    for _ in range(4):
        posted = alice.asks("x " * 60_000 + " simulate: error 402", conversation=conversation)
        conversation = posted["conversation"]
        assert alice.ended(posted["message"])["state"] == "failed"
    mark = uuid4().hex
    more = alice.asks(f"{mark} simulate: say: two", conversation=conversation)
    message = alice.ended(more["message"])
    assert (message["state"], text_of(message, "text")) == ("done", "two")
    assert "2 earlier messages were left out" in message["notice"]
    [truth] = upstream.asked(mark)
    assert [entry["role"] for entry in truth["body"]["messages"]] == ["user"]


async def test_a_deleted_conversation_stops_its_answer(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: thinking 10000, rate 100")
    wait_for(lambda: alice.message(posted["message"])["parts"])
    assert alice.post(f"/c/{posted['conversation']}/purge/").status_code == 200
    wait_for(lambda: upstream.asked(mark)[0]["closed_by"] == "client", what="upstream's connection to close")
    assert alice.http.get(f"/messages/{posted['message']}/", headers=JSON).status_code == 404
