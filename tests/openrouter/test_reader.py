"""From the bytes of an answer to events."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter import events
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.reader import Reader
from chatapp.words import PartKind, Reason, State, ThinkTags
from tests.openrouter.wire import DONE, EXPECTED, SAMPLES, Outcome, delta, event, finish, pieces, read, sample

TEXT, THINKING = PartKind.TEXT, PartKind.THINKING
OPENED = event({"id": "gen-1", "model": "m", "provider": "P", "choices": []})


# The sample streams


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_as_expected(name: str) -> None:
    expected = EXPECTED[name]
    outcome = read(sample(name), ThinkTags.OFF)
    reader = outcome.reader
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in outcome.calls]
    assert (outcome.thinking, outcome.text, calls) == (
        expected["reasoning"],
        expected["content"],
        expected["tool_calls"],
    )
    assert reader.finish_reason == expected["finish_reason"]
    assert (reader.native_finish_reason or None) == expected["native_finish_reason"]
    assert reader.done is expected["done"]
    assert reader.bad_lines == 0
    assert (reader.error is None) is (expected["error"] is None)
    assert (reader.usage.raw if reader.usage else None) == expected["usage"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_ends_in_the_right_state(name: str) -> None:
    endings = {
        "04_midstream_error_documented.sse": (State.FAILED, Reason.UPSTREAM),
        "06_truncated_no_done.sse": (State.INTERRUPTED, Reason.CUT),
        "08_finish_length_in_thinking.sse": (State.LENGTH, Reason.TOKENS),
    }
    assert read(sample(name)).reader.verdict() == endings.get(name, (State.DONE, Reason.NONE))


# Think tags make a difference only where content comes without separate thinking.
READINGS = [(name, ThinkTags.AUTO) for name in SAMPLES]
READINGS += [("14_think_tags_in_content.sse", tags) for tags in (ThinkTags.ON, ThinkTags.OFF)]


@pytest.mark.parametrize(("name", "tags"), READINGS)
def test_a_sample_cut_in_two_anywhere_gives_the_same(name: str, tags: ThinkTags) -> None:
    data = sample(name)
    whole = read(data, tags).gist()
    for cut in range(len(data) + 1):
        assert read([data[:cut], data[cut:]], tags).gist() == whole, cut


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("name", "tags"), READINGS)
def test_a_sample_in_small_pieces_gives_the_same(name: str, size: int, tags: ThinkTags) -> None:
    data = sample(name)
    assert read(pieces(data, size), tags).gist() == read(data, tags).gist()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_that_breaks_off_anywhere_keeps_whole_tokens_only(name: str) -> None:
    data = sample(name)
    whole = read(data, ThinkTags.OFF)
    for end in range(len(data)):
        outcome = read(data[:end], ThinkTags.OFF)
        assert whole.thinking.startswith(outcome.thinking)
        assert whole.text.startswith(outcome.text)
        assert outcome.reader.bad_lines == 0
        assert outcome.reader.error is None or whole.reader.error is not None
        assert (outcome.reader.finish_reason is None) == (not outcome.of(events.Finished))


@pytest.mark.parametrize("tags", [ThinkTags.AUTO, ThinkTags.ON])
def test_leaked_thinking_is_told_from_the_answer(tags: ThinkTags) -> None:
    expected = EXPECTED["14_think_tags_in_content.sse"]["after_think_split"]
    outcome = read(sample("14_think_tags_in_content.sse"), tags)
    assert outcome.parts == [(THINKING, expected["reasoning"]), (TEXT, expected["content"])]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
def test_a_sample_with_other_line_ends_and_a_mark_gives_the_same(name: str, end: bytes) -> None:
    data = sample(name).replace(b"\r\n", b"\n")
    assert read(b"\xef\xbb\xbf" + data.replace(b"\n", end)).gist() == read(data).gist()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_without_the_space_after_data_gives_the_same(name: str) -> None:
    assert read(sample(name).replace(b"data: ", b"data:")).gist() == read(sample(name)).gist()


def without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("names", [{"index"}, {"id"}, {"role", "object", "created", "model", "provider", "type"}])
@pytest.mark.parametrize("name", ["01_plain_reasoning_answer_usage.sse", "07_tool_calls_parallel.sse"])
def test_a_sample_lacking_fields_says_the_same(name: str, names: set[str]) -> None:
    chunks = [json.loads(line[6:]) for line in sample(name).splitlines() if line.startswith(b"data: {")]
    outcome = read(b"".join(event(without(chunk, names)) for chunk in chunks) + DONE)
    whole = read(sample(name))
    assert outcome.parts == whole.parts
    assert [(call.name, call.arguments) for call in outcome.calls] == [(c.name, c.arguments) for c in whole.calls]
    assert all(call.id for call in outcome.calls)
    assert outcome.reader.verdict() == whole.reader.verdict()


# Texts


def test_texts_of_one_piece_come_as_one_event() -> None:
    outcome = read(delta(reasoning="a") + delta(reasoning="b") + delta(content="c") + delta(content="d") + finish())
    assert outcome.seen[1:-1] == [events.Thinking("ab"), events.Answer("cd")]


def test_thinking_is_taken_from_one_name_only() -> None:
    details = [{"type": "reasoning.text", "text": "de"}, {"type": "reasoning.summary", "summary": "tail"}]
    everywhere: dict[str, Any] = {"reasoning_details": details, "reasoning": "detail", "reasoning_content": "detail"}
    assert read(delta(**everywhere)).thinking == "detail"
    assert read(delta(reasoning="r", reasoning_content="c")).thinking == "r"
    assert read(delta(reasoning=None, reasoning_content="c")).thinking == "c"


def test_hidden_details_do_not_hide_the_plain_text() -> None:
    details: list[dict[str, object]] = [
        {"type": "reasoning.encrypted", "data": "xyz"},
        {"type": "reasoning.text", "text": None, "signature": "s"},
    ]
    assert read(delta(reasoning_details=details, reasoning="shown")).thinking == "shown"
    assert read(delta(reasoning_details=details)).thinking == ""


def test_white_space_alone_opens_neither_thinking_nor_answer() -> None:
    outcome = read(delta(reasoning="\n\n") + delta(content="\n") + delta(reasoning=" ") + delta(content="Yes"))
    assert outcome.parts == [(TEXT, "Yes")]


def test_white_space_before_text_of_its_kind_is_kept() -> None:
    assert read(delta(reasoning=" \n") + delta(reasoning="a\n") + delta(reasoning="\n")).thinking == " \na\n\n"


def test_thinking_and_answer_may_alternate() -> None:
    outcome = read(delta(reasoning="a") + delta(content="b") + delta(reasoning="c") + delta(content="d"))
    assert outcome.parts == [(THINKING, "a"), (TEXT, "b"), (THINKING, "c"), (TEXT, "d")]


def test_an_empty_line_does_not_break_thinking_in_two() -> None:
    assert read(delta(reasoning="a") + delta(content="\n") + delta(reasoning="b")).parts == [(THINKING, "ab")]


def test_thinking_and_answer_of_one_delta_come_in_that_order() -> None:
    assert read(delta(content="b", reasoning="a")).parts == [(THINKING, "a"), (TEXT, "b")]


@pytest.mark.parametrize("field", ["content", "reasoning"])
def test_half_pairs_in_two_deltas_become_one_character(field: str) -> None:
    data = delta(**{field: "a\ud83d"}) + delta(**{field: "\ude00b"})
    for size in (len(data), 1):
        assert [text for _, text in read(pieces(data, size)).parts] == ["a😀b"]


def test_a_half_pair_stays_with_its_kind() -> None:
    outcome = read(delta(reasoning="a\ud83d") + delta(content="\ude00b"))
    assert outcome.parts == [(THINKING, "a\ufffd"), (TEXT, "\ufffdb")]


def test_nul_becomes_the_replacement_character() -> None:
    assert read(delta(content="a\0b")).text == "a\ufffdb"


def test_bytes_that_are_not_utf8_are_replaced_and_the_rest_kept() -> None:
    assert read(delta(content="aXb").replace(b"X", b"\xff")).text == "a\ufffdb"


def test_a_refusal_in_words_is_the_answer() -> None:
    assert read(delta(content=None, refusal="I cannot.")).text == "I cannot."


def test_content_as_a_list_of_parts_is_read() -> None:
    assert read(delta(content=[{"type": "text", "text": "a"}, None, {"text": "b"}])).text == "ab"


# Odd chunks


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": None, "finish_reason": None}]},
        {"choices": [{"delta": {"content": None, "reasoning": None, "tool_calls": None}}]},
        {"choices": [{"delta": {"content": 1, "reasoning": {}, "reasoning_details": "x", "tool_calls": "x"}}]},
        {"choices": [{"delta": {"reasoning_details": [None, 1]}, "finish_reason": ""}]},
        {"choices": "x", "usage": [], "error": None, "id": 1},
        {"choices": {}, "usage": {}, "obfuscation": "x"},
        {"choices": [{"delta": [], "finish_reason": 3}]},
    ],
)
def test_an_odd_chunk_is_no_chunk_and_no_fault(odd: object) -> None:
    outcome = read(delta(content="a") + event(odd) + delta(content="b") + finish() + DONE)
    assert outcome.text == "ab"
    assert outcome.reader.bad_lines == 0
    assert outcome.reader.deltas == 2
    assert outcome.reader.verdict() == (State.DONE, Reason.NONE)


def test_up_to_five_bad_lines_are_skipped_and_counted() -> None:
    rubbish = b'data: {"a\n\ndata: 12\n\ndata: null\n\ndata: [1]\n\ndata: oops\n\n'
    outcome = read(delta(content="a") + rubbish + delta(content="b") + finish())
    assert (outcome.text, outcome.reader.bad_lines) == ("ab", 5)
    assert outcome.reader.verdict() == (State.DONE, Reason.NONE)


def test_more_bad_lines_end_it_and_keep_the_text() -> None:
    outcome = read(delta(content="a") + b"data: oops\n\n" * 6 + delta(content="b"))
    assert outcome.text == "a"
    assert outcome.reader.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert isinstance(outcome.seen[-1], events.Problem)


def test_an_empty_data_line_is_no_bad_line() -> None:
    assert read(b"data:\n\ndata\n\n" * 9 + delta(content="a")).reader.bad_lines == 0


def test_too_long_a_line_ends_it_and_keeps_the_text() -> None:
    limits = Limits(line_bytes=400)
    outcome = read(delta(content="a") + delta(content="b" * 400) + delta(content="c"), limits=limits)
    assert (outcome.text, outcome.reader.verdict()) == ("a", (State.FAILED, Reason.UPSTREAM))


def test_a_line_of_a_megabyte_is_read() -> None:
    text = "x" * 1_000_000
    assert read(pieces(delta(content=text), 16_384)).text == text


def test_comments_say_that_upstream_is_alive() -> None:
    assert read(b": OPENROUTER PROCESSING\n\n").seen == [events.Alive()]


def test_nesting_without_end_is_a_bad_line_and_no_crash() -> None:
    assert read(b'data: {"choices":' + b"[" * 200_000 + b"\n\n").reader.bad_lines == 1


# Finish, usage, end


def test_finish_is_told_once() -> None:
    outcome = read(delta(content="a") + finish("stop", "eos") + finish("stop", "eos") + DONE)
    assert outcome.of(events.Finished) == [events.Finished("stop", "eos")]


USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8, "cost": 0.000181194}


@pytest.mark.parametrize(
    "end",
    [
        finish() + event({"choices": [{"delta": {}, "finish_reason": None}], "usage": USAGE}),
        finish() + event({"choices": [], "usage": USAGE}),
        finish() + event({"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}], "usage": USAGE}),
        event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE}),
        event({"choices": [], "usage": USAGE}) + finish(),
        event({"choices": [], "usage": {"prompt_tokens": 1}}) + event({"usage": USAGE}) + finish(),
        finish() + event({"choices": [], "usage": USAGE}) * 2,
    ],
)
def test_usage_is_told_once_in_whatever_shape_it_comes(end: bytes) -> None:
    outcome = read(delta(content="a") + end + DONE)
    (usage,) = outcome.of(events.Usage)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 3, 8)
    assert usage.cost == Decimal("0.000181194")
    assert usage.raw == USAGE
    assert outcome.text == "a"


def test_usage_of_an_answer_that_broke_off_is_told_at_its_end() -> None:
    assert read(event({"usage": USAGE}) + delta(content="a")).reader.usage is not None


def test_nothing_counts_after_done() -> None:
    outcome = read(delta(content="a") + finish() + DONE + delta(content="b") + event({"error": {"code": 500}}))
    assert outcome.text == "a"
    assert outcome.reader.verdict() == (State.DONE, Reason.NONE)


def test_done_without_finish_is_a_cut() -> None:
    assert read(delta(content="a") + DONE).reader.verdict() == (State.INTERRUPTED, Reason.CUT)


def test_finish_without_done_is_a_success() -> None:
    assert read(delta(content="a") + finish()).reader.verdict() == (State.DONE, Reason.NONE)


def test_the_last_event_counts_without_its_empty_line() -> None:
    outcome = read(delta(content="a") + finish() + b"data: [DONE]")
    assert outcome.reader.done
    assert read(delta(content="a") + finish().rstrip()).reader.finish_reason == "stop"


def test_a_server_that_gives_no_ids_no_usage_and_no_done_is_understood() -> None:
    data = b"".join(
        event({"choices": [{"delta": fields, "finish_reason": reason}]})
        for fields, reason in [({"reasoning_content": "Hm"}, None), ({"content": "Yes"}, None), ({}, "stop")]
    )
    outcome = read(data)
    assert outcome.seen[0] == events.Opened("", "", "")
    assert outcome.parts == [(THINKING, "Hm"), (TEXT, "Yes")]
    assert outcome.reader.usage is None
    assert outcome.reader.verdict() == (State.DONE, Reason.NONE)


def test_opened_is_told_once_and_names_the_generation() -> None:
    outcome = read(OPENED + delta(content="a"))
    assert outcome.of(events.Opened) == [events.Opened("gen-1", "m", "P")]
    assert outcome.reader.generation_id == "gen-1"


# Errors inside the stream

BARE = {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}, "user_id": "u"}
NO_CHOICES = {"choices": [], "error": {"code": 502, "message": "x", "metadata": {"error_type": "provider_unavailable"}}}
IN_CHOICE = {"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 502, "message": "x"}}]}
NULL_CODE = {"error": {"message": "x", "type": "server_error", "param": None, "code": None}, "model": ""}


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (BARE, Reason.BUSY),
        (NO_CHOICES, Reason.UPSTREAM),
        (IN_CHOICE, Reason.UPSTREAM),
        (NULL_CODE, Reason.UPSTREAM),
        ({"error": "gone"}, Reason.UPSTREAM),
        ({"error": [1]}, Reason.UPSTREAM),
    ],
)
@pytest.mark.parametrize("before", [b"", delta(content="so far ")])
def test_an_error_event_of_any_shape_ends_it_and_keeps_the_text(before: bytes, shape: object, reason: Reason) -> None:
    outcome = read(before + event(shape) + delta(content="more") + DONE)
    assert outcome.text == ("so far " if before else "")
    assert isinstance(outcome.seen[-1], events.Problem)
    assert outcome.reader.verdict() == (State.FAILED, reason)


def test_text_in_the_error_chunk_itself_is_kept() -> None:
    chunk = {"choices": [{"delta": {"content": "b"}, "finish_reason": "error"}], "error": {"code": 502}}
    assert read(delta(content="a") + event(chunk)).text == "ab"


def test_an_error_without_an_error_object_is_one_nevertheless() -> None:
    outcome = read(delta(content="a") + finish("error") + DONE)
    assert isinstance(outcome.seen[-1], events.Problem)
    assert outcome.reader.verdict() == (State.FAILED, Reason.UPSTREAM)


def test_a_second_finish_that_is_an_error_outweighs_the_first() -> None:
    outcome = read(delta(content="a") + finish() + finish("error") + DONE)
    assert outcome.reader.verdict() == (State.FAILED, Reason.UPSTREAM)
    assert len(outcome.of(events.Finished)) == 1


def test_an_error_after_the_finish_outweighs_it() -> None:
    outcome = read(delta(content="a") + finish() + event(NO_CHOICES))
    assert outcome.reader.verdict() == (State.FAILED, Reason.UPSTREAM)


def test_a_filter_in_the_middle_of_an_answer_filtered_the_answer() -> None:
    message = "<400> InternalError.Algo.DataInspectionFailed: {} data may contain inappropriate content."
    wrong = event({"error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": message}}})
    assert read(wrong).reader.verdict() == (State.FILTERED, Reason.QUESTION)
    assert read(delta(content="a") + wrong).reader.verdict() == (State.FILTERED, Reason.ANSWER)


# Think tags and the rest of the stream


@pytest.mark.parametrize("end", [b"", finish("length"), event({"error": {"code": 502}})])
def test_on_a_cut_before_the_tag_leaves_thinking(end: bytes) -> None:
    assert read(delta(content="Hm, ") + end, ThinkTags.ON).parts == [(THINKING, "Hm, ")]


def test_on_without_a_tag_the_whole_was_the_answer() -> None:
    outcome = read(delta(content="Yes.") + finish() + DONE, ThinkTags.ON)
    assert outcome.parts == [(TEXT, "Yes.")]
    assert outcome.reader.verdict() == (State.DONE, Reason.NONE)


def test_thinking_without_an_answer_is_no_success() -> None:
    outcome = read(delta(content="Hm.</think>") + finish() + DONE)
    assert outcome.parts == [(THINKING, "Hm.")]
    assert outcome.reader.verdict() == (State.FAILED, Reason.EMPTY)


def test_nothing_but_white_space_is_no_answer() -> None:
    assert read(delta(content="\n\n") + finish()).reader.verdict() == (State.FAILED, Reason.EMPTY)


def test_thinking_of_nothing_but_empty_lines_leaves_no_trace() -> None:
    assert read(delta(content="\n") + delta(content="</think>\n\nYes") + finish()).seen[1:2] == [events.Answer("Yes")]


def test_separate_thinking_before_tags_leaves_the_tags_alone() -> None:
    outcome = read(delta(reasoning="Hm") + delta(content="Use </think>") + finish())
    assert outcome.parts == [(THINKING, "Hm"), (TEXT, "Use </think>")]


def test_an_empty_line_of_separate_thinking_is_none() -> None:
    outcome = read(delta(reasoning="\n") + delta(content="Hm</think>Yes") + finish())
    assert outcome.parts == [(THINKING, "Hm"), (TEXT, "Yes")]


# Whatever comes

WORDS = [
    b"data: ",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"\n\n",
    b"\r",
    b"null",
    b"1e999",
    b'"choices"',
    b'"delta"',
]
WORDS += [b'"content"', b"\\ud83d", b"\\u0000", b"\xff", b'"error"', b'"usage"', b"[DONE]", b"<think>", b"</think>"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(
        ["choices", "delta", "content", "reasoning", "reasoning_details", "text", "tool_calls", "index", "id", "function",
         "name", "arguments", "finish_reason", "usage", "cost", "prompt_tokens", "completion_tokens_details",
         "reasoning_tokens", "error", "code", "message", "metadata", "raw", "error_type", "reasons", "headers",
         "availability", "retryable", "retry_after"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def is_sound(outcome: Outcome) -> None:
    for said in outcome.seen:
        text = repr(said) + outcome.thinking + outcome.text
        text.encode()
        assert "\0" not in text
    for usage in outcome.of(events.Usage):
        json.dumps(usage.raw, allow_nan=False, ensure_ascii=False).encode()
        assert usage.cost is None or usage.cost.is_finite()
    state, _ = outcome.reader.verdict()
    assert state in {State.DONE, State.FAILED, State.LENGTH, State.FILTERED, State.INTERRUPTED}
    assert len(outcome.of(events.Problem)) <= 1


@given(st.lists(st.binary(max_size=60) | st.sampled_from(WORDS)), st.sampled_from(ThinkTags))
def test_arbitrary_bytes_do_no_harm(parts: list[bytes], tags: ThinkTags) -> None:
    is_sound(read(parts, tags))


@given(st.lists(JSON, max_size=5), st.sampled_from(ThinkTags))
def test_arbitrary_json_does_no_harm(values: list[object], tags: ThinkTags) -> None:
    outcome = read(b"".join(event(value) for value in values), tags)
    is_sound(outcome)


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={name: JSON for name in ("content", "reasoning", "reasoning_details", "tool_calls")}
        ),
        max_size=5,
    ),
    JSON,
    JSON,
)
def test_arbitrary_deltas_usage_and_errors_do_no_harm(
    deltas: list[dict[str, Any]], usage: object, wrong: object
) -> None:
    data = b"".join(delta(**fields) for fields in deltas) + finish()
    is_sound(read(data + event({"usage": usage}) + event({"error": wrong}) + DONE))


@given(st.lists(st.tuples(st.sampled_from(["content", "reasoning"]), st.text(st.characters(), min_size=1, max_size=6))))
def test_what_was_said_arrives_in_order_and_whole(said: list[tuple[str, str]]) -> None:
    outcome = read(pieces(b"".join(delta(**{name: text}) for name, text in said), 11), ThinkTags.OFF)
    for kind, name in ((TEXT, "content"), (THINKING, "reasoning")):
        got = "".join(text for part, text in outcome.parts if part is kind)
        sent = "".join(text for key, text in said if key == name)
        # Halves of pairs may be joined or replaced, and white space between two kinds may go; nothing else.
        assert [c for c in got if c not in "\ufffd" and not c.isspace() and c <= "\uffff"] == [
            c
            for c in sent
            if c not in "\0\ufffd" and not c.isspace() and not "\ud800" <= c <= "\udfff" and c <= "\uffff"
        ]


def test_after_a_problem_the_reader_keeps_nothing() -> None:
    reader = Reader(ThinkTags.AUTO, Limits(line_bytes=100))
    reader.feed(b"x" * 200)
    for _ in range(10):
        assert reader.feed(b"x" * 10_000) == []
    assert reader.close() == []
