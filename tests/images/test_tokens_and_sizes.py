"""What a picture counts for, which sizes are taken, and how large its copies are."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatapp.images import sizes
from chatapp.images.refusals import Refused, TooManyPixels, TooSmall, TooThin
from chatapp.images.tokens import MOST_PX, SQUARE_PX, image_tokens, seen_size

SIDES = st.integers(11, 20_000)


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((1024, 768), 32 * 24 + 2),
        ((1920, 1080), 60 * 34 + 2),
        ((1600, 1600), 2_500 + 2),
        ((2048, 1280), 2_560 + 2),
        ((256, 256), 64 + 2),
        ((11, 11), 64 + 2),
        # Rounds to 52 × 50 squares, which are too many, and is scaled down.
        ((1648, 1590), 51 * 49 + 2),
        ((11, 2200), 69 + 2),
    ],
)
def test_a_picture_counts_its_squares_and_two(size: tuple[int, int], tokens: int) -> None:
    assert image_tokens(*size) == tokens


@given(SIDES, SIDES)
def test_the_model_sees_whole_squares_within_its_bounds(width: int, height: int) -> None:
    assume(max(width, height) <= 200 * min(width, height))
    across, down = seen_size(width, height)
    assert across % SQUARE_PX == 0
    assert down % SQUARE_PX == 0
    assert image_tokens(width, height) <= 2_562
    assert across * down <= MOST_PX


@pytest.mark.parametrize(
    ("size", "refusal"),
    [
        ((10, 100), TooSmall),
        ((100, 10), TooSmall),
        ((0, 0), TooSmall),
        ((11, 2_201), TooThin),
        ((2_201, 11), TooThin),
        ((20_001, 200), TooManyPixels),
        ((6_325, 6_325), TooManyPixels),
        ((65_000, 65_000), TooManyPixels),
    ],
)
def test_sizes_the_model_or_the_machine_cannot_bear_are_refused(size: tuple[int, int], refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as caught:
        sizes.check(*size)
    assert f"{size[0]:,} × {size[1]:,}" in str(caught.value)


@pytest.mark.parametrize("size", [(11, 11), (11, 2_200), (20_000, 2_000), (6_324, 6_324)])
def test_sizes_at_the_limits_are_taken(size: tuple[int, int]) -> None:
    sizes.check(*size)


@pytest.mark.parametrize("size", [(11, 11), (1920, 1080), (2048, 1280), (1619, 1619)])
def test_what_the_model_uses_whole_is_not_touched(size: tuple[int, int]) -> None:
    assert sizes.for_model(*size) == size


@pytest.mark.parametrize(
    ("size", "copy"),
    [
        ((4032, 3024), (1792, 1344)),
        ((3024, 4032), (1344, 1792)),
        ((6000, 4000), (1920, 1280)),
        ((3840, 2160), (2048, 1152)),
        ((5000, 5000), (1600, 1600)),
    ],
)
def test_usual_proportions_become_whole_squares(size: tuple[int, int], copy: tuple[int, int]) -> None:
    assert sizes.for_model(*size) == copy
    assert seen_size(*copy) == copy


@given(SIDES, SIDES)
@example(15_980, 687)
@example(20_000, 132)
def test_a_smaller_copy_is_nearly_as_large_as_the_model_takes_and_not_stretched(width: int, height: int) -> None:
    assume(MOST_PX < width * height <= 40_000_000 and max(width, height) <= 200 * min(width, height))
    across, down = sizes.for_model(width, height)
    assert across <= width
    assert down <= height
    assert 0.87 * MOST_PX <= across * down <= MOST_PX
    # A thousandth, or the half pixel that rounding takes.
    assert math.isclose(across / width, down / height, rel_tol=max(0.001, 0.5 / min(across, down)) * 1.01)
    # The longer side is whole squares, and nothing makes the model's side shrink it again.
    assert max(across, down) % SQUARE_PX == 0
    seen = seen_size(across, down)
    assert max(abs(seen[0] - across), abs(seen[1] - down)) <= SQUARE_PX // 2


@given(SIDES, SIDES)
def test_the_copy_of_a_turned_picture_is_the_turned_copy(width: int, height: int) -> None:
    assume(max(width, height) <= 200 * min(width, height))
    assert sizes.for_model(height, width) == sizes.for_model(width, height)[::-1]


@pytest.mark.parametrize(
    ("size", "thumbnail"),
    [((4000, 3000), (320, 240)), ((3000, 4000), (240, 320)), ((200, 100), (200, 100)), ((20_000, 100), (320, 2))],
)
def test_a_thumbnail_has_320_px_on_its_long_side_or_less(size: tuple[int, int], thumbnail: tuple[int, int]) -> None:
    assert sizes.for_thumbnail(*size) == thumbnail
