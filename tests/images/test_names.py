"""The name that is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.images.names import MOST_CHARACTERS, display_name

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("C:\\Users\\alice\\Kind am See.JPG", "Kind am See.JPG"),
        ("a\r\nX-Evil: 1.png", "a X-Evil: 1.png"),
        ('x"; filename="evil.html', 'x"; filename="evil.html'),
        ("CON.png", "CON.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u200bb\u2066c\ufeff\u3164.png", "abc.png"),
        ("tag\U000e0041\U000e007f.png", "tag.png"),
        ("a\0b\x1b[31m.png", "ab[31m.png"),
        ("half \ud83d.png", "half .png"),
        ("." * 300, "picture"),
        ("", "picture"),
        (" \t\n", "picture"),
        ("\u200d\u2800", "picture"),
        ("folder/", "picture"),
        ("two  \u00a0 blanks .png", "two blanks .png"),
        (f"{FAMILY}.png", f"{FAMILY}.png"),
        ("\u732b.heic", "\u732b.heic"),
        ("e\u0301te\u0301.png", "\u00e9t\u00e9.png"),
    ],
)
def test_a_name_is_its_last_piece_in_visible_characters(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


def test_a_long_name_keeps_its_ending() -> None:
    name = display_name("a" * 500 + ".jpeg")
    assert len(name) == MOST_CHARACTERS
    assert name.endswith("a….jpeg")


def test_a_long_ending_is_none() -> None:
    assert display_name("a." + "b" * 500) == "a." + "b" * 117 + "…"


def test_a_long_name_is_not_cut_inside_a_character_of_several() -> None:
    name = display_name("x" + FAMILY * 100 + ".png")
    assert not name.removesuffix("….png").endswith("\u200d")
    assert display_name("x" * 113 + "q\u0323\u0307" * 40 + ".png").removesuffix("….png")[-1] in "x\u0307"


@given(st.text(st.characters(), max_size=400))
def test_any_name_can_be_shown(raw: str) -> None:
    name = display_name(raw)
    assert 0 < len(name) <= MOST_CHARACTERS
    assert not {"/", "\\"} & set(name)
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name)
    assert not any("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in name)
    assert name == name.strip(" .")
    name.encode()
