"""What a good stream looks like, in all its forms, and what an answer in one piece looks like."""

import asyncio
from pathlib import Path

import pytest

from chatapp.simulator import Simulator
from chatapp.simulator.plan import AWKWARD
from tests.simulator.caller import Caller, numbered, until, whole
from tests.simulator.conftest import RECORDING

RECORDED = Path(__file__).parents[1] / "streams"


async def test_thinking_then_answer_then_finish_then_usage_then_done(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 6")
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.broken is None
    assert answer.done
    assert (answer.thinking, answer.content) == (numbered("r", 3), numbered("a", 3))
    assert answer.finishes == ["stop", "stop"]
    assert answer.usages[0]["completion_tokens"] == 6
    assert answer.usages[0]["completion_tokens_details"]["reasoning_tokens"] == 3
    assert "usage" in answer.events[-1]
    assert all(delta["role"] == "assistant" for delta in answer.deltas)
    assert {event["provider"] for event in answer.events} == {"Simulator"}
    first = answer.deltas[0]
    assert first["content"] == ""
    assert first["reasoning"] == first["reasoning_details"][0]["text"] == "<r000001>"


async def test_the_connection_is_kept_for_the_next_request(caller: Caller, simulator: Simulator) -> None:
    for _ in range(3):
        await caller.ask("simulate: answer 2")
    assert [connection["requests"] for connection in simulator.connections()] == [3]


@pytest.mark.parametrize("form", ["reasoning-content", "reasoning-twice", "details-only", "plain-reasoning"])
async def test_thinking_comes_in_other_fields(caller: Caller, form: str) -> None:
    answer = await caller.ask(f"simulate: tokens 4, {form}")
    assert answer.thinking == numbered("r", 2)
    fields = {name for name in answer.deltas[0] if name.startswith("reasoning")}
    assert (
        fields
        == {
            "reasoning-content": {"reasoning_content"},
            "reasoning-twice": {"reasoning", "reasoning_content"},
            "details-only": {"reasoning_details"},
            "plain-reasoning": {"reasoning"},
        }[form]
    )


async def test_leaked_thinking_has_only_a_closing_tag_torn_in_two(caller: Caller, simulator: Simulator) -> None:
    answer = await caller.ask("simulate: tokens 4, think-tags")
    assert answer.thinking == ""
    assert answer.content == numbered("r", 2) + "</think>\n\n" + numbered("a", 2)
    assert not any("</think>" in (delta["content"] or "") for delta in answer.deltas)
    assert simulator.requests()[0]["thinking"] == numbered("r", 2)
    only = await caller.ask("simulate: thinking 2, think-tags")
    assert only.content == numbered("r", 2) + "</think>\n\n"


@pytest.mark.parametrize(
    ("form", "finishes", "choices_of_last"),
    [("repeated", 2, 1), ("empty-choices", 1, 0), ("null-finish", 1, 1), ("single", 1, 1)],
)
async def test_usage_comes_in_four_shapes(caller: Caller, form: str, finishes: int, choices_of_last: int) -> None:
    answer = await caller.ask(f"simulate: answer 3, usage {form}")
    assert len(answer.finishes) == finishes
    assert len(answer.usages) == 1
    assert len(answer.events[-1]["choices"]) == choices_of_last


@pytest.mark.parametrize(
    "form", ["crlf", "cr", "no-space", "multi-line", "bom", "odd", "bytes 1", "bytes 7", "bytes 3 every 0"]
)
async def test_the_same_text_in_every_form(caller: Caller, form: str) -> None:
    answer = await caller.ask(f"simulate: tokens 2, unicode, {form}")
    assert answer.thinking == numbered("r", 1)
    assert answer.content == whole("".join(AWKWARD)) + numbered("a", 1)
    assert (answer.finishes, answer.done, answer.bad) == (["stop", "stop"], True, [])


async def test_the_forms_are_what_they_say(caller: Caller) -> None:
    assert b"\r\n\r\n" in (await caller.ask("simulate: answer 1, crlf")).raw
    only_cr = (await caller.ask("simulate: answer 1, cr")).raw
    assert b"\r\r" in only_cr
    assert b"\n" not in only_cr
    assert b"data: " not in (await caller.ask("simulate: answer 1, no-space")).raw
    assert (await caller.ask("simulate: answer 1, multi-line")).raw.count(b"\ndata: ") > 3
    assert (await caller.ask("simulate: answer 1, bom")).raw.startswith(b"\xef\xbb\xbf")
    odd = await caller.ask("simulate: answer 1, odd")
    assert [event["choices"] for event in odd.events if not event["choices"]] == [[]]
    assert any(choice["delta"] is None for choice in odd.choices)


async def test_pieces_of_bytes_arrive_one_by_one(caller: Caller) -> None:
    answer = await caller.ask("simulate: answer 1, bytes 16")
    reader, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: answer 1, bytes 16"))
    await reader.readuntil(b"\r\n\r\n")
    assert (await reader.readuntil(b"\r\n")) == b"10\r\n"
    assert len(answer.raw) > 1000
    writer.close()


async def test_say_and_think_come_as_written(caller: Caller) -> None:
    answer = await caller.ask('simulate: think: "Hm, \\"so\\".", say: # Title\n\n* one, two; three\n')
    assert (answer.thinking, answer.content) == ('Hm, "so".', "# Title\n\n* one, two; three\n")


async def test_max_tokens_ends_an_answer_also_within_thinking(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 100", max_tokens=30)
    assert (answer.finishes[0], answer.thinking, answer.content) == ("length", numbered("r", 30), "")
    exact = await caller.ask("simulate: tokens 100", max_tokens=100)
    assert exact.finishes[0] == "stop"
    demo = await caller.ask("Why is the sky blue?", max_tokens=40)
    assert (demo.finishes[0], demo.usages[0]["completion_tokens"]) == ("length", 40)


async def test_the_budget_bounds_thinking(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 100", reasoning={"max_tokens": 7})
    assert (answer.thinking, answer.content) == (numbered("r", 7), numbered("a", 50))
    effort = await caller.ask("simulate: tokens 100", max_tokens=100, reasoning={"effort": "minimal"})
    assert effort.usages[0]["completion_tokens_details"]["reasoning_tokens"] == 10
    unlimited = await caller.ask("simulate: tokens 100, no-limit", max_tokens=10, reasoning={"max_tokens": 7})
    assert unlimited.usages[0]["completion_tokens"] == 100


async def test_excluded_thinking_is_billed_but_not_sent(caller: Caller, simulator: Simulator) -> None:
    for parameters in ({"reasoning": {"exclude": True}}, {"include_reasoning": False}):
        answer = await caller.ask("simulate: tokens 10", **parameters)
        assert (answer.thinking, answer.content) == ("", numbered("a", 5))
        assert answer.usages[0]["completion_tokens"] == 10
        assert simulator.requests()[-1]["tokens"] == {"thinking": 5, "answer": 5}
        assert simulator.requests()[-1]["thinking"] == ""


async def test_a_repeating_answer_ends_at_the_limit(caller: Caller) -> None:
    answer = await caller.ask('simulate: repeat "again. "', max_tokens=1000)
    assert answer.finishes[0] == "length"
    assert answer.content.startswith("again. again. again.")


async def test_one_event_may_be_a_megabyte(caller: Caller) -> None:
    answer = await caller.ask("simulate: line 1000000, answer 2")
    assert answer.content == "x" * 1_000_000 + numbered("a", 2)


async def test_comments_come_while_waiting(caller: Caller) -> None:
    answer = await caller.ask("simulate: answer 4, wait 0.1, wait 0.1 after 2, comments 0.03")
    assert answer.content == numbered("a", 4)
    # One for each wait at the least, however late the clock rings on a busy machine.
    assert answer.comments >= 2
    assert b": OPENROUTER PROCESSING\n\n" in answer.raw
    assert (await caller.ask("simulate: answer 4, silent 0.1, pause 0.1 after 2, comments 0.03")).comments == 0


async def test_tokens_come_by_the_clock(caller: Caller) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await caller.ask("simulate: answer 40, rate 200")
    assert loop.time() - began >= 39 / 200
    assert answer.content == numbered("a", 40)


async def test_the_headers_may_be_late(caller: Caller) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await caller.ask("simulate: answer 1, delay 0.1")).content
    assert loop.time() - began >= 0.1


async def test_the_demo_begins_with_a_comment_or_two_and_takes_its_time() -> None:
    async with Simulator(pace=2000) as simulator, Caller(simulator.base_url) as caller:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await caller.ask("hello")
        assert loop.time() - began > 0.5
        assert answer.done


async def test_an_upstream_body_is_echoed_for_those_who_debug(caller: Caller) -> None:
    answer = await caller.ask("simulate: answer 1", debug={"echo_upstream_body": True})
    assert answer.events[0]["choices"] == []
    assert answer.events[0]["debug"]["echo_upstream_body"]["messages"][0]["role"] == "user"


async def test_an_answer_in_one_piece(caller: Caller) -> None:
    response = await caller.ask_whole("simulate: tokens 6")
    body = response.json()
    [choice] = body["choices"]
    assert body["object"] == "chat.completion"
    assert body["id"] == response.headers["x-generation-id"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", numbered("a", 3))
    assert choice["message"]["reasoning"] == numbered("r", 3)
    assert body["usage"]["total_tokens"] > 6
    long = (await caller.ask_whole("simulate: tokens 6", max_tokens=4)).json()
    assert long["choices"][0]["finish_reason"] == "length"
    failed = (await caller.ask_whole("simulate: tokens 6, error 502 after 5")).json()["choices"][0]
    assert (failed["error"]["code"], failed["message"]["content"]) == (502, numbered("a", 2))


async def test_a_recording_is_sent_byte_for_byte(caller: Caller, simulator: Simulator) -> None:
    for name in ("short", "short.sse"):
        answer = await caller.ask(f"simulate: replay {name}, bytes 5")
        assert answer.raw == RECORDING.encode()
    request = simulator.requests()[0]
    assert (request["thinking"], request["answer"], request["state"]) == ("Hm.", "汉", "complete")
    cut = await caller.ask("simulate: replay short, cut at 50")
    assert cut.raw == RECORDING.encode()[:50]
    assert cut.broken is not None


@pytest.mark.parametrize("name", ["missing", "../secret", "../secret.sse", "/etc/passwd"])
async def test_only_recordings_of_the_folder_are_sent(caller: Caller, name: str) -> None:
    answer = await caller.ask(f"simulate: replay {name}")
    assert answer.status == 400


async def test_every_recorded_stream_can_be_replayed() -> None:
    files = sorted(RECORDED.glob("*.sse"))
    assert files
    async with Simulator(control=True, pace=0, streams=RECORDED) as simulator, Caller(simulator.base_url) as caller:
        for file in files:
            assert (await caller.ask(f"simulate: replay {file.stem}")).raw == file.read_bytes()
        await until(lambda: all(request["state"] == "complete" for request in simulator.requests()))
