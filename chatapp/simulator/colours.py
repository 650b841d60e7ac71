"""What colours a picture really has: enough to prove which pixels arrived, and which way up."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image

GRID = 24
MAIN_COLOURS = 3
NAMED = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (220, 30, 30),
    "green": (30, 160, 60),
    "blue": (40, 80, 210),
    "yellow": (240, 220, 40),
    "orange": (240, 140, 30),
    "purple": (130, 50, 160),
    "pink": (240, 150, 190),
    "brown": (120, 75, 40),
    "cyan": (60, 200, 220),
}


@dataclass(frozen=True, slots=True)
class Colours:
    """The main colours, most of it first, and the four corners clockwise from the upper left, by plain names."""

    main: tuple[str, ...]
    corners: tuple[str, str, str, str]


@lru_cache(maxsize=64)
def look(data: bytes) -> Colours | None:
    """The colours of a PNG or JPEG; None when it cannot be decoded."""
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            # A JPEG is decoded no finer than needed.
            image.draft("RGB", (GRID * 4, GRID * 4))
            small = image.convert("RGB").resize((GRID, GRID), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    names = [[name_of(_pixel(small, x, y)) for x in range(GRID)] for y in range(GRID)]
    counted = Counter(name for row in names for name in row)
    return Colours(
        main=tuple(name for name, _ in counted.most_common(MAIN_COLOURS)),
        corners=(names[1][1], names[1][-2], names[-2][-2], names[-2][1]),
    )


def name_of(colour: tuple[int, int, int]) -> str:
    """The plain name that is nearest."""
    return min(NAMED, key=lambda name: sum((a - b) ** 2 for a, b in zip(NAMED[name], colour, strict=True)))


def _pixel(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]
