"""Which sizes are taken, and how large the copies are. All sizes are (width, height) in px."""

import math
from collections.abc import Iterator

from chatapp.images.limits import LEAST_SIDE_PX, LONGEST_SIDE_PX, MOST_PIXELS, MOST_RATIO
from chatapp.images.refusals import TooManyPixels, TooSmall, TooThin
from chatapp.images.tokens import MOST_PX, SQUARE_PX, seen_size

THUMBNAIL_PX = 320
# The model names places in thousandths of a side: a stretch below that is none.
STRETCH = 0.001
# A size that the model need not resample is worth that part of the area.
WORTH = 0.88


def check(width: int, height: int) -> None:
    """Raises TooManyPixels, TooThin or TooSmall."""
    short, long = sorted((width, height))
    if long > LONGEST_SIDE_PX or width * height > MOST_PIXELS:
        raise TooManyPixels(width=width, height=height)
    if long > MOST_RATIO * short > 0:
        raise TooThin(width=width, height=height)
    if short <= LEAST_SIDE_PX:
        raise TooSmall(width=width, height=height)


def for_model(width: int, height: int) -> tuple[int, int]:
    """The size of the model's copy: as it is where the model uses every pixel of it, else smaller, never stretched.

    The model's side rounds both sides to whole squares, which blurs. So a smaller copy gets whole squares on both sides
    where its proportions have them close to the largest area, else on the long side.
    """
    if width * height <= MOST_PX:
        return width, height
    short, long = sorted((width, height))
    new_long, new_short = _both_whole(long, short) or _long_whole(long, short)
    return (new_long, new_short) if width >= height else (new_short, new_long)


def for_thumbnail(width: int, height: int) -> tuple[int, int]:
    """The size of the thumbnail: 320 px on the long side, or as it is when that is less."""
    scale = min(1.0, THUMBNAIL_PX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _both_whole(long: int, short: int) -> tuple[int, int] | None:
    for new_long in _whole_longs(long, short):
        exact = new_long * short / long
        new_short = max(1, round(exact / SQUARE_PX)) * SQUARE_PX
        if new_long * exact < WORTH * MOST_PX:
            return None
        if abs(new_short - exact) <= STRETCH * exact and new_long * new_short <= MOST_PX:
            return new_long, new_short
    return None


def _long_whole(long: int, short: int) -> tuple[int, int]:
    sizes = ((new_long, round(new_long * short / long)) for new_long in _whole_longs(long, short))
    # Rounding, to pixels or to squares, can push the area over the limit, and the copy would be shrunk once more.
    return next(size for size in sizes if math.prod(size) <= MOST_PX and _as_squares(*size) == seen_size(*size))


def _whole_longs(long: int, short: int) -> Iterator[int]:
    """Multiples of the square, from the longest that keeps the area within the limit downwards."""
    longest = math.floor(math.sqrt(MOST_PX * long / short) / SQUARE_PX)
    return (squares * SQUARE_PX for squares in range(longest, 0, -1))


def _as_squares(width: int, height: int) -> tuple[int, int]:
    return round(width / SQUARE_PX) * SQUARE_PX, round(height / SQUARE_PX) * SQUARE_PX
