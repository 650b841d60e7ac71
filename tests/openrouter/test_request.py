"""The body of a request."""

import json
from base64 import b64decode
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from chatapp.openrouter.parameters import Parameters, Reasoning
from chatapp.openrouter.request import (
    CallPart,
    ImagePart,
    Part,
    ResultPart,
    TextPart,
    ThinkingPart,
    Turn,
    build,
    words_of,
)
from chatapp.words import Role

PICTURE = ImagePart("image/jpeg", b"\xff\xd8picture")
NOTHING = Parameters(reasoning=None, max_tokens=None)


def asks(*parts: Part | str) -> Turn:
    return Turn(Role.USER, tuple(TextPart(part) if isinstance(part, str) else part for part in parts))


def says(*parts: Part | str) -> Turn:
    return Turn(Role.ASSISTANT, tuple(TextPart(part) if isinstance(part, str) else part for part in parts))


def messages(*turns: Turn, **options: Any) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = build(model="m", turns=turns, parameters=NOTHING, **options)["messages"]
    return built


# Parameters


def test_limits_have_defaults_and_nothing_else_is_sent() -> None:
    assert build(model="m", turns=[asks("Hi")], parameters=Parameters()) == {
        "model": "m",
        "stream": True,
        "reasoning": {"max_tokens": 8192},
        "max_tokens": 16384,
        "messages": [{"role": "user", "content": "Hi"}],
    }


def test_what_is_absent_stays_absent() -> None:
    assert build(model="m", turns=[asks("Hi")], parameters=NOTHING, stream=False) == {
        "model": "m",
        "stream": False,
        "messages": [{"role": "user", "content": "Hi"}],
    }


ALL = Parameters(
    reasoning=Reasoning(effort="high", exclude=False, enabled=True),
    response_format={"type": "json_object"},
    max_tokens=100,
    temperature=0,
    top_p=0.95,
    seed=0,
    presence_penalty=-1.5,
    tools=({"type": "function", "function": {"name": "zoom"}},),
    tool_choice="auto",
)


def test_every_parameter_is_sent_also_when_it_is_zero_or_false() -> None:
    wire = ALL.to_wire()
    assert json.loads(json.dumps(wire)) == {
        "reasoning": {"effort": "high", "exclude": False, "enabled": True},
        "response_format": {"type": "json_object"},
        "max_tokens": 100,
        "temperature": 0,
        "top_p": 0.95,
        "seed": 0,
        "presence_penalty": -1.5,
        "tools": [{"type": "function", "function": {"name": "zoom"}}],
        "tool_choice": "auto",
    }


def test_a_budget_for_thinking_goes_before_an_effort() -> None:
    assert Reasoning(max_tokens=5, effort="low", exclude=True).to_wire() == {"max_tokens": 5, "exclude": True}


def test_a_tool_choice_without_tools_is_not_sent() -> None:
    assert Parameters(reasoning=None, max_tokens=None, tools=(), tool_choice="auto").to_wire() == {}


@pytest.mark.parametrize("parameters", [Parameters(), NOTHING, ALL, Parameters(reasoning=Reasoning())])
def test_parameters_come_back_from_storage_as_they_were(parameters: Parameters) -> None:
    stored = json.loads(json.dumps(parameters.to_json()))
    assert Parameters.from_json(stored) == parameters


def test_what_was_not_stored_is_absent_and_not_default() -> None:
    assert Parameters.from_json({}) == NOTHING


def test_stored_names_that_are_unknown_are_ignored() -> None:
    assert Parameters.from_json({"top_k": 20, "seed": 7}).seed == 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 3),
        ("temperature", "hot"),
        ("top_p", 0),
        ("presence_penalty", -3),
        ("seed", -1),
        ("max_tokens", 0),
        ("max_tokens", True),
        ("reasoning", {"effort": "heroic"}),
        ("tools", "zoom"),
        ("response_format", "json"),
    ],
)
def test_a_stored_value_out_of_range_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        Parameters.from_json({field: value})


def test_parameters_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Parameters().seed = 1  # type: ignore[misc]


# Turns


def test_a_system_prompt_goes_first_if_there_is_one() -> None:
    assert messages(asks("Hi"), system="Be kind.")[0] == {"role": "system", "content": "Be kind."}
    assert messages(asks("Hi"), system=" \n")[0]["role"] == "user"


def test_opaque_ids_are_sent_when_there_are_any() -> None:
    body = build(model="m", turns=[], parameters=NOTHING, user="u_1", session_id="c_2")
    assert (body["user"], body["session_id"]) == ("u_1", "c_2")


def test_text_alone_is_a_string() -> None:
    assert messages(asks("One", "Two")) == [{"role": "user", "content": "One\n\nTwo"}]


def test_with_pictures_text_goes_first_and_they_follow_in_order() -> None:
    other = ImagePart("image/png", b"other")
    (message,) = messages(asks(PICTURE, "What is this?", other))
    text, first, second = message["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert first["type"] == "image_url"
    kind, _, data = first["image_url"]["url"].partition(",")
    assert (kind, b64decode(data)) == ("data:image/jpeg;base64", PICTURE.data)
    assert second["image_url"]["url"].startswith("data:image/png;base64,")


def test_a_picture_alone_has_no_empty_text_beside_it() -> None:
    (message,) = messages(asks(PICTURE))
    assert [part["type"] for part in message["content"]] == ["image_url"]


def test_thinking_does_not_go_back() -> None:
    assert messages(asks("Hi"), says(ThinkingPart("Hm"), "Hello"), asks("And?")) == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "And?"},
    ]


def test_an_answer_without_words_is_left_out_and_the_questions_are_joined() -> None:
    assert messages(asks("Hi"), says(ThinkingPart("Hm")), says(" "), asks("Hello?"), asks()) == [
        {"role": "user", "content": "Hi\n\nHello?"}
    ]


CALL = CallPart("call_1", "zoom", '{"x": 1}')
RESULT = ResultPart("call_1", "a cat")


def test_a_running_tool_loop_goes_back_with_its_thinking() -> None:
    turn = says(ThinkingPart("I should "), ThinkingPart("zoom."), CALL, CallPart("call_2", "time", ""), RESULT)
    assert messages(asks("Hi"), turn)[1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "zoom", "arguments": '{"x": 1}'}},
                {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
            "reasoning": "I should zoom.",
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "a cat"},
    ]


def test_a_finished_tool_loop_goes_back_without_it() -> None:
    turn = says(ThinkingPart("Zoom."), "Looking.", CALL, RESULT, ThinkingPart("A cat."), "It is a cat.")
    sent = messages(asks("Hi"), turn, asks("Sure?"))
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert [message["content"] for message in sent[1:4]] == ["Looking.", "a cat", "It is a cat."]
    assert not any("reasoning" in message for message in sent)


def test_a_round_of_nothing_but_thinking_makes_no_message() -> None:
    assert [m["role"] for m in messages(asks("Hi"), says(CALL, RESULT, ThinkingPart("Hm")))] == [
        "user",
        "assistant",
        "tool",
    ]


def test_arguments_that_are_no_json_do_not_go_back() -> None:
    sent = messages(asks("Hi"), says(CallPart("c", "zoom", '{"x": '), RESULT))
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_all_words_and_pictures_of_a_request_are_found_for_hiding() -> None:
    turns = [asks("What\nis this?", PICTURE), says("A cat."), says(CALL, RESULT)]
    found = set(words_of(build(model="m", turns=turns, parameters=NOTHING, system="Be kind.")))
    assert {"What\nis this?", "What\\nis this?", PICTURE.url(), "A cat.", "a cat", "Be kind."} <= found
