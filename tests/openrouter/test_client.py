"""The client against a real server on the loopback, over both transports."""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from chatapp.openrouter import events
from chatapp.openrouter.errors import UpstreamError
from chatapp.words import Reason, State
from tests.openrouter.conftest import BODY, KEY, QUESTION, Asker
from tests.openrouter.loopback import Connection, Loopback, blackhole, refused_address
from tests.openrouter.wire import DONE, delta, event, finish, sample

Script = Callable[[Connection], Awaitable[None]]
SAMPLE = sample("01_plain_reasoning_answer_usage.sse")
DONE_WELL = (State.DONE, Reason.NONE)
CUT = (State.INTERRUPTED, Reason.CUT)


def streams(*parts: bytes, **headers: str) -> Script:
    """A whole, proper stream."""

    async def script(connection: Connection) -> None:
        await connection.stream(*parts, **headers)
        await connection.end()

    return script


def answers(status: int, body: object = b"", content_type: str = "application/json", **headers: str) -> Script:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(connection: Connection) -> None:
        await connection.answer(status, data, content_type, **headers)

    return script


def hangs(*parts: bytes) -> Script:
    """A stream that never goes on after its parts."""

    async def script(connection: Connection) -> None:
        await connection.stream(*parts)
        await connection.closed()

    return script


GOOD = streams(delta(content="Yes."), finish(), DONE)


# The ordinary case


