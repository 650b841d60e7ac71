"""The control endpoints, and that the log is the truth."""

import asyncio

import httpx
import pytest

from chatapp.simulator import Simulator
from tests.simulator.caller import Caller, numbered, reset, until


async def test_the_log_tells_what_was_asked_and_what_was_said(caller: Caller, simulator: Simulator) -> None:
    answer = await caller.ask("Why? simulate: tokens 6", seed=3, temperature=0.5, user="u1")
    async with httpx.AsyncClient(base_url=simulator.control_url, verify=False) as control:
        [request] = (await control.get("/log")).json()["requests"]
    assert request["id"] == answer.headers["x-generation-id"]
    assert (request["method"], request["path"]) == ("POST", "/api/v1/chat/completions")
    assert (request["status"], request["state"], request["closed_by"]) == (200, "complete", None)
    assert (request["thinking"], request["answer"]) == (answer.thinking, answer.content)
    assert request["tokens"] == {"thinking": 3, "answer": 3}
    assert request["script"] == "tokens 6"
    assert request["usage"] == answer.usages[0]
    assert request["finish_reason"] == "stop"
    assert request["body"]["messages"] == [{"role": "user", "content": "Why? simulate: tokens 6"}]
    assert (request["body"]["seed"], request["body"]["temperature"]) == (3, 0.5)
    assert request["opened_at"] <= request["first_token_at"] <= request["ended_at"]


async def test_the_key_is_never_told(caller: Caller, simulator: Simulator) -> None:
    await caller.ask("hello")
    await caller.http.get("/key", headers={"Authorization": "sk-or-v1-test"})
    log = str(simulator.requests())
    assert "sk-or-v1-test" not in log
    assert simulator.requests()[0]["headers"]["authorization"] == "Bearer …"
    assert simulator.requests()[0]["headers"]["user-agent"].startswith("python-httpx")


async def test_posted_scripts_are_played_in_their_order(caller: Caller, simulator: Simulator) -> None:
    async with httpx.AsyncClient(base_url=simulator.control_url, verify=False) as control:
        assert (await control.post("/script", json={"script": "answer 1", "times": 2})).json() == {"ok": True}
        await control.post("/script", json={"script": "answer 2", "times": 1})
        await control.post("/script", json={"script": "error 503", "times": None})
        answers = [await caller.ask("simulate: answer 9") for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 503, 503]
        assert [answer.content for answer in answers[:3]] == [numbered("a", count) for count in (1, 1, 2)]
        await control.post("/reset")
        assert (await control.get("/log")).json() == {"requests": []}
    assert (await caller.ask("simulate: answer 9")).content == numbered("a", 9)


@pytest.mark.parametrize("body", [{}, {"script": 1}, {"script": "fly"}, {"script": "drop", "times": "x"}])
async def test_a_bad_script_is_refused(simulator: Simulator, body: dict[str, object]) -> None:
    async with httpx.AsyncClient(base_url=simulator.control_url, verify=False) as control:
        assert (await control.post("/script", json=body)).status_code == 400


async def test_the_log_can_be_read_in_parts(caller: Caller, simulator: Simulator) -> None:
    for _ in range(3):
        await caller.ask("hello")
    await caller.http.get("/models")
    async with httpx.AsyncClient(base_url=simulator.control_url, verify=False) as control:
        later = (await control.get("/log", params={"after": 2, "brief": 1})).json()["requests"]
    assert [(request["number"], request["path"]) for request in later] == [
        (3, "/api/v1/chat/completions"),
        (4, "/api/v1/models"),
    ]
    assert not {"body", "thinking", "answer"} & set(later[0])


async def test_connections_tell_who_closed_them(caller: Caller, simulator: Simulator) -> None:
    await caller.ask("simulate: cut after 0")
    await caller.ask("hello")
    _, closing = await caller.connect()
    _, resetting = await caller.connect()
    await until(lambda: len(simulator.connections()) == 4)
    closing.close()
    reset(resetting)
    await until(lambda: sum(1 for connection in simulator.connections() if connection["closed_by"]) == 3)
    async with httpx.AsyncClient(base_url=simulator.control_url, verify=False) as control:
        connections = (await control.get("/connections")).json()["connections"]
    closed_by = {connection["id"]: connection["closed_by"] for connection in connections}
    assert closed_by == {1: "server", 2: None, 3: "client", 4: "client", 5: None}
    assert connections[0]["opened_at"] <= connections[0]["closed_at"]


async def test_what_a_client_read_is_a_prefix_of_the_log(caller: Caller, simulator: Simulator) -> None:
    reader, writer = await caller.connect()
    writer.write(caller.raw_request("simulate: answer 100000, rate 20000, no-limit"))
    read = b""
    while read.count(b"<a0") < 500:
        read += await reader.read(10_000)
    reset(writer)
    await until(lambda: simulator.requests()[0]["state"] == "broken")
    request = simulator.requests()[0]
    assert request["closed_by"] == "client"
    assert request["tokens"]["answer"] >= read.count(b'"}')
    assert request["answer"] == numbered("a", request["tokens"]["answer"])
    assert request["tokens"]["answer"] < 100_000


async def test_a_running_request_is_open(caller: Caller, simulator: Simulator) -> None:
    task = asyncio.create_task(caller.ask("simulate: answer 9, hang after 4"))
    await until(lambda: simulator.requests() and simulator.requests()[0]["tokens"]["answer"] == 4)
    request = simulator.requests()[0]
    assert (request["state"], request["ended_at"], request["answer"]) == ("open", None, numbered("a", 4))
    assert simulator.connections()[0]["busy"] is True
    await simulator.stop()
    assert (await task).broken is not None
    assert (simulator.requests()[0]["state"], simulator.requests()[0]["closed_by"]) == ("broken", "server")


async def test_refused_requests_are_in_the_log(caller: Caller, simulator: Simulator) -> None:
    await caller.ask("hello", temperature=9)
    await caller.ask("simulate: error 429")
    assert [(request["status"], request["state"]) for request in simulator.requests()] == [
        (400, "refused"),
        (429, "refused"),
    ]


async def test_a_line_is_said_for_each_request() -> None:
    lines: list[str] = []
    async with Simulator(pace=0, log=lines.append) as simulator, Caller(simulator.base_url) as caller:
        await caller.ask("simulate: answer 3")
        await until(lambda: lines)
    assert lines[0].startswith("POST /api/v1/chat/completions 200 complete 3 tokens")
