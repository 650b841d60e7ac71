"""Tokens of texts and pictures, and what they cost."""

import base64
import struct

import pytest

from chatapp.simulator.catalogue import THINKING
from chatapp.simulator.pictures import Unreadable, picture_size, picture_tokens, read_picture
from chatapp.simulator.prices import usage
from chatapp.simulator.tokens import estimate, split


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int, height: int, *, before: bytes = b"") -> bytes:
    notes = b"\xff\xe1" + struct.pack(">H", len(before) + 2) + before if before else b""
    return b"\xff\xd8" + notes + b"\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\0" * 12


def data_url(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    "text", ["", "Hello, wörld!\n\n  x = 1234567", "汉字和 kana かな\u2028", "\x00\r\n\t🇫🇷👨\u200d👩"]
)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(split(text)) == text


def test_four_letters_or_one_chinese_sign_are_a_token() -> None:
    assert estimate("abcdefgh") == 2
    assert estimate("汉字") == 2
    assert estimate("汉字abcde") == 4
    prose = "The quick brown fox jumps over the lazy dog, and nobody minds it at all. " * 20
    assert 0.7 < len(list(split(prose))) / estimate(prose) < 1.3


def test_sizes_are_read_from_png_and_jpeg_heads() -> None:
    assert picture_size(png(1024, 768)) == (1024, 768)
    assert picture_size(jpeg(640, 480)) == (640, 480)
    assert picture_size(jpeg(640, 480, before=b"Exif" * 5000)) == (640, 480)
    assert picture_size(b"GIF89a") is None
    for cut in range(20):
        assert picture_size(jpeg(640, 480)[:cut]) in (None, (640, 480))


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1024, 768, 32 * 24 + 2), (1920, 1080, 60 * 34 + 2), (64, 64, 66), (4000, 3000, 58 * 43 + 2)],
)
def test_a_picture_counts_by_squares_of_32_px(width: int, height: int, tokens: int) -> None:
    assert picture_tokens(width, height) == tokens


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/y.png",
        "data:text/plain;base64,AAAA",
        "data:image/png;base64,@@@@",
        data_url("png", b"not a picture"),
        data_url("png", png(5, 500)),
        data_url("png", png(10_000, 20)),
        "data:image/png;base64," + "A" * 10_485_760,
    ],
)
def test_a_picture_that_the_model_would_refuse_is_refused(url: str) -> None:
    with pytest.raises(Unreadable):
        read_picture(url)


def test_other_pictures_count_without_a_size() -> None:
    assert read_picture("https://example.org/cat.png").width is None
    assert read_picture(data_url("webp", b"RIFF")).tokens == 66


def test_the_bill_is_exact() -> None:
    bill = usage(THINKING.price, prompt=1187, thinking=20, answer=11)
    assert bill["cost"] == 0.000181194
    assert bill["cost_details"]["upstream_inference_cost"] == 0.00027876
    assert bill["completion_tokens_details"]["reasoning_tokens"] == 20
    assert THINKING.price.discount == 0.35
