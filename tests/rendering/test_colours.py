"""The style sheet knows every class that code and formulas use, and its colours can be read."""

import re
from math import cos, radians, sin
from pathlib import Path

import pytest

from chatapp.rendering.code import CLASSES
from chatapp.rendering.formulas import CLASSES as FORMULA_CLASSES

CSS = Path(__file__).parents[2] / "static" / "css"
OKLCH = re.compile(r"--([\w-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)")
ALIAS = re.compile(r"--([\w-]+): var\(--([\w-]+)\)")
MEDIA = re.compile(r"@media ([^{]+) \{\n  :root \{(.*?)\n  \}", re.DOTALL)
CONTRAST = 4.5  # to 1, for text


def tokens(*media: str) -> dict[str, tuple[float, float, float]]:
    """The colours by name as linear RGB, under those conditions."""
    css = (CSS / "tokens.css").read_text()
    blocks = [
        css[: css.index("@media")],
        *(body for condition, body in MEDIA.findall(css) if applies(condition, media)),
    ]
    colours = {name: (float(a), float(b), float(c)) for block in blocks for name, a, b, c in OKLCH.findall(block)}
    aliases = dict(ALIAS.findall(css))
    return {name: linear(*colours[source]) for name, source in aliases.items() if source in colours}


def applies(condition: str, media: tuple[str, ...]) -> bool:
    return set(re.findall(r"\(([^)]+)\)", condition)) <= set(media)


def linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """OKLCH to linear sRGB, clipped as screens do."""
    lightness /= 100
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return (min(max(red, 0), 1), min(max(green, 0), 1), min(max(blue, 0), 1))


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_rightly() -> None:
    assert contrast(linear(100, 0, 0), linear(0, 0, 0)) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize(
    "media",
    [(), ("prefers-color-scheme: dark",), ("prefers-contrast: more",), ("prefers-contrast: more", "prefers-color-scheme: dark")],
)  # fmt: skip
def test_every_colour_of_code_can_be_read_on_its_ground(media: tuple[str, ...]) -> None:
    css = (CSS / "components" / "code.css").read_text()
    used = set(re.findall(r"[^-]color: var\(--([\w-]+)\)", css))
    assert len(used) >= 6
    colours = tokens(*media)
    low = {name: contrast(colours[name], colours["color-paper-low"]) for name in used}
    assert {name: round(value, 2) for name, value in low.items() if value < CONTRAST} == {}


def test_every_class_has_its_rule() -> None:
    code = (CSS / "components" / "code.css").read_text()
    formula = (CSS / "components" / "formula.css").read_text()
    assert {name for name in CLASSES if not re.search(rf"\.{name}\b", code)} == set()
    assert {name for name in FORMULA_CLASSES if not re.search(rf"\.{name}\b", formula)} == set()
