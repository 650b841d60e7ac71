"""Parameters: read from forms and JSON, refused in words, and who overrules whom."""

import pytest

from chatapp import knobs
from chatapp.knobs import BadParameter, Ceilings

CEILINGS = Ceilings(max_tokens=32_768, thinking_tokens=16_384, can_skip_thinking=False)

GOOD = [
    ({"temperature": "0.7"}, False, {"temperature": 0.7}),
    ({"temperature": 2}, True, {"temperature": 2.0}),
    ({"temperature": ""}, False, {"temperature": None}),
    ({"temperature": None}, True, {"temperature": None}),
    ({"top_p": "1"}, False, {"top_p": 1.0}),
    ({"seed": "0"}, False, {"seed": 0}),
    ({"seed": 2**31 - 1}, True, {"seed": 2**31 - 1}),
    ({"max_tokens": 1}, True, {"max_tokens": 1}),
    ({"presence_penalty": "-2"}, False, {"presence_penalty": -2.0}),
    ({"system": " Be brief.\r\nPlease. "}, False, {"system": "Be brief.\nPlease."}),
    ({"system": "  "}, False, {"system": None}),
    ({"reasoning": {"effort": "low"}}, True, {"reasoning": {"effort": "low"}}),
    ({"reasoning": '{"max_tokens": 512}'}, False, {"reasoning": {"max_tokens": 512}}),
    ({"reasoning": None}, True, {"reasoning": None}),
    ({"reasoning_effort": "high", "reasoning_max_tokens": ""}, False, {"reasoning": {"effort": "high"}}),
    (
        {"reasoning_max_tokens": "99", "reasoning_exclude": "on"},
        False,
        {"reasoning": {"max_tokens": 99, "exclude": True}},
    ),
    ({"reasoning_effort": ""}, False, {"reasoning": None}),
    ({"text": "hello", "colour": "red"}, False, {}),
]


@pytest.mark.parametrize(("fields", "typed", "found"), GOOD, ids=[str(row[0]) for row in GOOD])
def test_good_values_are_taken(fields: dict, typed: bool, found: dict) -> None:
    assert knobs.read(fields, ceilings=CEILINGS, typed=typed) == found


BAD = [
    ({"temperature": "2.1"}, False, "temperature"),
    ({"temperature": "-0.1"}, False, "temperature"),
    ({"temperature": "hot"}, False, "temperature"),
    ({"temperature": "nan"}, False, "temperature"),
    ({"temperature": float("nan")}, True, "temperature"),
    ({"temperature": "inf"}, False, "temperature"),
    ({"temperature": 1e999}, True, "temperature"),
    ({"temperature": True}, True, "temperature"),
    ({"temperature": "1"}, True, "temperature"),
    ({"temperature": [1]}, True, "temperature"),
    ({"temperature": {"a": 1}}, True, "temperature"),
    ({"top_p": "0"}, False, "top_p"),
    ({"top_p": 1.01}, True, "top_p"),
    ({"seed": "-1"}, False, "seed"),
    ({"seed": "1.5"}, False, "seed"),
    ({"seed": 2**31}, True, "seed"),
    ({"seed": 10**30}, True, "seed"),
    ({"seed": "9" * 400}, False, "seed"),
    ({"max_tokens": "0"}, False, "max_tokens"),
    ({"max_tokens": 32_769}, True, "max_tokens"),
    ({"presence_penalty": "2.5"}, False, "presence_penalty"),
    ({"system": 7}, True, "system prompt"),
    ({"system": "a\0b"}, False, "system prompt"),
    ({"system": "\ud800"}, True, "system prompt"),
    ({"system": "x" * 20_001}, False, "system prompt"),
    ({"reasoning": "{"}, False, "reasoning"),
    ({"reasoning": [1]}, True, "reasoning"),
    ({"reasoning": 7}, True, "reasoning"),
    ({"reasoning": {"effort": "huge"}}, True, "reasoning.effort"),
    ({"reasoning": {"effort": "none"}}, True, "reasoning.effort"),
    ({"reasoning": {"effort": ["low"]}}, True, "reasoning.effort"),
    ({"reasoning": {"max_tokens": 0}}, True, "reasoning.max_tokens"),
    ({"reasoning": {"max_tokens": 16_385}}, True, "reasoning.max_tokens"),
    ({"reasoning": {"effort": "low", "max_tokens": 100}}, True, "not both"),
    ({"reasoning_effort": "low", "reasoning_max_tokens": "100"}, False, "not both"),
    ({"reasoning": {"exclude": "perhaps"}}, True, "reasoning.exclude"),
    ({"reasoning": {"enabled": False}}, True, "always thinks"),
    ({"reasoning": {"colour": "red"}}, True, "colour"),
]


@pytest.mark.parametrize(("fields", "typed", "words"), BAD, ids=[str(row[0])[:60] for row in BAD])
def test_bad_values_are_refused_in_words(fields: dict, typed: bool, words: str) -> None:
    with pytest.raises(BadParameter) as refused:
        knobs.read(fields, ceilings=CEILINGS, typed=typed)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


def test_later_layers_win_name_by_name() -> None:
    site = {"max_tokens": 16_384, "reasoning": {"max_tokens": 8_192}, "temperature": 1.0}
    person, conversation = {"temperature": 0.5}, {"reasoning": {"effort": "low"}}
    assert knobs.effective(site, person, conversation) == {
        "max_tokens": 16_384,
        "reasoning": {"effort": "low"},
        "temperature": 0.5,
    }


def test_what_is_given_empty_is_no_longer_chosen() -> None:
    assert knobs.chosen({"temperature": 0.5, "seed": 1}, {"temperature": None}) == {"seed": 1}


def test_a_ceiling_that_was_lowered_since_holds() -> None:
    low = Ceilings(max_tokens=1_000, thinking_tokens=800, can_skip_thinking=True)
    stored = {"max_tokens": 16_384, "reasoning": {"max_tokens": 8_192}}
    assert knobs.within(stored, low) == {"max_tokens": 1_000, "reasoning": {"max_tokens": 800}}


def test_thinking_may_not_take_more_than_all() -> None:
    stored = {"max_tokens": 500, "reasoning": {"max_tokens": 8_192, "exclude": True}}
    assert knobs.within(stored, CEILINGS)["reasoning"] == {"max_tokens": 500, "exclude": True}


def test_a_model_that_can_answer_at_once_may_be_asked_to() -> None:
    free = Ceilings(max_tokens=1_000, thinking_tokens=800, can_skip_thinking=True)
    assert knobs.read({"reasoning": {"enabled": False}}, ceilings=free, typed=True) == {"reasoning": {"enabled": False}}
