"""Everything that goes wrong on purpose."""

import asyncio
import zlib

import httpx
import pytest

from chatapp.simulator import Simulator
from chatapp.simulator.errors import CODES
from tests.simulator.caller import Answer, Caller, numbered, until


@pytest.mark.parametrize("how", ["cut", "reset", "cut-in-json", "cut-in-character"])
async def test_a_broken_stream_keeps_its_whole_tokens(caller: Caller, simulator: Simulator, how: str) -> None:
    answer = await caller.ask(f"simulate: tokens 20, {how} after 12")
    assert isinstance(answer.broken, httpx.TransportError)
    assert (answer.thinking, answer.content) == (numbered("r", 10), numbered("a", 2))
    assert (answer.finishes, answer.done) == ([], False)
    request = simulator.requests()[0]
    assert (request["state"], request["closed_by"], request["answer"]) == ("broken", "server", numbered("a", 2))
    await until(lambda: simulator.connections()[0]["closed_by"] == "server")


async def test_where_a_break_happens_within_an_event(caller: Caller) -> None:
    in_json = (await caller.ask("simulate: answer 3, cut-in-json after 1")).raw
    assert in_json.rsplit(b"\n", 1)[1].startswith(b'data: {"id":"gen-')
    in_character = (await caller.ask("simulate: answer 3, cut-in-character after 1")).raw
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        in_character.decode()


async def test_a_close_delimited_body_ends_without_a_word(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 20, cut-close after 12")
    assert answer.broken is None
    assert "transfer-encoding" not in answer.headers
    assert (answer.content, answer.finishes, answer.done) == (numbered("a", 2), [], False)


@pytest.mark.parametrize("at", [0, 1, 100, 333, 900])
async def test_a_stream_is_cut_at_any_byte(caller: Caller, simulator: Simulator, at: int) -> None:
    answer = await caller.ask(f"simulate: answer 20, cut at {at}")
    assert len(answer.raw) == at
    assert answer.broken is not None
    assert simulator.requests()[0]["answer"] == answer.content
    reset = await caller.ask(f"simulate: answer 20, reset at {at}")
    assert len(reset.raw) == at


@pytest.mark.parametrize(("missing", "heard"), [(3, 1), (2, 2), (1, 2), (0, 2)])
async def test_an_event_whose_empty_line_is_cut_off_has_been_heard(
    caller: Caller, simulator: Simulator, missing: int, heard: int
) -> None:
    whole = (await caller.ask("simulate: answer 3")).raw
    second = whole.index(b"\n\n", whole.index(numbered("a", 2)[-8:].encode())) + len(b"\n\n")
    await caller.ask(f"simulate: answer 3, cut at {second - missing}")
    assert [request["answer"] for request in simulator.requests()].count(numbered("a", heard)) == 1


@pytest.mark.parametrize(
    "script", ["hang after 3", "hang at 700", "silent", "never-stops, rate 50", "tokens 9, stay-open"]
)
async def test_what_hangs_is_ended_by_the_client_and_noticed(caller: Caller, simulator: Simulator, script: str) -> None:
    reader, writer = await caller.connect()
    writer.write(caller.raw_request(f"simulate: answer 6, {script}" if "hang" in script else f"simulate: {script}"))
    complete = "stay-open" in script
    await reader.readuntil(b"data: [DONE]\n\n" if complete else b"\r\n\r\n")
    writer.close()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: simulator.connections()[0]["closed_by"] == "client")
    assert loop.time() - began < 2
    request = simulator.requests()[0]
    assert (request["state"], request["closed_by"]) == (("complete", None) if complete else ("broken", "client"))


async def test_a_client_that_leaves_before_the_headers_is_noticed(caller: Caller, simulator: Simulator) -> None:
    _, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: answer 6, delay 60"))
    await until(simulator.requests)
    writer.close()
    await until(lambda: simulator.requests()[0]["closed_by"] == "client")
    assert simulator.requests()[0]["status"] is None


