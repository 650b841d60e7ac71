"""Many at once, very fast, and nothing left behind."""

import asyncio
import gc
import os
import resource
import sys
from pathlib import Path

import pytest

from chatapp.simulator import Simulator
from tests.simulator.caller import Caller, numbered, until

TOKENS_PER_SECOND = 50_000
BURST = 60_000


async def test_a_hundred_streams_at_once_are_all_whole(caller: Caller, simulator: Simulator) -> None:
    async def one(number: int) -> None:
        reader, writer = await caller.connect()
        writer.write(caller.raw_request(f"simulate: answer {100 + number}, rate 400"))
        raw = await reader.readuntil(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        assert raw.count(b'"content":"<a') == 100 + number
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one(number) for number in range(100)))
    assert {request["state"] for request in simulator.requests()} == {"complete"}
    assert len({request["id"] for request in simulator.requests()}) == 100


async def test_three_hundred_streams_are_served_together(caller: Caller, simulator: Simulator) -> None:
    writers = []
    for _ in range(300):
        _, writer = await caller.connect()
        writer.write(caller.raw_request("simulate: answer 5, hang after 2"))
        writers.append(writer)
    await until(lambda: sum(1 for connection in simulator.connections() if connection["busy"]) == 300)
    await until(lambda: all(request["tokens"]["answer"] == 2 for request in simulator.requests()))
    for writer in writers:
        writer.close()
    await until(lambda: all(connection["closed_by"] == "client" for connection in simulator.connections()))


async def test_one_stream_is_quick(caller: Caller) -> None:
    reader, writer = await caller.connect()
    loop = asyncio.get_running_loop()
    began = loop.time()
    writer.write(caller.raw_request(f"simulate: tokens {BURST}, no-limit"))
    tail = b""
    while not tail.endswith(b"0\r\n\r\n"):
        tail = (tail + await reader.read(1_000_000))[-100:]
    # A fifth of what it can do on a quiet machine.
    assert BURST / (loop.time() - began) > TOKENS_PER_SECOND / 5
    writer.close()


async def test_a_slow_reader_costs_no_memory(caller: Caller, simulator: Simulator) -> None:
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, writer = await caller.connect()
    writer.transport.pause_reading()
    writer.write(caller.raw_request("simulate: line 1000, endless after 1"))
    for _ in range(50):
        await asyncio.sleep(0)
    await until(lambda: simulator.requests() and simulator.requests()[0]["tokens"]["answer"] == 1)
    other = await caller.ask("simulate: answer 2000")
    assert other.done
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40_000
    writer.transport.abort()


async def test_stop_leaves_no_task_and_may_be_called_twice() -> None:
    simulator = Simulator(pace=0)
    await simulator.start()
    with pytest.raises(RuntimeError):
        await simulator.start()
    async with Caller(simulator.base_url) as caller:
        pairs = [await caller.connect() for _ in range(6)]
        scripts = ["silent", "hang after 1, answer 2", "delay 60", "wait 60", "endless", "never-stops, rate 0"]
        for (_, writer), script in zip(pairs, scripts, strict=True):
            writer.write(caller.raw_request(f"simulate: {script}"))
        idle = await caller.connect()
        await asyncio.gather(
            *(reader.read(10) for (reader, _), script in zip(pairs, scripts, strict=True) if script != "delay 60")
        )
        await simulator.stop()
        await simulator.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert await idle[0].read() == b""
        for _, writer in [*pairs, idle]:
            writer.transport.abort()
    with pytest.raises(RuntimeError):
        _ = simulator.base_url


async def test_it_may_be_started_again_and_serves_loopback_only() -> None:
    simulator = Simulator(pace=0)
    for _ in range(2):
        async with simulator, Caller(simulator.base_url) as caller:
            assert (await caller.ask("simulate: answer 2")).content == numbered("a", 2)
    for host in ("0.0.0.0", "192.0.2.1"):
        with pytest.raises(ValueError, match="loopback"):
            Simulator(host=host)


async def test_alone_it_says_its_address_first() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "chatapp.simulator", "--control", "--pace", "0"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": ""},
    )
    try:
        assert process.stdout
        base_url = (await process.stdout.readline()).decode().strip()
        async with Caller(base_url) as caller:
            assert (await caller.ask("simulate: answer 2")).done
        assert b"2 tokens" in await process.stdout.readline()
    finally:
        process.terminate()
        assert await process.wait() == 0
