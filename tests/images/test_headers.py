"""Judging by the first bytes, which costs nothing."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chatapp.images import refusals
from chatapp.images.headers import HEAD_BYTES, Header, judge, read
from chatapp.images.taken import Kind
from tests.images import made

HTML = b"<!DOCTYPE html><script>alert(document.cookie)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
SAMPLE = made.corners(120, 90)


def judged(data: bytes) -> Header:
    return judge(data[:HEAD_BYTES], len(data))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (made.saved(SAMPLE, "PNG"), Kind.PNG),
        (made.saved(SAMPLE, "JPEG"), Kind.JPEG),
        (made.saved(SAMPLE, "JPEG", progressive=True), Kind.JPEG),
        (made.saved(SAMPLE, "GIF"), Kind.GIF),
        (made.saved(SAMPLE, "WEBP"), Kind.WEBP),
        (made.saved(SAMPLE, "WEBP", lossless=True), Kind.WEBP),
        (made.saved(SAMPLE, "WEBP", exif=made.camera_notes(1)), Kind.WEBP),
        (made.with_comment(made.saved(SAMPLE, "JPEG"), bytes(65_000)), Kind.JPEG),
    ],
    ids=["png", "jpeg", "progressive", "gif", "webp", "webp lossless", "webp with notes", "jpeg with a long comment"],
)
def test_kind_and_size_come_from_the_bytes(data: bytes, kind: Kind) -> None:
    assert judged(data) == Header(kind, 120, 90)


def test_a_jpeg_that_hides_its_size_behind_long_notes_is_left_to_the_decoder() -> None:
    data = made.saved(SAMPLE, "JPEG")
    for _ in range(5):
        data = made.with_comment(data, bytes(65_000))
    assert judged(data) == Header(Kind.JPEG)


@pytest.mark.parametrize("brands", [(b"heic",), (b"heix", b"mif1"), (b"mif1", b"heic"), (b"msf1", b"mif1", b"hevc")])
def test_heic_is_known_by_its_brands(brands: tuple[bytes, ...]) -> None:
    assert judged(made.heif(*brands)) == Header(Kind.HEIC)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (SVG, "an SVG drawing"),
        (b"\xef\xbb\xbf\n <svg onload='alert(1)'/>", "an SVG drawing"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "an EPS or PostScript drawing"),
        (b"\xc5\xd0\xd3\xc6" + bytes(26), "an EPS or PostScript drawing"),
        (made.saved(SAMPLE, "TIFF"), "a TIFF picture or a camera's raw file"),
        (b"MM\0*" + bytes(20), "a TIFF picture or a camera's raw file"),
        (made.saved(SAMPLE, "BMP"), "a BMP picture"),
        (made.saved(SAMPLE, "ICO"), "an icon"),
        (made.saved(SAMPLE, "JPEG2000"), "a JPEG 2000 picture"),
        (made.saved(SAMPLE, "AVIF"), "an AVIF picture"),
        (made.heif(b"mif1", b"avif", b"miaf"), "an AVIF picture"),
        (made.heif(b"mif1", b"miaf"), "a HEIF picture of a rare kind"),
        (made.heif(b"qt  "), "a video"),
        (made.heif(b"isom", b"mp42"), "a video"),
        (made.heif(b"crx "), "a camera's raw file"),
        (b"\x1aE\xdf\xa3" + bytes(20), "a video"),
        (b"8BPS" + bytes(20), "a Photoshop picture"),
        (b"PK\3\4" + bytes(20), "an archive or an office document"),
        (HTML, "a web page"),
    ],
)
def test_what_is_not_taken_is_called_by_its_name(data: bytes, what: str) -> None:
    with pytest.raises(refusals.KindNotTaken, match=f"This is {what}\\."):
        judged(data)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"BM, said the man",
        bytes(100),
        b"\xff\xd8",
        b"GIF88a" + bytes(20),
        b"RIFF\0\0\0\0WAVE",
        b"<p>",
        b"\0\0\0\x0cftyp"[:8],
    ],
)
def test_anything_else_is_not_a_picture(data: bytes) -> None:
    with pytest.raises((refusals.NotAPicture, refusals.KindNotTaken)):
        judged(data)


def test_an_empty_file_says_so() -> None:
    with pytest.raises(refusals.Empty):
        judged(b"")


def test_ten_megabytes_are_the_limit() -> None:
    head = made.saved(SAMPLE, "PNG")
    assert judge(head, 10_000_000).kind is Kind.PNG
    with pytest.raises(refusals.TooManyBytes, match="larger than 10 MB"):
        judge(head, 10_000_001)


@pytest.mark.parametrize(
    "data",
    [
        made.PNG + bytes(10),
        made.saved(SAMPLE, "JPEG")[:30],
        made.saved(SAMPLE, "WEBP")[:-1],
        b"GIF89a\x20",
        b"RIFF\0\0\0\0WEBPVP8 ",
        (made.PICTURES / "turned.heic").read_bytes()[:-1],
        (made.PICTURES / "turned.heic").read_bytes()[:300],
        made.heif(b"heic")[:16] + struct.pack(">I4sQ", 1, b"mdat", 2**40) + bytes(100),
    ],
    ids=["png", "jpeg", "webp", "gif", "webp header", "heic", "heic header", "heic with a long box"],
)
def test_a_missing_end_is_seen_at_once_where_that_is_cheap(data: bytes) -> None:
    with pytest.raises(refusals.Truncated):
        judged(data)


@pytest.mark.parametrize(
    "data",
    [
        made.png((b"IDAT", bytes(13))),
        b"\xff\xd8\xff\xda" + bytes(30),
        b"\xff\xd8\xff\xe0\0\x04abcdefgh",
        b"RIFF\x20\0\0\0WEBPJUNK" + bytes(40),
    ],
    ids=["png without header", "jpeg without size", "jpeg with rubbish", "webp of no kind"],
)
def test_nonsense_is_broken(data: bytes) -> None:
    with pytest.raises(refusals.Broken):
        judged(data)


def test_a_jpeg_without_a_length_does_not_go_round_for_ever() -> None:
    with pytest.raises(refusals.Refused):
        judged(b"\xff\xd8" + b"\xff\xe0\0\0" * 60_000)


@pytest.mark.parametrize("length", [0, 7, 8])
def test_a_box_without_a_proper_length_does_not_go_round_for_ever(length: int) -> None:
    boxes = made.heif(b"heic")[:16] + struct.pack(">I4s", length, b"free") * 1_000
    assert judged(boxes) == Header(Kind.HEIC)


@pytest.mark.parametrize(
    "data", [made.saved(SAMPLE, form) for form in ("PNG", "JPEG", "GIF", "WEBP")], ids=["png", "jpeg", "gif", "webp"]
)
def test_any_cut_gives_the_header_or_says_that_the_end_is_missing(data: bytes) -> None:
    for end in range(16, min(len(data), 700)):
        with contextlib.suppress(refusals.Truncated):
            assert judged(data[:end]) in {Header(kind, 120, 90) for kind in Kind}


@given(
    st.sampled_from([b"", made.PNG, b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x20ftyp", b"<?xml"]),
    st.binary(max_size=300),
)
def test_any_bytes_give_a_header_or_a_refusal(start: bytes, rest: bytes) -> None:
    data = start + rest
    with contextlib.suppress(refusals.Refused):
        assert read(data, len(data)).kind in Kind


def test_a_header_alone_is_enough_to_refuse() -> None:
    huge = made.png(made.header(65_000, 65_000, depth=1), made.END)
    assert len(huge) < 100
    with pytest.raises(refusals.TooManyPixels):
        judged(huge)
    wide = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff\xff\xff" * 2
    with pytest.raises(refusals.TooManyPixels):
        judged(wide)


def test_a_frame_without_size_is_refused() -> None:
    assert Image.MAX_IMAGE_PIXELS  # nothing here has lifted Pillow's own limit
    with pytest.raises(refusals.TooSmall):
        judged(made.png(made.header(0, 0), made.END))