async def test_staying_open_keeps_even_the_last_chunk_back(caller: Caller) -> None:
    reader, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: answer 2, stay-open"))
    await reader.readuntil(b"data: [DONE]\n\n\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    writer.close()


async def test_a_dropped_connection_says_nothing(caller: Caller, simulator: Simulator) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await caller.ask("simulate: drop")
    assert simulator.requests()[0]["closed_by"] == "server"


async def test_limit_and_filter_end_with_their_words(caller: Caller) -> None:
    for directive, finish in (("length", "length"), ("filter", "content_filter")):
        answer = await caller.ask(f"simulate: tokens 20, {directive} after 12")
        assert (answer.finishes, answer.content) == ([finish, finish], numbered("a", 2))
        assert answer.usages[0]["completion_tokens"] == 12
        assert answer.done


async def test_ends_without_a_verdict(caller: Caller) -> None:
    no_done = await caller.ask("simulate: answer 3, no-done")
    assert (no_done.done, no_done.finishes, no_done.broken) == (False, ["stop", "stop"], None)
    no_finish = await caller.ask("simulate: answer 3, done-without-finish")
    assert (no_finish.done, no_finish.finishes, no_finish.usages) == (True, [], [])
    no_usage = await caller.ask("simulate: answer 3, no-usage")
    assert (no_usage.finishes, no_usage.usages) == (["stop"], [])


@pytest.mark.parametrize("count", [1, 4, 9])
async def test_garbage_is_counted_and_the_rest_is_whole(caller: Caller, count: int) -> None:
    answer = await caller.ask(f"simulate: answer 5, garbage {count}")
    assert len(answer.bad) == count
    assert answer.content == numbered("a", 5)


@pytest.mark.parametrize("code", sorted(CODES))
async def test_each_error_before_the_stream(caller: Caller, code: int) -> None:
    answer = await caller.ask(f"simulate: error {code}, retry-after 2")
    assert answer.status == code
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"]
    assert answer.headers["retry-after"] == "2"
    assert ("x-ratelimit-reset" in answer.headers) is (code == 429)


async def test_the_other_forms_of_an_error(caller: Caller) -> None:
    context = (await caller.ask("simulate: error 400 context")).json["error"]
    assert context["metadata"]["error_type"] == "context_length_exceeded"
    inspection = (await caller.ask("simulate: error 400 inspection")).json["error"]
    assert "DataInspectionFailed" in inspection["metadata"]["raw"]
    assert (await caller.ask("simulate: error 404 image")).json["error"]["metadata"]["failed_routing_step"]
    newest = (await caller.ask("simulate: error 503 newest")).json["error"]
    assert newest == {"error_type": "provider_overloaded", "http_status": 503, "message": newest["message"]}
    assert (await caller.ask("simulate: error 503 availability")).json["error"]["availability"]["retryable"] is True


@pytest.mark.parametrize("shape", ["documented", "empty-choices", "bare", "string"])
async def test_each_shape_of_an_error_inside_the_stream(caller: Caller, simulator: Simulator, shape: str) -> None:
    answer = await caller.ask(f"simulate: tokens 20, error 502 after 12, shape {shape}")
    assert (answer.status, answer.content, answer.done) == (200, numbered("a", 2), False)
    assert answer.error["code"] == ("server_error" if shape == "string" else 502)
    last = answer.events[-1]
    if shape == "bare":
        assert "choices" not in last
    elif shape == "empty-choices":
        assert last["choices"] == []
    else:
        assert answer.finishes == ["error"]
    assert simulator.requests()[0]["finish_reason"] == "error"
    assert (await caller.ask(f"simulate: error 400 context after 0, shape {shape}, error-done")).done


async def test_replies_that_are_no_stream(caller: Caller) -> None:
    page = await caller.ask("simulate: html 200")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    assert page.raw.startswith(b"<!doctype html>")
    assert (await caller.ask("simulate: html 502")).status == 502
    error = await caller.ask("simulate: json 200")
    assert (error.status, error.json["error"]["code"]) == (200, 502)
    empty = await caller.ask("simulate: empty 200")
    assert (empty.status, empty.raw, empty.broken) == (200, b"", None)


async def test_an_endless_line_costs_no_memory_and_ends_with_the_client(caller: Caller, simulator: Simulator) -> None:
    reader, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: endless after 2, answer 4"))
    taken = b""
    while len(taken) < 3_000_000:
        taken += await reader.read(1_000_000)
    assert taken.rsplit(b"\n\n", 1)[1].count(b"\n") < 200
    writer.close()
    await until(lambda: simulator.connections()[0]["closed_by"] == "client")
    assert simulator.requests()[0]["answer"] == numbered("a", 2)


async def test_a_gzip_bomb_is_small_on_the_wire(caller: Caller) -> None:
    answer = await caller.ask("simulate: gzip-bomb")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.raw) < 2_000_000
    start = zlib.decompressobj(31).decompress(answer.raw, 1000)
    assert start.startswith(b"data: xxx")


async def test_a_message_fails_as_often_as_told_and_then_works(caller: Caller) -> None:
    async def statuses(text: str, count: int) -> list[int]:
        return [(await caller.ask(text)).status for _ in range(count)]

    assert await statuses("simulate: answer 3, fail 2 times then ok", 4) == [503, 503, 200, 503]
    assert await statuses("simulate: answer 3, error 429, retry-after 1, fail 1 times then ok", 2) == [429, 200]
    text = "simulate: answer 9, cut after 3, fail 1 times then ok"
    answers: list[Answer] = [await caller.ask(text) for _ in range(2)]
    assert [answer.content for answer in answers] == [numbered("a", 3), numbered("a", 9)]


async def test_an_answer_in_one_piece_breaks_too(caller: Caller) -> None:
    with pytest.raises(httpx.TransportError):
        await caller.ask_whole("simulate: answer 9, cut after 3")
    with pytest.raises(httpx.TransportError):
        await caller.ask_whole("simulate: answer 9, reset after 3")
    assert (await caller.ask_whole("simulate: answer 9, error 500")).status_code == 500


async def test_a_misspelt_directive_is_named(caller: Caller) -> None:
    answer = await caller.ask("simulate: answer 9, cut aftr 3")
    assert answer.status == 400
    assert "cut aftr 3" in answer.json["error"]["message"]
