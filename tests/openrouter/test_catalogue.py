"""What is known of models, keys and answers."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter.catalogue import QWEN3_VL_8B_THINKING, Facts
from chatapp.openrouter.lookups import Endpoint, GenerationRecord, KeyFacts
from chatapp.openrouter.usage import MOST_TOKENS, count, dollars, read_usage

MODEL = QWEN3_VL_8B_THINKING.model
ENTRY = {
    "id": MODEL,
    "name": "Qwen: Qwen3 VL 8B Thinking",
    "context_length": 256_000,
    "top_provider": {"context_length": 131_072, "max_completion_tokens": 32_768},
    "architecture": {"input_modalities": ["text", "image"]},
    "pricing": {"prompt": "0.00000018", "completion": "0.0000021"},
    "supported_parameters": ["reasoning", "seed", 7],
}


def test_facts_come_from_the_catalogue() -> None:
    facts = Facts.from_models_json({"data": [{"id": "other"}, ENTRY]}, MODEL)
    assert facts == Facts(
        model=MODEL,
        name="Qwen: Qwen3 VL 8B Thinking",
        context_length=131_072,
        max_output=32_768,
        prompt_price=Decimal("0.00000018"),
        completion_price=Decimal("0.0000021"),
        takes_images=True,
        parameters=frozenset({"reasoning", "seed"}),
    )


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"data": None}, {"data": [None, 1, {"id": 3}]}, {"data": [{"id": MODEL}]}]
)
def test_where_the_catalogue_is_silent_the_models_page_speaks(payload: object) -> None:
    assert Facts.from_models_json(payload, MODEL) == QWEN3_VL_8B_THINKING


def test_of_another_model_nothing_is_made_up() -> None:
    facts = Facts.from_models_json({"data": [{"id": "local", "meta": {}}]}, "local")
    assert facts == Facts(model="local")
    assert facts.cost(prompt_tokens=1, completion_tokens=1) is None


def test_a_price_that_is_no_price_is_unknown() -> None:
    for price in ("-1", "free", None, "NaN", "1e99", True, [1]):
        entry = ENTRY | {"pricing": {"prompt": price, "completion": "0"}}
        assert Facts.from_json(entry).prompt_price is None


def test_cost_is_exact() -> None:
    cost = QWEN3_VL_8B_THINKING.cost(prompt_tokens=4560, completion_tokens=3000)
    assert cost == Decimal("0.00462852")


def test_all_models_of_a_catalogue_are_listed() -> None:
    assert [facts.model for facts in Facts.all_from_json({"data": [ENTRY, None, {"id": "x"}]})] == [MODEL, "x"]


def test_usage_is_read_with_whatever_is_missing() -> None:
    assert read_usage(None) is None
    assert read_usage({}) is None
    usage = read_usage({"prompt_tokens": 5, "completion_tokens": 2.0, "completion_tokens_details": None})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 2, 7)
    assert (usage.reasoning_tokens, usage.cost) == (None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (7.0, 7), (7.5, None), (-1, None), (True, None), ("7", None), (10**30, MOST_TOKENS), (float("inf"), None)],
)
def test_counts_fit_a_column(value: object, expected: int | None) -> None:
    assert count(value) == expected


def test_amounts_are_as_exact_as_they_were_written() -> None:
    for text in ("0.000181194", "6.903e-05", "1e-7", "0", "0.1133"):
        assert dollars(json.loads(text)) == Decimal(text)
        assert dollars(text) == Decimal(text)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5) | st.just([1])
NAMES = ["data", "id", "name", "pricing", "prompt", "completion", "endpoints", "status", "label", "usage", "total_cost"]
FLAT = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES | FLAT | st.lists(FLAT, max_size=2), max_size=6))
def test_any_answer_to_a_look_up_is_read(payload: dict[str, object]) -> None:
    facts = Facts.from_models_json({"data": [payload]}, str(payload.get("id")))
    assert facts.model == str(payload.get("id"))
    assert isinstance(Endpoint.all_from_json(payload), tuple)
    assert KeyFacts.from_json(payload).is_free_tier is False
    assert GenerationRecord.from_json(payload).cancelled is False
