"""Each endpoint: its shape, its key, its 404."""

import asyncio

import httpx
import pytest

from chatapp.simulator import Simulator
from tests.simulator.caller import Caller, until

MODEL = "qwen/qwen3-vl-8b-thinking"


async def test_the_models_are_listed_with_prices_as_strings(caller: Caller) -> None:
    models = {model["id"]: model for model in (await caller.http.get("/models")).json()["data"]}
    model = models[MODEL]
    assert model["pricing"]["prompt"] == "0.000000117"
    assert model["pricing"]["completion"] == "0.000001365"
    assert model["pricing"]["discount"] == 0.35
    assert model["architecture"]["input_modalities"] == ["text", "image"]
    assert model["top_provider"] == {
        "context_length": 131_072,
        "max_completion_tokens": 32_768,
        "is_moderated": False,
    }
    assert {"reasoning", "tools", "seed"} <= set(model["supported_parameters"])
    found = await caller.http.get("/models", params={"supported_parameters": "reasoning", "q": "qwen"})
    assert [model["id"] for model in found.json()["data"]] == [MODEL]


async def test_a_model_and_its_endpoints_are_shown(caller: Caller) -> None:
    model = (await caller.http.get(f"/model/{MODEL}")).json()["data"]
    assert model["reasoning"]["mandatory"] is True
    endpoints = (await caller.http.get(f"/models/{MODEL}/endpoints")).json()["data"]["endpoints"]
    assert [(one["provider_name"], one["status"]) for one in endpoints] == [("Simulator", 0)]
    for path in ("/model/no/such", "/models/no/such/endpoints"):
        missing = await caller.http.get(path)
        assert missing.status_code == 404
        assert missing.json()["error"]["code"] == 404


@pytest.mark.parametrize("path", ["/key", "/credits", "/generation?id=x"])
async def test_what_is_private_needs_a_key(caller: Caller, path: str) -> None:
    answer = await caller.http.get(path, headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Missing Authentication header"


async def test_the_key_tells_what_was_spent(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 100")
    data = (await caller.http.get("/key")).json()["data"]
    assert data["usage"] == answer.usages[0]["cost"] > 0
    assert data["limit"] is None


async def test_credits_are_for_management_keys(caller: Caller) -> None:
    assert (await caller.http.get("/credits")).status_code == 403
    answer = await caller.http.get("/credits", headers={"Authorization": "Bearer management"})
    assert set(answer.json()["data"]) == {"total_credits", "total_usage"}


async def test_only_the_right_key_opens() -> None:
    async with Simulator(key="right", pace=0) as simulator, Caller(simulator.base_url) as caller:
        assert (await caller.ask_whole("hi")).status_code == 401
        answer = await caller.http.get("/key", headers={"Authorization": "Bearer right"})
        assert answer.status_code == 200
        wrong = await caller.http.get("/key", headers={"Authorization": "Bearer wröng".encode()})
        assert wrong.status_code == 401


async def test_paths_and_methods_that_do_not_exist(caller: Caller) -> None:
    assert (await caller.http.get("/nothing")).status_code == 404
    wrong = await caller.http.get("/chat/completions")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


async def test_a_generation_is_found_a_while_after_the_end(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 10, generation 0.2", session_id="s1", user="u1")
    generation = answer.headers["x-generation-id"]
    assert generation.startswith("gen-")
    assert {event["id"] for event in answer.events} == {generation}
    assert (await caller.http.get("/generation", params={"id": generation})).status_code == 404
    data = await _generation(caller, generation)
    assert data["total_cost"] == answer.usages[0]["cost"]
    assert data["upstream_inference_cost"] == answer.usages[0]["cost_details"]["upstream_inference_cost"]
    assert (data["native_tokens_completion"], data["native_tokens_reasoning"]) == (10, 5)
    assert (data["cancelled"], data["finish_reason"], data["streamed"]) == (False, "stop", True)
    assert (data["session_id"], data["external_user"], data["provider_name"]) == ("s1", "u1", "Simulator")


async def test_a_client_that_leaves_is_billed_for_the_whole_answer(caller: Caller, simulator: Simulator) -> None:
    body = {"stream": True, "messages": [{"role": "user", "content": "simulate: tokens 1000, hang after 20"}]}
    async with caller.http.stream("POST", "/chat/completions", json=body) as response:
        generation = response.headers["x-generation-id"]
        await until(lambda: simulator.requests()[0]["tokens"]["thinking"] == 20)
    data = await _generation(caller, generation)
    assert data["cancelled"] is True
    assert data["native_tokens_completion"] == 1000
    assert simulator.requests()[0]["tokens"] == {"thinking": 20, "answer": 0}


async def test_an_error_in_the_stream_costs_nothing(caller: Caller) -> None:
    answer = await caller.ask("simulate: tokens 10, error 502 after 5")
    assert (await _generation(caller, answer.headers["x-generation-id"]))["total_cost"] == 0


async def test_a_bad_look_up_is_a_400(caller: Caller) -> None:
    assert (await caller.http.get("/generation")).status_code == 400


async def test_control_is_closed_unless_it_was_opened() -> None:
    async with (
        Simulator(pace=0) as simulator,
        httpx.AsyncClient(base_url=simulator.control_url, verify=False) as client,
    ):
        for method, path in (("POST", "/script"), ("POST", "/reset"), ("GET", "/log"), ("GET", "/connections")):
            assert (await client.request(method, path)).status_code == 404


async def _generation(caller: Caller, generation: str) -> dict[str, object]:
    async with asyncio.timeout(5):
        while True:
            answer = await caller.http.get("/generation", params={"id": generation})
            if answer.status_code == 200:
                data: dict[str, object] = answer.json()["data"]
                return data
            await asyncio.sleep(0.01)