async def test_an_answer_comes_in_batches_with_all_it_says(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(streams(*[part + b"\n\n" for part in SAMPLE.split(b"\n\n") if part], X_Generation_Id="gen-head"))
    asked = await asker.ask()
    assert asked.text == "Two ripe figs lie on a blue plate."
    assert asked.answer.verdict() == DONE_WELL
    assert asked.answer.generation_id == "gen-head"
    assert asked.answer.usage is not None
    assert asked.answer.usage.cost == Decimal("0.000181194")
    assert all(asked.batches)
    assert (asked.answer.error, asked.answer.requests, asker.sleeps) == (None, 1, [])


async def test_the_request_says_what_it_must_and_no_more(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(GOOD)
    await asker.ask()
    (request,) = upstream.connections
    assert (request.method, request.path, request.json) == ("POST", "/api/v1/chat/completions", BODY)
    assert request.headers.pop("host").startswith("127.0.0.1:")
    assert request.headers.pop("connection", "keep-alive") == "keep-alive"
    assert request.headers == {
        "authorization": f"Bearer {KEY}",
        "http-referer": "https://ponder.example",
        "x-title": "Grbler",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(request.body)),
        "user-agent": "ponder",
    }


async def test_without_a_key_none_is_sent(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(GOOD)
    await asker.ask(key="")
    assert "authorization" not in upstream.connections[0].headers


async def test_a_persons_own_key_is_used_for_their_answer(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(GOOD)
    async with asker.client().stream(BODY, key=" sk-own ") as answer:
        assert [batch async for batch in answer]
    assert upstream.connections[0].headers["authorization"] == "Bearer sk-own"


async def test_nothing_is_sent_before_the_first_batch_is_asked_for(asker: Asker, upstream: Loopback) -> None:
    async with asker.client().stream(BODY) as answer:
        assert not answer.sent
    assert upstream.connections == []


async def test_no_cookie_travels_from_one_answer_to_the_next(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(streams(delta(content="a"), finish(), DONE, Set_Cookie="who=alice"))
    client = asker.client()
    await asker.ask(client)
    await asker.ask(client)
    assert "cookie" not in upstream.connections[1].headers


async def test_a_great_body_arrives_whole(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(GOOD)
    body = BODY | {"padding": "x" * 1_000_000}
    async with asker.client().stream(body) as answer:
        assert [batch async for batch in answer]
    assert upstream.connections[0].json == body


async def test_more_answers_run_at_once_than_any_pool_has_places(asker: Asker, upstream: Loopback) -> None:
    everyone = asyncio.Event()
    count = 105

    async def script(connection: Connection) -> None:
        if len(upstream.connections) == count:
            everyone.set()
        await everyone.wait()
        await GOOD(connection)

    upstream.plays(script)
    client = asker.client()
    asked = await asyncio.gather(*[asker.ask(client) for _ in range(count)])
    assert {one.answer.verdict() for one in asked} == {DONE_WELL}


# Not reached


async def test_a_refused_port_is_tried_three_times_and_was_never_sent(asker: Asker) -> None:
    asked = await asker.ask(base_url=refused_address())
    assert asked.answer.verdict() == (State.FAILED, Reason.UNREACHABLE)
    assert (asked.answer.requests, asked.answer.sent, asker.sleeps) == (3, False, [1.0, 3.0])
    assert [type(said) for said in asked.seen] == [events.Retrying, events.Retrying, events.Problem]


async def test_an_unknown_host_is_not_reached(asker: Asker) -> None:
    asked = await asker.ask(base_url="http://nowhere.invalid")
    assert asked.answer.verdict() == (State.FAILED, Reason.UNREACHABLE)


async def test_speaking_tls_to_a_server_that_does_not_is_not_reached(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 400 This is no TLS\r\n\r\n")

    upstream.reads = False
    upstream.plays(script)
    asked = await asker.ask(base_url=asker.base_url.replace("http:", "https:"))
    assert asked.answer.verdict() == (State.FAILED, Reason.UNREACHABLE)
    assert not asked.answer.sent


async def test_a_black_hole_costs_one_time_limit_and_no_more(asker: Asker) -> None:
    async with blackhole() as base_url:
        asked = await asker.ask(base_url=base_url, connect_seconds=0.2)
    assert asked.answer.verdict() == (State.FAILED, Reason.UNREACHABLE)
    assert (asked.answer.requests, asker.sleeps) == (1, [])


async def test_a_key_that_no_header_can_carry_is_refused_here(asker: Asker, upstream: Loopback) -> None:
    for key in ("sk\r\nX-Evil: 1", "schlüssel"):
        asked = await asker.ask(key=key)
        assert asked.answer.verdict() == (State.FAILED, Reason.KEY)
    assert upstream.connections == []


# Time


async def test_silence_before_the_answer_is_too_slow_and_not_asked_again(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(Connection.closed)
    asked = await asker.ask(first_byte_seconds=0.1)
    assert asked.answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert (asked.answer.requests, asked.answer.sent) == (1, True)


async def test_a_server_that_does_not_read_is_too_slow(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    upstream.reads = False
    upstream.plays(script)
    async with asker.client(first_byte_seconds=0.2).stream(BODY | {"padding": "x" * 30_000_000}) as answer:
        batches = [batch async for batch in answer]
    assert answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert len(batches) == 1


@pytest.mark.parametrize("parts", [(), (delta(content="so far"),)])
async def test_silence_within_the_answer_is_too_slow(
    asker: Asker, upstream: Loopback, parts: tuple[bytes, ...]
) -> None:
    upstream.plays(hangs(*parts))
    asked = await asker.ask(idle_bytes_seconds=0.1)
    assert asked.answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert asked.text == ("so far" if parts else "")
    assert asked.answer.requests == 1


def drips(piece: bytes, *first: bytes) -> Script:
    """A stream that sends the same piece for ever, fifty times a second."""

    async def script(connection: Connection) -> None:
        await connection.stream(*first)
        while True:
            await connection.chunk(piece)
            await asyncio.sleep(0.02)

    return script


COMMENT = b": OPENROUTER PROCESSING\n\n"


@pytest.mark.parametrize("piece", [COMMENT, b"x", event({"choices": []})])
async def test_bytes_without_a_delta_are_no_progress(asker: Asker, upstream: Loopback, piece: bytes) -> None:
    upstream.plays(drips(piece))
    asked = await asker.ask(first_delta_seconds=0.15, idle_bytes_seconds=5)
    assert asked.answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert bool(asked.of(events.Alive)) is (piece == COMMENT)
    upstream.plays(drips(piece, b"data: x\n\n", delta(content="so far")))
    asked = await asker.ask(between_deltas_seconds=0.15, idle_bytes_seconds=5)
    assert asked.answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert asked.text == "so far"


async def test_comments_keep_a_slow_answer_alive(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream()
        for _ in range(14):
            await connection.chunk(COMMENT)
            await asyncio.sleep(0.05)
        await connection.chunk(delta(content="Yes.") + finish() + DONE)
        await connection.end()

    upstream.plays(script)
    asked = await asker.ask(idle_bytes_seconds=0.6)
    assert asked.answer.verdict() == DONE_WELL


async def test_an_answer_may_take_longer_than_any_pause_in_it(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream()
        for _ in range(14):
            await connection.chunk(delta(content="a"))
            await asyncio.sleep(0.05)
        await connection.chunk(finish() + DONE)
        await connection.end()

    upstream.plays(script)
    asked = await asker.ask(between_deltas_seconds=0.6)
    assert asked.answer.verdict() == DONE_WELL


async def test_an_answer_without_end_meets_the_limit_of_the_whole(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(drips(delta(content="a")))
    asked = await asker.ask(whole_seconds=0.3)
    assert asked.answer.verdict() == (State.FAILED, Reason.TIMEOUT)
    assert set(asked.text) == {"a"}


async def test_nor_is_that_limit_missed_by_a_process_that_stood_still_then(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(drips(delta(content="a")))
    async with asyncio.timeout(20), asker.client(whole_seconds=0.3).stream(BODY) as answer:
        stands_still = True
        async for _ in answer:
            if stands_still:
                time.sleep(0.8)
            stands_still = False
    assert answer.verdict() == (State.FAILED, Reason.TIMEOUT)


async def test_time_that_the_listener_takes_is_not_upstreams(asker: Asker, upstream: Loopback) -> None:
    limits: dict[str, Any] = {"idle_bytes_seconds": 0.1, "between_deltas_seconds": 0.1, "first_delta_seconds": 0.1}

    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="a"))
        for _ in range(3):
            await connection.chunk(delta(content="b"))
        await connection.chunk(finish() + DONE)
        await connection.end()

    upstream.plays(script)
    async with asker.client(**limits).stream(BODY) as answer:
        async for _ in answer:
            time.sleep(0.15)  # a listener at work, with the whole process
    assert answer.verdict() == DONE_WELL


async def test_what_comes_while_the_listener_rests_is_heard_in_one_go(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="a"))
        await heard.wait()
        for _ in range(200):
            await connection.chunk(delta(content="b"))
        await connection.chunk(finish() + DONE)
        await connection.end()
        said.set()

    heard, said, texts = asyncio.Event(), asyncio.Event(), list[str]()
    upstream.plays(script)
    async with asker.client().stream(BODY) as answer:
        async for batch in answer:
            texts.append("".join(event.text for event in batch if isinstance(event, events.Answer)))
            heard.set()
            await said.wait()
            for _ in range(500):  # turns of the loop, in which what is under way arrives
                await asyncio.sleep(0)
    assert answer.verdict() == DONE_WELL
    assert "".join(texts) == "a" + "b" * 200
    # 46 kB come in three or four pieces, not in two hundred.
    assert len(texts) < 20


# Cuts


async def test_a_connection_lost_before_the_answer_is_not_asked_again(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        connection.reset()

    upstream.plays(script)
    asked = await asker.ask()
    assert asked.answer.verdict() == CUT
    assert (asked.answer.requests, asked.answer.sent) == (1, True)


@pytest.mark.parametrize("end", ["reset", "close"])
async def test_a_chunked_answer_cut_keeps_its_text(asker: Asker, upstream: Loopback, end: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="so "), delta(content="far"), b'data: {"choi')
        await heard.wait()
        connection.reset() if end == "reset" else connection.writer.close()

    heard = asyncio.Event()
    upstream.plays(script)
    text = ""
    async with asker.client().stream(BODY) as answer:
        async for batch in answer:
            text += "".join(said.text for said in batch if isinstance(said, events.Answer))
            if text == "so far":
                heard.set()
    assert (text, answer.verdict(), answer.requests) == ("so far", CUT, 1)


async def test_what_came_before_the_cut_is_heard_by_a_listener_who_was_busy(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="so "))
        await heard.wait()
        await connection.chunk(delta(content="far") + b'data: {"choi')
        connection.writer.close()
        await connection.writer.wait_closed()
        cut.set()

    heard, cut, text = asyncio.Event(), asyncio.Event(), ""
    upstream.plays(script)
    async with asker.client().stream(BODY) as answer:
        async for batch in answer:
            text += "".join(said.text for said in batch if isinstance(said, events.Answer))
            heard.set()
            await cut.wait()
            for _ in range(20):  # turns of the loop, which hears of the last bytes and of the end meanwhile
                await asyncio.sleep(0)
    assert (text, answer.verdict(), answer.requests) == ("so far", CUT, 1)


async def test_an_unframed_answer_cut_keeps_its_text(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(Connection="close")
        await connection.send(delta(content="so far") + delta(content="lost")[:-9])
        connection.writer.close()

    upstream.plays(script)
    asked = await asker.ask()
    assert (asked.text, asked.answer.verdict()) == ("so far", CUT)


async def test_an_unframed_answer_without_done_is_whole_if_it_finished(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(Connection="close")
        await connection.send(delta(content="Yes.") + finish())
        connection.writer.close()

    upstream.plays(script)
    assert (await asker.ask()).answer.verdict() == DONE_WELL


async def test_a_cut_after_the_finish_is_no_cut(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="Yes."), finish())
        connection.writer.close()

    upstream.plays(script)
    asked = await asker.ask()
    assert (asked.answer.verdict(), asked.answer.error) == (DONE_WELL, None)


async def test_after_done_an_open_socket_is_not_waited_for(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(hangs(delta(content="Yes."), finish(), DONE))
    asked = await asker.ask(idle_bytes_seconds=3600, tail_seconds=3600)
    assert asked.answer.verdict() == DONE_WELL
    await upstream.connections[0].gone.wait()


async def test_after_the_finish_usage_is_waited_for_but_not_for_ever(asker: Asker, upstream: Loopback) -> None:
    usage = event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    upstream.plays(hangs(delta(content="Yes."), finish(), usage), drips(COMMENT, delta(content="Yes."), finish()))
    asked = await asker.ask(tail_seconds=0.2)
    assert asked.answer.verdict() == DONE_WELL
    assert asked.answer.usage is not None
    asked = await asker.ask(tail_seconds=0.2)
    assert asked.answer.verdict() == DONE_WELL


# Rubbish


async def test_a_body_packed_against_our_wish_is_refused_and_never_unpacked(asker: Asker, upstream: Loopback) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    upstream.plays(answers(200, bomb, "text/event-stream", Content_Encoding="gzip"))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert "gzip" in str(asked.answer.error)
    upstream.plays(answers(503, bomb, Content_Encoding="gzip"))
    assert (await asker.ask()).answer.verdict()[0] is State.FAILED


async def test_a_page_instead_of_a_stream_is_bad_upstream(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(200, b"<html>Please log in</html>", "text/html; charset=utf-8"))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert asked.answer.requests == 1
    assert "log in" not in asked.answer.error.public  # type: ignore[union-attr]


async def test_an_error_as_json_with_status_200_is_an_error(asker: Asker, upstream: Loopback) -> None:
    body = b": OPENROUTER PROCESSING\n\n" + json.dumps({"error": {"code": 401, "message": "No auth"}}).encode()
    upstream.plays(answers(200, body))
    assert (await asker.ask()).answer.verdict() == (State.FAILED, Reason.KEY)


async def test_a_whole_answer_as_json_was_not_asked_for(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(200, {"choices": [{"message": {"content": "Yes."}}]}))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert asked.answer.requests == 1


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json"])
async def test_an_empty_answer_is_asked_for_once_more(asker: Asker, upstream: Loopback, content_type: str) -> None:
    upstream.plays(answers(200, b"", content_type))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.EMPTY)
    assert asked.answer.requests == 2
    upstream.plays(answers(200, b"", content_type), GOOD)
    upstream._answered = 0
    assert (await asker.ask()).answer.verdict() == DONE_WELL


async def test_an_answer_without_a_word_is_asked_for_again_only_if_it_cost_nothing(
    asker: Asker, upstream: Loopback
) -> None:
    upstream.plays(streams(finish(), DONE))
    assert (await asker.ask()).answer.requests == 2
    billed = event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 9}})
    upstream.plays(streams(finish(), billed, DONE))
    asked = await asker.ask()
    assert asked.answer.requests == 1
    assert asked.answer.verdict() == (State.FAILED, Reason.EMPTY)
    upstream.plays(streams(delta(reasoning="Hm"), finish(), DONE))
    asked = await asker.ask()
    assert asked.answer.requests == 1
    assert asked.answer.verdict() == (State.FAILED, Reason.EMPTY)


async def test_rubbish_instead_of_http_is_a_broken_connection(asker: Asker, upstream: Loopback) -> None:
    for rubbish in (b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\0" * 100_000):

        async def script(connection: Connection, rubbish: bytes = rubbish) -> None:
            await connection.send(rubbish)
            connection.writer.close()

        upstream.plays(script)
        assert (await asker.ask()).answer.verdict() == CUT


async def test_a_rubbish_chunk_size_is_a_broken_connection(asker: Asker, upstream: Loopback) -> None:
    async def script(connection: Connection) -> None:
        await connection.stream(delta(content="so far"))
        await connection.send(b"zz\r\nrubbish")
        connection.writer.close()

    upstream.plays(script)
    asked = await asker.ask()
    assert asked.answer.verdict() == CUT


async def test_a_redirect_is_not_followed(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(307, b"", Location=f"{asker.base_url}/elsewhere"))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert len(upstream.connections) == 1


async def test_a_line_without_end_is_cut_off(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(drips(b"x" * 20_000, delta(content="so far"), b"data: "))
    asked = await asker.ask(line_bytes=100_000)
    assert (asked.text, asked.answer.verdict()) == ("so far", (State.FAILED, Reason.UPSTREAM))


async def test_a_body_without_end_is_cut_off_and_its_text_kept(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(drips(delta(content="a" * 10_000)))
    asked = await asker.ask(body_bytes=50_000)
    assert asked.answer.verdict() == (State.LENGTH, Reason.SIZE)
    assert len(asked.text) >= 10_000


# Asking again

BUSY = {"error": {"code": 429, "message": "Rate limit exceeded"}}


async def test_a_busy_upstream_is_asked_again_when_it_says(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(429, BUSY, Retry_After="2"), answers(503, BUSY), GOOD)
    asked = await asker.ask()
    assert asked.answer.verdict() == DONE_WELL
    assert asker.sleeps == [2.0, 3.0]
    assert [said.after_seconds for said in asked.of(events.Retrying)] == [2.0, 3.0]
    assert upstream.connections[0].json == upstream.connections[2].json


async def test_time_to_connect_does_not_limit_asking_again(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(503, BUSY), GOOD)
    assert (await asker.ask(connect_seconds=0.5)).answer.verdict() == DONE_WELL


async def test_no_more_than_two_more_times(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(502, BUSY))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert (asked.answer.requests, asker.sleeps) == (3, [1.0, 3.0])


async def test_a_server_error_is_tried_once_more(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(500, BUSY))
    assert (await asker.ask()).answer.requests == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
async def test_a_request_that_is_wrong_is_not_asked_again(asker: Asker, upstream: Loopback, status: int) -> None:
    upstream.plays(answers(status, {"error": {"code": status, "message": "no"}}))
    asked = await asker.ask()
    assert asked.answer.verdict()[0] is State.FAILED
    assert asked.answer.requests == 1


async def test_a_hint_longer_than_our_patience_is_told_to_the_person(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(429, BUSY, Retry_After="3600"))
    asked = await asker.ask()
    assert asked.answer.verdict() == (State.FAILED, Reason.BUSY)
    assert (asked.answer.requests, asker.sleeps) == (1, [])
    assert asked.answer.error is not None
    assert asked.answer.error.retry_after == 3600


async def test_an_error_inside_the_stream_is_asked_again_only_before_the_first_delta(
    asker: Asker, upstream: Loopback
) -> None:
    wrong = event({"choices": [], "error": {"code": 502, "message": "x"}})
    upstream.plays(streams(COMMENT, wrong), GOOD)
    asked = await asker.ask()
    assert asked.answer.verdict() == DONE_WELL
    assert [type(said) for said in asked.seen[:3]] == [events.Alive, events.Opened, events.Retrying]
    assert not asked.of(events.Problem)
    for first in (delta(content="a"), delta(reasoning="a"), delta(content="\n"), delta(tool_calls=[{"index": 0}])):
        upstream.plays(streams(first, wrong))
        assert (await asker.ask()).answer.requests == 1


# Leaving


async def test_leaving_early_closes_the_connection(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(hangs(delta(content="a")))
    async with asker.client().stream(BODY) as answer:
        async for _ in answer:
            break
    await upstream.connections[0].gone.wait()


@pytest.mark.parametrize("parts", [None, (), (delta(content="a"),)])
async def test_a_cancelled_listener_closes_the_connection(
    asker: Asker, upstream: Loopback, parts: tuple[bytes, ...] | None
) -> None:
    upstream.plays(Connection.closed if parts is None else hangs(*parts))
    task = asyncio.create_task(asker.ask())
    connection = await upstream.arrived()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await connection.gone.wait()


async def test_waiting_to_ask_again_can_be_cancelled(asker: Asker, upstream: Loopback) -> None:
    pausing = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pausing.set()
        await asyncio.Event().wait()

    upstream.plays(answers(503, BUSY))
    client = asker.client()
    client._sleep = sleep
    task = asyncio.create_task(asker.ask(client))
    await pausing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(upstream.connections) == 1


# What must stay secret


async def test_neither_key_nor_question_reach_the_details(asker: Asker, upstream: Loopback) -> None:
    echo = f"cannot do {QUESTION} with {KEY}; {json.dumps(QUESTION)}"
    wrong = {"error": {"code": 400, "message": echo, "metadata": {"raw": echo, "flagged_input": QUESTION}}}
    for script in (answers(400, wrong), streams(event(wrong)), streams(delta(content="a"), event(wrong))):
        upstream.plays(script)
        error = (await asker.ask()).answer.error
        assert error is not None
        shown = f"{error} {error!r} {error.operator_detail} {error.public}"
        assert "Ottilie" not in shown
        assert "0123456789" not in shown
        assert "cannot do" in error.operator_detail


def test_a_client_does_not_show_its_key(asker: Asker) -> None:
    assert KEY not in repr(asker.client())


# Look-ups


async def test_look_ups_give_typed_facts(asker: Asker, upstream: Loopback) -> None:
    client = asker.client()
    upstream.plays(answers(200, {"data": [{"id": client.model, "context_length": 99}, None, {"id": "x"}]}))
    assert [facts.model for facts in await client.models()] == [client.model, "x"]
    assert (await client.facts()).context_length == 99
    upstream.plays(answers(200, {"data": {"endpoints": [{"provider_name": "Alibaba", "status": 0}]}}))
    (endpoint,) = await client.endpoints()
    assert (endpoint.provider, endpoint.healthy) == ("Alibaba", True)
    upstream.plays(answers(200, {"data": {"label": "lab", "limit_remaining": 1.5, "usage": 0.25}}))
    facts = await client.key("sk-own")
    assert (facts.label, facts.remaining, facts.usage) == ("lab", Decimal("1.5"), Decimal("0.25"))
    upstream.plays(answers(200, {"data": {"id": "gen-1", "total_cost": 0.1133, "native_tokens_completion": 82393}}))
    record = await client.generation("gen-1")
    assert record is not None
    assert (record.cost, record.completion_tokens) == (Decimal("0.1133"), 82393)
    paths = [request.path.removeprefix("/api/v1") for request in upstream.connections]
    assert paths == ["/models", "/models", f"/models/{client.model}/endpoints", "/key", "/generation?id=gen-1"]
    assert upstream.connections[3].headers["authorization"] == "Bearer sk-own"


async def test_a_generation_that_is_not_known_yet_is_none(asker: Asker, upstream: Loopback) -> None:
    upstream.plays(answers(404, {"error": {"code": 404, "message": "Generation not found"}}))
    assert await asker.client().generation("gen-1") is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (answers(401, {"error": {"code": 401, "message": "no " + KEY}}), Reason.KEY),
        (answers(200, b"[]"), Reason.UPSTREAM),
        (answers(200, b"<html>", "text/html"), Reason.UPSTREAM),
        (answers(502, b"<html>", "text/html"), Reason.UPSTREAM),
        (Connection.closed, Reason.TIMEOUT),
    ],
)
async def test_look_ups_fail_with_the_same_errors(
    asker: Asker, upstream: Loopback, script: Script, reason: Reason
) -> None:
    upstream.plays(script)
    with pytest.raises(UpstreamError) as caught:
        await asker.client(lookup_seconds=0.2).key()
    assert caught.value.reason is reason
    assert KEY not in str(caught.value)


async def test_look_ups_do_not_reach_a_refused_port(asker: Asker) -> None:
    with pytest.raises(UpstreamError) as caught:
        await asker.client(base_url=refused_address()).models()
    assert caught.value.reason is Reason.UNREACHABLE
