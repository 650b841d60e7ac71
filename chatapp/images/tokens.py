"""What a picture counts for. The model sees squares of 32 px, one token each, and two tokens around them.

Both sides are rounded to whole squares; an area outside of the allowed one is scaled into it.
"""

import math

SQUARE_PX = 32
LEAST_PX = 65_536
MOST_PX = 2_621_440
FRAME_TOKENS = 2


def image_tokens(width: int, height: int) -> int:
    """The tokens that a picture of this size (px) counts for, in each turn that carries it."""
    across, down = seen_size(width, height)
    return (across // SQUARE_PX) * (down // SQUARE_PX) + FRAME_TOKENS


def seen_size(width: int, height: int) -> tuple[int, int]:
    """The size (px) at which the model sees a picture of this size: whole squares, in the allowed area."""
    across, down = _nearest(width), _nearest(height)
    if across * down > MOST_PX:
        scale = math.sqrt(width * height / MOST_PX)
        return _below(width / scale), _below(height / scale)
    if across * down < LEAST_PX:
        scale = math.sqrt(LEAST_PX / (width * height))
        return _above(width * scale), _above(height * scale)
    return across, down


def _nearest(side: float) -> int:
    return max(SQUARE_PX, round(side / SQUARE_PX) * SQUARE_PX)


def _below(side: float) -> int:
    return max(SQUARE_PX, math.floor(side / SQUARE_PX) * SQUARE_PX)


def _above(side: float) -> int:
    return math.ceil(side / SQUARE_PX) * SQUARE_PX
