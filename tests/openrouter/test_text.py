"""Text that can be stored."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter.text import Mender, storable, storable_json

HIGH, LOW = "\ud83d", "\ude00"
# Half of the examples are made of what hurts.
ANY_TEXT = st.text(st.characters()) | st.text(st.sampled_from(["a", "é", "猫", "\0", HIGH, LOW, "😀"]), max_size=12)


def mend(*texts: str) -> str:
    mender = Mender()
    return "".join([mender.feed(text) for text in texts]) + mender.close()


def test_ordinary_text_stays_as_it_is() -> None:
    for text in ("", "plain", "café 猫 😀", "\u2028\x85\x1c"):
        assert storable(text) == text


def test_halves_that_follow_each_other_become_one_character() -> None:
    assert storable(f"a{HIGH}{LOW}b") == "a😀b"


def test_lone_halves_and_nul_become_the_replacement_character() -> None:
    assert storable(f"{LOW}a{HIGH}b\0") == "\ufffda\ufffdb\ufffd"


def test_halves_in_two_deltas_become_one_character() -> None:
    assert mend(f"a{HIGH}", f"{LOW}b") == "a😀b"
    assert mend("猫" + HIGH, LOW) == "猫😀"


def test_a_half_without_its_other_half_is_replaced() -> None:
    assert mend(HIGH, "a") == "\ufffda"
    assert mend("a", HIGH) == "a\ufffd"
    assert mend(HIGH, HIGH, LOW) == "\ufffd😀"


@given(ANY_TEXT)
def test_whatever_comes_can_be_stored(text: str) -> None:
    mended = storable(text)
    assert "\0" not in mended
    assert mended.encode().decode() == mended


@given(st.lists(ANY_TEXT))
def test_mending_piece_by_piece_is_mending_the_whole(texts: list[str]) -> None:
    assert mend(*texts) == storable("".join(texts))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    )
)
def test_any_json_can_be_stored(value: object) -> None:
    text = json.dumps(storable_json(value), allow_nan=False, ensure_ascii=False)
    assert "\0" not in text
    text.encode()


def test_what_is_nested_too_deep_is_left_out() -> None:
    value: object = "bottom"
    for _ in range(500):
        value = [value]
    assert "bottom" not in json.dumps(storable_json(value))
