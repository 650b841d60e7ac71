"""Tool calls and JSON."""

import json
from typing import Any

from chatapp.simulator.tools import instance
from tests.simulator.caller import Caller

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "unit": {"enum": ["celsius", "fahrenheit"]},
            },
        },
    },
}


def calls_of(answer: Any) -> list[dict[str, str]]:
    """Put the calls of a stream together, as a client has to."""
    calls: dict[int, dict[str, str]] = {}
    for delta in answer.deltas:
        for piece in delta.get("tool_calls") or []:
            call = calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] = call["id"] or piece["id"]
            call["name"] = call["name"] or piece["function"].get("name", "")
            call["arguments"] += piece["function"]["arguments"]
    return list(calls.values())


async def test_a_question_that_names_a_tool_calls_it(caller: Caller) -> None:
    answer = await caller.ask("What will the weather be in Paris for 3 days, in fahrenheit?", tools=[WEATHER])
    [call] = calls_of(answer)
    assert call["name"] == "get_weather"
    assert json.loads(call["arguments"]) == {"city": "Paris", "days": 3, "unit": "fahrenheit"}
    assert (answer.finishes[0], answer.content) == ("tool_calls", "")
    assert "get_weather" in answer.thinking


async def test_other_questions_and_other_choices_do_not(caller: Caller) -> None:
    assert calls_of(await caller.ask("Tell me about tulips", tools=[WEATHER])) == []
    assert calls_of(await caller.ask("The weather?", tools=[WEATHER], tool_choice="none")) == []
    assert len(calls_of(await caller.ask("Tulips", tools=[WEATHER], tool_choice="required"))) == 1
    forced = {"type": "function", "function": {"name": "get_weather"}}
    plain = {"model": "simulator/plain", "tools": [WEATHER], "tool_choice": forced}
    assert len(calls_of(await caller.ask("Tulips", **plain))) == 1


async def test_the_result_of_a_tool_is_passed_on(caller: Caller) -> None:
    question = {"role": "user", "content": 'Weather in Oslo? simulate: call get_weather {"city": "Oslo"}, call clock'}
    first = await caller.ask(messages=[question], tools=[WEATHER])
    calls = calls_of(first)
    assert [(call["name"], call["arguments"]) for call in calls] == [("get_weather", '{"city": "Oslo"}'), ("clock", "")]
    assert len({call["id"] for call in calls}) == 2
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": calls[0]["id"], "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        ],
    }
    result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "Rain, 7 °C"}
    second = await caller.ask(messages=[question, asked, result], tools=[WEATHER])
    assert calls_of(second) == []
    assert "`get_weather` answered:\n\n```\nRain, 7 °C\n```" in second.content


async def test_calls_in_an_answer_of_one_piece(caller: Caller) -> None:
    choice = (await caller.ask_whole('simulate: call zoom {"x": 1}')).json()["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "zoom", "arguments": '{"x": 1}'}


async def test_json_is_given_when_asked_for(caller: Caller) -> None:
    answer = await caller.ask("Tulips, as JSON", response_format={"type": "json_object"})
    assert json.loads(answer.content)["question"] == "Tulips, as JSON"
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "legs": {"type": "array"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "pet", "schema": schema}}
    pet = json.loads((await caller.ask('A cat named "Tom"', response_format=wanted)).content)
    assert pet == {"name": "Tom", "legs": ["Tom"]}


def test_every_kind_of_schema_gets_a_value() -> None:
    assert instance({"type": "number"}, "about 2.5 m") == 2.5
    assert instance({"type": ["boolean", "null"]}, "") is True
    assert instance({"type": "null"}, "") is None
    assert instance({"const": 3}, "") == 3
    assert instance({"type": "object", "properties": 7}, "") == {}
    assert instance({"enum": []}, "x") == "x"
    endless: dict[str, Any] = {"type": "array"}
    endless["items"] = endless
    assert json.dumps(instance(endless, "x")).count("[") == 6
