"""Requests that are refused before a token is made, with the status the real thing gives."""

from typing import Any

import httpx
import pytest

from tests.simulator.caller import Caller
from tests.simulator.test_counting import data_url, jpeg, png

USER = {"role": "user", "content": "hello"}


async def post(caller: Caller, body: dict[str, Any]) -> httpx.Response:
    return await caller.http.post("/chat/completions", json={"messages": [USER], **body})


def picture(url: str) -> list[dict[str, Any]]:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    return [{"role": "user", "content": parts}]


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"temperature": "warm"},
        {"temperature": True},
        {"top_p": 0},
        {"top_p": 1.01},
        {"seed": -1},
        {"seed": 2**31},
        {"seed": 1.5},
        {"presence_penalty": 2.5},
        {"max_tokens": 0},
        {"max_tokens": "many"},
        {"stream": "yes"},
        {"model": 7},
        {"models": "x"},
        {"stop": ["a"] * 5},
        {"session_id": "x" * 257},
        {"metadata": {"k": 1}},
        {"reasoning": 5},
        {"reasoning": {"max_tokens": 0}},
        {"reasoning": {"max_tokens": 10, "effort": "low"}},
        {"reasoning": {"effort": "enormous"}},
        {"reasoning": {"effort": "none"}},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "low"}, "reasoning_effort": "high"},
        {"reasoning": {"effort": ["low"]}},
        {"tools": [{"type": "function"}]},
        {"tools": [7]},
        {"tools": [{"function": {"name": "x", "parameters": []}}], "tool_choice": "sometimes"},
        {"tool_choice": {"type": "function"}},
        {"tool_choice": {"type": "function", "function": {"name": "x"}}},
        {"response_format": {"type": "yaml"}},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema"}},
        {"messages": []},
        {"messages": "hello"},
        {"messages": [7]},
        {"messages": [{"role": "king", "content": "x"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
        {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": 7}]},
        {"messages": picture("data:image/png;base64,AAAA")},
        {"messages": picture("data:image/jpeg;base64,!!")},
        {"messages": [{"role": "user", "content": "x " * 300_000}]},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_a_bad_parameter_is_a_400(caller: Caller, body: dict[str, Any]) -> None:
    response = await post(caller, body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == 400
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "no/such"}, "No endpoints found for no/such"),
        ({"models": ["no/such", "nor/this"]}, "No endpoints found"),
        ({"max_tokens": 40_000}, "requested parameters"),
        ({"provider": {"only": ["elsewhere"]}}, "allowed providers"),
        ({"provider": {"require_parameters": True}, "top_k": 20}, "requested parameters"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
        ({"model": "simulator/plain", "messages": picture(data_url("png", png(64, 64)))}, "image input"),
    ],
)
async def test_what_no_endpoint_can_do_is_a_404(caller: Caller, body: dict[str, Any], words: str) -> None:
    response = await post(caller, body)
    assert response.status_code == 404
    assert words.lower() in response.json()["error"]["message"].lower()


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"messages": "\xff"}', b"[" * 100_000]
)
async def test_what_is_no_json_object_is_a_400(caller: Caller, raw: bytes) -> None:
    response = await caller.http.post("/chat/completions", content=raw)
    assert response.status_code == 400
    assert response.json()["error"]["message"]


async def test_no_key_is_a_401_before_anything_else(caller: Caller) -> None:
    for value in ("", "Bearer", "Basic abc", "sk-or-v1-test"):
        response = await caller.http.post("/chat/completions", content=b"{", headers={"Authorization": value})
        assert response.status_code == 401
        assert response.json()["error"] == {
            "code": 401,
            "message": "Missing Authentication header",
            "metadata": {"error_type": "authentication"},
        }


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 0, "top_p": 1, "seed": 0, "presence_penalty": -2, "max_tokens": 32_768},
        {"temperature": None, "seed": None, "reasoning": None, "tools": None, "unknown": {"field": 1}},
        {"model": "qwen/qwen3-vl-8b-thinking:nitro", "reasoning": {"effort": "high", "summary": "auto"}},
        {"models": ["no/such", "simulator/plain"], "top_k": 20, "stop": "\n"},
        {"provider": {"only": ["alibaba"], "data_collection": "deny"}, "reasoning": {"enabled": True}},
        {"response_format": {"type": "text"}, "tool_choice": "none", "metadata": {"a": "b"}},
    ],
)
async def test_what_is_right_is_accepted(caller: Caller, body: dict[str, Any]) -> None:
    assert (await post(caller, body)).status_code == 200


async def test_pictures_count_as_prompt_tokens(caller: Caller) -> None:
    plain = (await post(caller, {"messages": [{"role": "user", "content": "What is this?"}]})).json()
    seen = (await post(caller, {"messages": picture(data_url("jpeg", jpeg(1024, 768)))})).json()
    assert seen["usage"]["prompt_tokens"] - plain["usage"]["prompt_tokens"] == 32 * 24 + 2


async def test_a_fallback_model_answers_by_its_own_name_and_price(caller: Caller) -> None:
    answer = (await post(caller, {"model": "no/such", "models": ["simulator/plain"]})).json()
    assert answer["model"] == "simulator/plain"
    assert answer["choices"][0]["message"]["reasoning"] is None
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
