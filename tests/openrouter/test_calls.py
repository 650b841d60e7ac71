"""Tool calls out of fragments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter import events
from chatapp.openrouter.calls import MOST_CALLS, CallBuilder, Complete
from tests.openrouter.wire import DONE, delta, finish, read


def build(*fragments: dict[str, Any]) -> list[Complete]:
    builder = CallBuilder()
    for fragment in fragments:
        builder.feed([fragment])
    return builder.take()


def fragment(name: str | None = None, arguments: object = None, **fields: object) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def test_fragments_are_joined_by_index() -> None:
    calls = build(
        fragment("zoom", "", index=0, id="a"),
        fragment("time", "{", index=1, id="b"),
        fragment(None, '{"x"', index=0),
        fragment(None, "}", index=1),
        fragment(None, ":1}", index=0),
    )
    assert calls == [Complete(0, "a", "zoom", '{"x":1}'), Complete(1, "b", "time", "{}")]


def test_the_first_id_and_name_that_are_not_empty_count() -> None:
    (call,) = build(
        fragment("", "", index=0, id=""),
        fragment("zoom", "", index=0, id="a"),
        fragment("", "{}", index=0, id=""),
    )
    assert call == Complete(0, "a", "zoom", "{}")


def test_without_an_index_the_id_or_the_last_call_is_meant() -> None:
    calls = build(
        fragment("zoom", "{", id="a"), fragment("time", "[", id="b"), fragment(None, "}", id="a"), fragment(None, "]")
    )
    assert [call.arguments for call in calls] == ["{}", "[]"]


def test_a_new_id_at_an_index_in_use_is_a_new_call() -> None:
    calls = build(fragment("zoom", "{}", index=0, id="a"), fragment("time", "{}", index=0, id="b"))
    assert [(call.index, call.id) for call in calls] == [(0, "a"), (1, "b")]


def test_a_missing_id_is_made_up() -> None:
    calls = build(fragment("zoom", "", index=0), fragment("time", "", index=1))
    assert [call.id for call in calls] == ["call_0", "call_1"]


def test_a_call_without_a_name_is_none() -> None:
    assert build(fragment(None, "{}", index=0, id="a")) == []


def test_an_object_for_arguments_becomes_json_text() -> None:
    assert build(fragment("zoom", {"label": "café"}, index=0))[0].arguments == '{"label": "café"}'


def test_calls_are_taken_once() -> None:
    builder = CallBuilder()
    builder.feed([fragment("zoom", "{}", index=0, id="a")])
    assert len(builder.take()) == 1
    assert builder.take() == []


def test_there_is_a_limit_to_calls() -> None:
    assert len(build(*(fragment("zoom", "", index=place) for place in range(MOST_CALLS + 50)))) == MOST_CALLS


@pytest.mark.parametrize("rubbish", [None, 1, "x", {}, [None], [[]], [{"function": 1}], [{"index": "0", "id": 5}]])
def test_rubbish_makes_no_call(rubbish: object) -> None:
    builder = CallBuilder()
    builder.feed(rubbish)
    assert builder.take() == []


@given(st.text(max_size=30), st.lists(st.integers(0, 30), max_size=5))
def test_arguments_cut_anywhere_are_whole_again(arguments: str, cuts: list[int]) -> None:
    edges = sorted({0, len(arguments), *(min(cut, len(arguments)) for cut in cuts)})
    texts = [arguments[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    calls = build(fragment("zoom", "", index=0, id="a"), *(fragment(None, text, index=0, id="") for text in texts))
    assert calls[0].arguments == arguments.replace("\0", "\ufffd")


def test_calls_come_before_the_finish_and_only_with_it() -> None:
    call = delta(tool_calls=[fragment("zoom", "{}", index=0, id="a")])
    kinds = [type(said) for said in read(call + finish("stop") + finish("stop") + DONE).seen]
    assert kinds == [events.Opened, events.ToolCall, events.Finished]
    assert read(call).calls == []


def test_done_without_a_finish_ends_calls_too() -> None:
    outcome = read(delta(tool_calls=[fragment("zoom", "{}", index=0)]) + DONE)
    assert [call.name for call in outcome.calls] == ["zoom"]
