"""Clients that speak badly: they get a 4xx or a closed connection, and nobody sees a traceback."""

import asyncio
import json
import logging
import random

import pytest

from chatapp.simulator import Simulator
from chatapp.simulator.requests import BODY_LIMIT_BYTES
from tests.simulator.caller import Caller, until

GOOD = b"POST /api/v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer k\r\nContent-Length: 2\r\n\r\n{}"


async def exchange(caller: Caller, raw: bytes) -> bytes:
    """Send bytes and read what comes until the other side closes."""
    reader, writer = await caller.connect()
    writer.write(raw)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\0\x01", b"400"),
        (b"HELLO\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost h\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, b"431"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT_BYTES + 1), b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 20_000, b"431"),
    ],
)
async def test_what_cannot_be_read_has_a_status_and_ends(caller: Caller, raw: bytes, status: bytes) -> None:
    reply = await exchange(caller, raw)
    assert reply.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in reply
    assert json.loads(reply.split(b"\r\n\r\n")[1])["error"]["code"] == int(status)


async def test_a_request_may_come_in_any_pieces(caller: Caller) -> None:
    raw = caller.raw_request("simulate: answer 1")
    reader, writer = await caller.connect()
    for byte in raw:
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_chunked_request_with_trailers_is_read(caller: Caller) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "simulate: answer 1"}]}).encode()
    chunks = b"".join(
        b"%x;x=y\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7)
    )
    head = b"POST /api/v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n"
    reader, writer = await caller.connect()
    writer.write(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")
    reply = await reader.read()
    assert reply.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert b"<a000001>" in reply
    writer.close()


async def test_two_requests_in_one_piece_are_answered_in_turn(caller: Caller) -> None:
    reader, writer = await caller.connect()
    writer.write(b"\r\n" + GOOD + b"GET /api/v1/models HTTP/1.0\r\n\r\n")
    reply = await reader.read()
    assert reply.index(b"HTTP/1.1 400") < reply.index(b"HTTP/1.1 200")
    writer.close()


async def test_a_flood_behind_a_request_closes_the_connection(caller: Caller, simulator: Simulator) -> None:
    _, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: silent") + b"x" * 3_000_000)
    await until(lambda: simulator.connections()[0]["closed_by"] == "server")
    writer.transport.abort()


async def test_nobody_can_make_it_stumble(
    caller: Caller, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(20)
    bodies = [caller.raw_request(text) for text in ("hello", "simulate: answer 3", "你好")]
    with caplog.at_level(logging.WARNING):
        for number in range(150):
            raw = bytearray(bodies[number % len(bodies)])
            for _ in range(dice.randint(1, 8)):
                at = dice.randrange(len(raw))
                match dice.randrange(3):
                    case 0:
                        raw[at] = dice.randrange(256)
                    case 1:
                        del raw[at : at + dice.randint(1, 20)]
                    case _:
                        raw[at:at] = dice.randbytes(dice.randint(1, 20))
            reply = await _first_line(caller, bytes(raw))
            assert reply == b"" or reply.split(b" ")[1][:1] in (b"2", b"4", b"5")
            assert b" 500 " not in reply
    assert not caplog.records
    assert (await caller.ask("simulate: answer 1")).done


async def test_nobody_can_make_it_stumble_over_values(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(21)
    values: list[object] = [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        [[]],
        {},
        {"type": "x"},
        {"function": 1},
        ["x"],
        10**30,
    ]
    names = "model models stream messages max_tokens reasoning tools tool_choice response_format provider stop metadata debug "
    names += "seed user session_id plugins temperature include_reasoning reasoning_effort"
    with caplog.at_level(logging.WARNING):
        for _ in range(200):
            body: dict[str, object] = {"messages": [{"role": "user", "content": "simulate: answer 2"}]}
            for _ in range(dice.randint(1, 4)):
                body[dice.choice(names.split())] = dice.choice(values)
            response = await caller.http.post("/chat/completions", json=body)
            assert response.status_code in (200, 400, 404), body
    assert not caplog.records


async def _first_line(caller: Caller, raw: bytes) -> bytes:
    """The status line, if one comes soon: a request cut short just waits for its rest."""
    reader, writer = await caller.connect()
    writer.write(raw)
    try:
        return await asyncio.wait_for(reader.readline(), 0.05)
    except (TimeoutError, ConnectionResetError):
        return b""
    finally:
        writer.transport.abort()
