"""The door: what people, and people who mean harm, hand in, and what comes of it. Real children decode."""

import math
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from chatapp.images import refusals
from chatapp.images.intake import Intake
from chatapp.images.refusals import Refused
from chatapp.images.taken import Kind
from chatapp.images.tokens import image_tokens
from tests.images import made

UPRIGHT = list(made.CORNERS)
HTML = b"<!DOCTYPE html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


# What is handed in, what becomes of it. Those that no decoder may ever see come first.
ATTACKS: list[tuple[str, Callable[[], bytes], type[Refused]]] = [
    ("UP-1: 900 million pixels in 110 kB", lambda: made.plain_png(30_000, 30_000, depth=1), refusals.TooManyPixels),
    ("UP-2: 169 million pixels in 20 kB", lambda: made.plain_png(13_000, 13_000, depth=1), refusals.TooManyPixels),
    (
        "UP-3: 176 million pixels as JPEG",
        lambda: made.saved(Image.new("L", (16_000, 11_000)), "JPEG"),
        refusals.TooManyPixels,
    ),
    ("UP-4: 88 million pixels", lambda: made.plain_png(9_400, 9_400, depth=1), refusals.TooManyPixels),
    ("UP-5: a header alone", lambda: made.png(made.header(65_000, 65_000), made.END), refusals.TooManyPixels),
    ("UP-5: no size", lambda: made.png(made.header(0, 0), made.END), refusals.TooSmall),
    ("UP-5: nothing", lambda: b"", refusals.Empty),
    ("UP-5: a web page", lambda: HTML, refusals.KindNotTaken),
    ("UP-5: SVG", lambda: SVG, refusals.KindNotTaken),
    ("UP-5: PDF", lambda: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", refusals.KindNotTaken),
    ("UP-5: EPS", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", refusals.KindNotTaken),
    ("UP-5: TIFF", lambda: made.saved(made.corners(), "TIFF"), refusals.KindNotTaken),
    ("UP-6: a note of 80 MB", lambda: made.text_bomb(80_000_000), refusals.Bomb),
    ("UP-6: a profile of 80 MB", lambda: made.profile_bomb(80_000_000), refusals.Bomb),
    ("UP-7: half a JPEG", lambda: made.noise("JPEG")[: len(made.noise("JPEG")) // 2], refusals.Truncated),
    ("UP-7: a JPEG without its last byte", lambda: made.noise("JPEG")[:-1], refusals.Truncated),
    ("UP-7: half a PNG", lambda: made.noise("PNG")[: len(made.noise("PNG")) // 2], refusals.Truncated),
    ("UP-7: half a WebP", lambda: made.noise("WEBP")[: len(made.noise("WEBP")) // 2], refusals.Truncated),
    ("UP-7: half a GIF", lambda: made.noise("GIF")[: len(made.noise("GIF")) // 2], refusals.Truncated),
    ("UP-7: half a HEIC", lambda: (made.PICTURES / "turned.heic").read_bytes()[:700], refusals.Truncated),
    ("UP-10: a line", lambda: made.plain_png(1, 40_000), refusals.TooManyPixels),
    ("UP-10: a shorter line", lambda: made.plain_png(1, 20_000), refusals.TooThin),
    ("UP-10: AVIF", lambda: made.saved(made.corners(), "AVIF"), refusals.KindNotTaken),
    (
        "one byte too many",
        lambda: made.noise("JPEG") + bytes(10_000_001 - len(made.noise("JPEG"))),
        refusals.TooManyBytes,
    ),
    (
        "a PNG whose pixels are rubbish",
        lambda: made.png(made.header(64, 64), (b"IDAT", b"rubbish"), made.END),
        refusals.Broken,
    ),
    ("a PNG without pixels", lambda: made.png(made.header(64, 64), made.END), refusals.Refused),
    ("a GIF frame far larger than the GIF", lambda: gif_with_frame(60_000, 60_000), refusals.Refused),
    ("HEIC in name only", lambda: made.heif(b"heic", b"mif1"), refusals.Refused),
]


def gif_with_frame(width: int, height: int) -> bytes:
    """A GIF of 64 × 64 px whose first frame is larger."""
    data = bytearray(made.saved(Image.new("P", (64, 64)), "GIF"))
    frame = data.index(b"\x2c", 13 + 3 * 2)
    data[frame + 5 : frame + 9] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize(("make", "refusal"), [attack[1:] for attack in ATTACKS], ids=[attack[0] for attack in ATTACKS])
def test_what_is_not_taken_is_refused_in_words(
    intake: Intake, tmp_path: Path, make: Callable[[], bytes], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal) as caught:
        intake.examine(make())
    assert caught.value.permanent
    assert len(str(caught.value)) > 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_taken_with_all_that_is_to_be_known(intake: Intake, tmp_path: Path, form: str) -> None:
    data = made.saved(made.corners(400, 300), form)
    taken = intake.examine(data)
    assert taken.kind is Kind(form.lower())
    assert (taken.width, taken.height, taken.size) == (400, 300, len(data))
    assert taken.original == data
    assert taken.sha256 == sha256(data).hexdigest()
    assert (taken.model_copy.width, taken.model_copy.height) == (400, 300)
    assert taken.model_copy.media_type in {"image/png", "image/jpeg"}
    assert (taken.thumbnail.width, taken.thumbnail.height) == (320, 240)
    assert taken.thumbnail.media_type == "image/jpeg"
    assert taken.tokens == image_tokens(400, 300) == 12 * 9 + 2
    assert made.seen(taken.model_copy.data) == made.seen(taken.thumbnail.data) == UPRIGHT
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_taken_from_its_path_whatever_it_is_called(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "UP-13 says it is a.png"
    path.write_bytes(made.noise("JPEG"))
    taken = intake.examine(path)
    assert taken.kind is Kind.JPEG
    assert taken.kind.media_type == "image/jpeg"
    assert taken.original == path
    assert taken.sha256 == sha256(made.noise("JPEG")).hexdigest()
    assert list(tmp_path.iterdir()) == [path]


def test_heic_comes_upright_and_does_not_say_where_it_was_taken(intake: Intake) -> None:
    data = (made.PICTURES / "turned.heic").read_bytes()
    assert made.PLACE in data
    taken = intake.examine(data)
    assert (taken.kind, taken.width, taken.height) == (Kind.HEIC, 128, 96)
    assert made.seen(taken.model_copy.data) == UPRIGHT
    assert made.PLACE not in taken.model_copy.data + taken.thumbnail.data


def test_a_hole_in_a_heic_is_white(intake: Intake) -> None:
    taken = intake.examine((made.PICTURES / "clear.heic").read_bytes())
    assert min(made.middle(taken.model_copy.data)) > 250


def test_a_photo_of_a_phone_is_shrunk_to_what_the_model_can_use(intake: Intake) -> None:
    stored = Image.effect_noise((504, 378), 60).resize((4032, 3024)).transpose(Image.Transpose.ROTATE_90)
    taken = intake.examine(made.saved(stored, "JPEG", exif=made.camera_notes(6)))
    assert (taken.width, taken.height) == (4032, 3024)
    assert (taken.model_copy.width, taken.model_copy.height) == (1792, 1344)
    assert taken.tokens == 56 * 42 + 2
    assert math.prod((taken.thumbnail.width, taken.thumbnail.height)) == 320 * 240
    assert made.PLACE not in taken.model_copy.data


def test_up_9_of_a_long_film_only_the_first_frame_costs(intake: Intake) -> None:
    film = made.film(40)
    assert len(film) < 5_000_000
    taken = intake.examine(film)
    assert (taken.width, taken.height) == (6_000, 6_000)
    assert (taken.model_copy.width, taken.model_copy.height) == (1_600, 1_600)


def test_up_8_what_hides_in_a_picture_stays_behind(intake: Intake) -> None:
    gif = made.saved(made.corners(), "GIF", comment=b"*/=1;alert(document.cookie);/*")
    for data in (made.with_comment(made.saved(made.corners(), "JPEG"), HTML), gif, made.noise("JPEG") + HTML):
        taken = intake.examine(data)
        for copy in (taken.model_copy.data, taken.thumbnail.data):
            assert b"alert" not in copy
            assert b"<" + b"script" not in copy


def test_the_largest_picture_fits_into_the_memory_it_may_have(intake: Intake) -> None:
    taken = intake.examine(made.plain_png(8_000, 5_000, colour=6))
    assert (taken.width, taken.height) == (8_000, 5_000)
    assert made.middle(taken.model_copy.data) == (255, 255, 255)
