"""When a thought is called long: by its tokens, its seconds, or because it goes in circles."""

import random

import pytest

from chatapp.generation.worry import Patience, Worry

ENDLESS = Patience(tokens=10**9, seconds=10**9)


def heard(text: str, patience: Patience = ENDLESS, *, seed: int = 1) -> Worry:
    """A worry that heard the text in random pieces."""
    rng, worry = random.Random(seed), Worry(patience)
    while text:
        cut = rng.randint(1, 30)
        worry.hear(text[:cut])
        text = text[cut:]
    return worry


def test_seconds_make_a_thought_long() -> None:
    worry = heard("Short.", Patience(tokens=10**9, seconds=120))
    assert not worry.is_due(119_999)
    assert worry.is_due(120_000)


@pytest.mark.parametrize(("text", "tokens"), [("word " * 800, 1_000), ("思考" * 500, 800)])
def test_tokens_make_a_thought_long(text: str, tokens: int) -> None:
    assert heard(text, Patience(tokens=tokens - 1, seconds=10**9)).is_due(0)
    assert not heard(text, Patience(tokens=tokens + 10, seconds=10**9)).is_due(0)


@pytest.mark.parametrize(
    "text",
    [
        "Wait, let me check that again.\n" * 61,
        "Wait, let me check. Hmm, that is odd. So it must be four. " * 21,
        "等等，让我再检查一遍。也许答案是四。" * 31,
        "and then and then and then " * 600,
    ],
    ids=["a line", "three sentences", "chinese", "no end of a sentence"],
)
def test_a_thought_in_circles_is_long(text: str) -> None:
    assert heard(text).is_due(0)


def test_a_thought_that_moves_on_is_not_in_circles() -> None:
    assert not heard(" ".join(f"Step {n} gives {n * n}, so we go on." for n in range(300))).is_due(0)


def test_the_cut_does_not_matter() -> None:
    text = "Wait, let me check. " * 59 + "It is four. "
    assert {heard(text, seed=seed).is_due(0) for seed in range(20)} == {True}
    assert {heard(text[:-20], seed=seed).is_due(0) for seed in range(20)} == {False}
