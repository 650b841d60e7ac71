"""Pictures made for the tests: proper ones with Pillow, wicked ones by hand."""

import functools
import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, JpegImagePlugin, TiffImagePlugin

PICTURES = Path(__file__).parent / "pictures"
PNG = b"\x89PNG\r\n\x1a\n"
END = b"IEND", b""
CORNERS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0)}
PLACE = b"PlaceCam"
SCRIPT = b"<script>alert(1)</script>"


def corners(width: int = 128, height: int = 96) -> Image.Image:
    """Grey, with red, green, blue and yellow in the corners, read like a page."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    across, down = width // 4, height // 4
    for (x, y), colour in zip([(0, 0), (3, 0), (0, 3), (3, 3)], CORNERS.values(), strict=True):
        image.paste(
            colour,
            (
                width - across if x else 0,
                height - down if y else 0,
                across if not x else width,
                down if not y else height,
            ),
        )
    return image


def seen(data: bytes) -> list[str]:
    """The colours in the corners of an encoded picture, read like a page."""
    image = Image.open(BytesIO(data)).convert("RGB")
    width, height = image.size
    places = [(4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5)]
    return [nearest(pixel(image, place)) for place in places]


def nearest(colour: Sequence[int]) -> str:
    """The name of the corner colour that is meant."""
    return min(CORNERS, key=lambda name: sum(abs(a - b) for a, b in zip(CORNERS[name], colour, strict=True)))


def pixel(image: Image.Image, place: tuple[int, int]) -> tuple[int, int, int]:
    """A pixel of an RGB picture."""
    value = image.getpixel(place)
    assert isinstance(value, tuple)
    red, green, blue = (int(level) for level in value)
    return red, green, blue


def middle(data: bytes) -> tuple[int, int, int]:
    """The pixel in the middle of an encoded picture, as RGB."""
    image = Image.open(BytesIO(data)).convert("RGB")
    return pixel(image, (image.width // 2, image.height // 2))


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """An encoded picture."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def camera_notes(orientation: int) -> bytes:
    """Exif with an orientation, the camera's make and a place on earth."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = PLACE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: tuple(TiffImagePlugin.IFDRational(n) for n in (48, 51, 30))})
    return exif.tobytes()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, with right lengths and checksums."""
    return PNG + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def header(width: int, height: int, *, depth: int = 8, colour: int = 0) -> tuple[bytes, bytes]:
    """The first chunk of a PNG."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def rows(row: bytes, height: int) -> tuple[bytes, bytes]:
    """The pixels of a PNG whose rows are all alike."""
    packer = zlib.compressobj()
    lines = b"".join([packer.compress(b"\0" + row) for _ in range(height)])
    return b"IDAT", lines + packer.flush()


@functools.cache
def plain_png(width: int, height: int, *, depth: int = 8, colour: int = 0) -> bytes:
    """A black PNG, made without ever having it in memory."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    return png(
        header(width, height, depth=depth, colour=colour), rows(bytes((width * depth * channels + 7) // 8), height), END
    )


@functools.cache
def text_bomb(unpacked_bytes: int) -> bytes:
    """A PNG with a note that unpacks to so many bytes."""
    return png(
        header(64, 64), (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(unpacked_bytes))), rows(bytes(64), 64), END
    )


@functools.cache
def profile_bomb(unpacked_bytes: int) -> bytes:
    """A PNG with a colour profile that unpacks to so many bytes."""
    return png(header(64, 64), (b"iCCP", b"icc\0\0" + zlib.compress(bytes(unpacked_bytes))), rows(bytes(64), 64), END)


@functools.cache
def slow_jpeg(rounds: int) -> bytes:
    """A progressive JPEG of 36 million pixels and little size, whose last scan comes many times over."""
    data = saved(Image.new("L", (6000, 6000), 200), "JPEG", progressive=True, quality=30)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * rounds + data[-2:]


@functools.cache
def noise(form: str) -> bytes:
    """A picture of 300 × 300 px that no encoder makes small; always the same one."""
    return saved(Image.effect_noise((300, 300), 90), form)


def film(frames: int) -> bytes:
    """A GIF of so many frames of 36 million pixels each."""
    data = saved(Image.new("P", (6000, 6000), 7), "GIF")
    start = data.index(b"\x2c\0\0\0\0")
    return data[:start] + data[start:-1] * frames + data[-1:]


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """A JPEG with a comment right after its beginning."""
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def heif(*brands: bytes) -> bytes:
    """The first box of an ISO media file with these brands, the main one first."""
    box = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", len(box) + 8) + b"ftyp" + box + bytes(64)


def segments(jpeg: bytes) -> list[int]:
    """The markers of a JPEG up to its pixels."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def chunks(data: bytes) -> list[bytes]:
    """The names of the chunks of a PNG."""
    found, at = [], len(PNG)
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return found


def sampling(jpeg: bytes) -> int:
    """0 for a JPEG whose colours are as sharp as its light."""
    image = Image.open(BytesIO(jpeg))
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    return JpegImagePlugin.get_sampling(image)
