"""What a child answers, and what is made of an answer that is none."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.images import refusals
from chatapp.images.verdict import Copies, pack, pack_refusal, unpack

COPIES = Copies(4000, 3000, b"model", b"thumb")


def test_copies_come_through_whole() -> None:
    assert unpack(pack(COPIES)) == COPIES


# The kinds that are not taken are told apart before there is a child.
@pytest.mark.parametrize("code", sorted(refusals.BY_CODE.keys() - {"kind_not_taken"}))
def test_every_refusal_comes_through_in_the_same_words(code: str) -> None:
    refusal = refusals.BY_CODE[code](width=20, height=30)
    with pytest.raises(type(refusal)) as caught:
        unpack(pack_refusal(refusal))
    assert str(caught.value) == str(refusal)


def test_every_refusal_has_its_own_code_and_says_what_to_do() -> None:
    # The doors have refusals of their own beside these.
    own = [kind for kind in refusals.Refused.__subclasses__() if kind.__module__ == refusals.__name__]
    assert len(refusals.BY_CODE) == len(own) == 15
    for kind in refusals.BY_CODE.values():
        words = str(kind(width=20, height=30, what="a riddle"))
        assert words.endswith(".")
        assert "{" not in words


@pytest.mark.parametrize("end", range(len(pack(COPIES))))
def test_an_answer_cut_short_is_none(end: int) -> None:
    with pytest.raises(refusals.Broken):
        unpack(pack(COPIES)[:end])


@pytest.mark.parametrize(
    "answer",
    [
        pack(COPIES) + b"x",
        b"X" + pack(COPIES)[1:],
        struct.pack(">cIIII", b"T", 9, 9, 0xFFFFFFFF, 0xFFFFFFFF) + b"x",
        struct.pack(">cII", b"R", 9, 9) + b"no_such_code",
        struct.pack(">cII", b"R", 9, 9) + b"\xff",
        struct.pack(">cII", b"R", 9, 9) + b"kind_not_taken",
    ],
)
def test_an_answer_that_makes_no_sense_is_none(answer: bytes) -> None:
    with pytest.raises(refusals.Broken):
        unpack(answer)


@given(st.sampled_from([b"", b"T", b"R"]), st.binary(max_size=60))
def test_any_bytes_are_copies_or_a_refusal(start: bytes, rest: bytes) -> None:
    try:
        copies = unpack(start + rest)
    except refusals.Refused as refusal:
        copies = None
        assert refusal.code in refusals.BY_CODE  # noqa: PT017  either outcome is right, a third is not
    assert copies is None or len(copies.model) + len(copies.thumbnail) < len(rest)
