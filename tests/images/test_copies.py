"""What becomes of the pixels: first frame, upright, sRGB on white, at a size the model can use. No child is needed."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from chatapp.images import encode, refusals
from chatapp.images.colours import LARGEST_PROFILE_BYTES
from chatapp.images.copies import make_copies
from chatapp.images.taken import Kind
from chatapp.images.verdict import Copies
from tests.images import made, profiles

UPRIGHT = list(made.CORNERS)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# How a camera stores an upright picture, so that the orientation of that number sets it right.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def size_of(data: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(data)).size


def shown(image: Image.Image, form: str, **options: object) -> tuple[int, int, int]:
    """The middle of what the model gets of this picture."""
    return made.middle(make_copies(made.saved(image, form, **options), Kind(form.lower())).model)


def near(colour: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 6) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_comes_out_upright(form: str, orientation: int) -> None:
    stored, turn = made.corners(), STORED[orientation]
    if turn is not None:
        stored = stored.transpose(turn)
    copies = make_copies(made.saved(stored, form, exif=made.camera_notes(orientation)), Kind(form.lower()))
    assert (copies.width, copies.height) == size_of(copies.model) == (128, 96)
    assert made.seen(copies.model) == made.seen(copies.thumbnail) == UPRIGHT


def test_a_large_photo_on_its_side_comes_out_upright_and_smaller() -> None:
    stored = made.corners(2400, 1800).transpose(Image.Transpose.ROTATE_90)
    copies = make_copies(made.saved(stored, "JPEG", exif=made.camera_notes(6)), Kind.JPEG)
    assert (copies.width, copies.height) == (2400, 1800)
    assert size_of(copies.model) == (1792, 1344)
    assert size_of(copies.thumbnail) == (320, 240)
    assert made.seen(copies.model) == made.seen(copies.thumbnail) == UPRIGHT


def test_a_very_large_photo_is_decoded_small_and_is_the_same() -> None:
    """Decoding at half size must not change what is seen, nor the size that is told."""
    copies = make_copies(made.saved(made.corners(5600, 4200), "JPEG", quality=60), Kind.JPEG)
    assert (copies.width, copies.height) == (5600, 4200)
    assert size_of(copies.model) == (1792, 1344)
    assert made.seen(copies.model) == UPRIGHT


@pytest.mark.parametrize(
    "notes", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0"]
)
def test_notes_that_make_no_sense_turn_nothing(notes: bytes) -> None:
    copies = make_copies(made.saved(made.corners(), "JPEG", exif=notes), Kind.JPEG)
    assert made.seen(copies.model) == UPRIGHT


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_is_none_turns_nothing(orientation: int) -> None:
    copies = make_copies(made.saved(made.corners(), "JPEG", exif=made.camera_notes(orientation)), Kind.JPEG)
    assert made.seen(copies.model) == UPRIGHT


@pytest.mark.parametrize(("level", "grey"), [(0, 0), (30_000, 117), (32_768, 128), (65_535, 255)])
def test_greys_of_16_bits_are_scaled_not_cut(level: int, grey: int) -> None:
    assert near(shown(Image.new("I;16", (64, 64), level), "PNG"), (grey,) * 3, by=1)


def test_a_transparent_grey_of_16_bits_is_white() -> None:
    row = (30_000).to_bytes(2, "big") * 64
    data = made.png(made.header(64, 64, depth=16), (b"tRNS", (30_000).to_bytes(2, "big")), made.rows(row, 64), made.END)
    assert made.middle(make_copies(data, Kind.PNG).model) == WHITE


def test_colours_of_16_bits_are_scaled() -> None:
    row = b"".join(level.to_bytes(2, "big") for level in (0x8000, 0x4000, 0xFFFF)) * 64
    data = made.png(made.header(64, 64, depth=16, colour=2), made.rows(row, 64), made.END)
    assert near(made.middle(make_copies(data, Kind.PNG).model), (128, 64, 255), by=1)


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (Image.new("RGBA", (64, 64), (0, 0, 0, 0)), {}),
        (Image.new("RGBA", (64, 64), (200, 10, 10, 0)), {}),
        (Image.new("LA", (64, 64), (0, 0)), {}),
        (Image.new("P", (64, 64), 0), {"transparency": 0}),
        (Image.new("P", (64, 64), 0), {"transparency": b"\0\xff"}),
        (Image.new("RGB", (64, 64), (1, 2, 3)), {"transparency": (1, 2, 3)}),
        (Image.new("L", (64, 64), 9), {"transparency": 9}),
        (Image.new("1", (64, 64), 0), {"transparency": 0}),
    ],
    ids=["RGBA", "RGBA of colour", "grey", "palette", "palette with levels", "one colour", "one grey", "bitmap"],
)
def test_what_is_transparent_is_white(image: Image.Image, options: dict[str, object]) -> None:
    assert shown(image, "PNG", **options) == WHITE


def test_half_transparent_black_is_grey() -> None:
    assert near(shown(Image.new("RGBA", (64, 64), (0, 0, 0, 128)), "PNG"), (127, 127, 127), by=1)


def test_a_transparent_ground_leaves_no_dark_edge_when_the_picture_is_made_smaller() -> None:
    image = Image.new("RGBA", (2400, 1800), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (1200, 0, 2400, 1800))
    small = Image.open(BytesIO(make_copies(made.saved(image, "PNG"), Kind.PNG).model))
    assert small.convert("L").getextrema()[0] == 255


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_transparent_gif_and_webp_are_white(form: str) -> None:
    assert shown(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), form) == WHITE


@pytest.mark.parametrize(("mode", "black"), [("1", 0), ("L", 0), ("P", 0), ("RGB", BLACK)])
def test_other_modes_are_shown_as_they_are(mode: str, black: int | tuple[int, int, int]) -> None:
    assert shown(Image.new(mode, (64, 64), black), "PNG") == BLACK


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_counts(form: str) -> None:
    frames = [Image.new("RGB", (64, 64), name) for name in ("red", "lime", "blue")]
    data = made.saved(frames[0], form, save_all=True, append_images=frames[1:])
    copies = make_copies(data, Kind(form.lower()))
    assert near(made.middle(copies.model), (255, 0, 0))
    assert Image.open(BytesIO(copies.model)).format in {"PNG", "JPEG"}


def test_printing_colours_without_a_profile_are_not_upside_down() -> None:
    assert near(shown(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), (255, 0, 0))
    assert near(shown(Image.new("CMYK", (64, 64), (0, 0, 0, 0)), "JPEG"), WHITE)


@pytest.mark.parametrize(
    ("image", "profile", "colour"),
    [
        (Image.new("RGB", (64, 64), (255, 0, 0)), profiles.swapped_rgb, (0, 0, 255)),
        (Image.new("L", (64, 64), 128), profiles.dark_grey, (71, 71, 71)),
        (Image.new("CMYK", (64, 64), (0, 255, 0, 0)), profiles.green_ink, (0, 152, 0)),
    ],
    ids=["RGB", "grey", "CMYK"],
)
def test_a_colour_profile_is_used(
    image: Image.Image, profile: Callable[[], bytes], colour: tuple[int, int, int]
) -> None:
    assert near(shown(image, "JPEG", icc_profile=profile(), quality=95), colour)


@pytest.mark.parametrize(
    "profile",
    [
        b"rubbish",
        profiles.green_ink(),
        profiles.dark_grey(),
        profiles.swapped_rgb()[:200],
        bytes(LARGEST_PROFILE_BYTES + 1),
    ],
)
def test_a_profile_that_is_none_or_for_other_colours_is_left_aside(profile: bytes) -> None:
    assert near(shown(Image.new("RGB", (64, 64), (255, 0, 0)), "WEBP", icc_profile=profile, lossless=True), (255, 0, 0))


def test_a_page_of_text_stays_sharp_as_png() -> None:
    page = Image.effect_noise((600, 400), 60).point(lambda level: level // 16 * 16)
    copies = make_copies(made.saved(page, "PNG"), Kind.PNG)
    assert Image.open(BytesIO(copies.model)).format == "PNG"
    assert Image.open(BytesIO(copies.model)).convert("L").tobytes() == page.tobytes()


def test_a_screen_is_png_where_that_is_smaller() -> None:
    screen = Image.merge(
        "RGB", [Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90), Image.new("L", (256, 256), 9)]
    )
    assert screen.getcolors(encode.FEW_COLOURS) is None
    model = make_copies(made.saved(screen.resize((900, 60)), "PNG"), Kind.PNG).model
    assert len(model) <= len(made.saved(screen.resize((900, 60)), "JPEG", quality=90, subsampling=0))


def test_a_photo_is_jpeg_with_all_its_colours() -> None:
    photo = Image.merge("RGB", [Image.effect_noise((300, 300), 90) for _ in range(3)])
    for form in ("PNG", "JPEG", "WEBP"):
        model = make_copies(made.saved(photo, form), Kind(form.lower())).model
        assert Image.open(BytesIO(model)).format == "JPEG"
        assert made.sampling(model) == 0


def test_the_noisiest_picture_at_full_size_is_far_below_the_limit_of_a_data_url() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((2048, 1280), 200) for _ in range(3)])
    assert len(encode.for_model(noise, lossless=False)) * 4 / 3 < 10_000_000


def noted(form: str) -> bytes:
    """A picture with everything in it that people do not know they send."""
    image = made.corners()
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", made.SCRIPT.decode())
        notes.add_itxt("XML:com.adobe.xmp", made.PLACE.decode())
        return made.saved(
            image, form, pnginfo=notes, exif=made.camera_notes(1), icc_profile=profiles.swapped_rgb(), dpi=(300, 300)
        )
    if form == "GIF":
        return made.saved(image, form, comment=made.SCRIPT + made.PLACE)
    options = {"exif": made.camera_notes(1), "xmp": made.SCRIPT, "icc_profile": profiles.swapped_rgb()}
    return made.saved(image, form, **options, **({"comment": made.SCRIPT, "dpi": (300, 300)} if form == "JPEG" else {}))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_nothing_but_pixels_is_in_the_copies(form: str) -> None:
    data = noted(form)
    assert made.PLACE in data
    assert made.SCRIPT in data
    copies = make_copies(data, Kind(form.lower()))
    for copy in (copies.model, copies.thumbnail):
        assert made.PLACE not in copy
        assert b"script" not in copy
        # A JPEG begins with its own name and the tables it is decoded by; a PNG has pixels alone.
        if copy.startswith(made.PNG):
            assert set(made.chunks(copy)) == {b"IHDR", b"IDAT", b"IEND"}
        else:
            assert set(made.segments(copy)) <= {0xE0, 0xDB, 0xC0, 0xC4}
        assert not Image.open(BytesIO(copy)).getexif()
        assert not {"icc_profile", "comment", "exif", "xmp"} & set(Image.open(BytesIO(copy)).info)


def test_a_photo_that_is_not_made_smaller_loses_its_notes_too() -> None:
    photo = Image.merge("RGB", [Image.effect_noise((300, 300), 90) for _ in range(3)])
    model = make_copies(made.saved(photo, "JPEG", exif=made.camera_notes(6), comment=made.SCRIPT), Kind.JPEG).model
    assert made.PLACE not in model
    assert set(made.segments(model)) == {0xE0, 0xDB, 0xC0, 0xC4}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_half_a_picture_is_refused(form: str) -> None:
    photo = Image.effect_noise((300, 300), 90)
    data = made.saved(photo, form)
    with pytest.raises((refusals.Truncated, refusals.Broken)):
        make_copies(data[: len(data) // 2], Kind(form.lower()))


@pytest.mark.parametrize("size", [(300, 300), (3000, 2000)])
def test_a_jpeg_without_its_last_byte_is_truncated(size: tuple[int, int]) -> None:
    with pytest.raises(refusals.Truncated):
        make_copies(made.saved(Image.effect_noise(size, 90), "JPEG")[:-1], Kind.JPEG)


def test_bytes_after_the_end_do_no_harm() -> None:
    copies = make_copies(made.saved(made.corners(), "JPEG") + made.SCRIPT, Kind.JPEG)
    assert isinstance(copies, Copies)
    assert made.SCRIPT not in copies.model


def test_a_two_in_one_photo_of_a_phone_gives_the_first() -> None:
    data = made.saved(made.corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (128, 96), "black")])
    assert made.seen(make_copies(data, Kind.JPEG).model) == UPRIGHT


def test_the_declared_kind_is_the_only_one_tried() -> None:
    with pytest.raises(refusals.Broken):
        make_copies(made.saved(made.corners(), "PNG"), Kind.JPEG)
