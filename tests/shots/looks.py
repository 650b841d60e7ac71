"""The ways in which a screen is looked at: theme, width, size of the text, contrast, paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HEIGHTS = {360: 740, 660: 900, 900: 900, 1440: 900}
MOST_HIGH = 15_000
# What a page is in when nothing is said about it.
USUAL: dict[str, Any] = {
    "media": "screen",
    "color_scheme": "light",
    "contrast": "no-preference",
    "forced_colors": "none",
    "reduced_motion": "no-preference",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One way to look; `media` is what is different from USUAL."""

    name: str
    width: int
    media: dict[str, Any]
    text: str = ""

    def shoot(self, page: Page, file: Path, *, whole: bool) -> None:
        page.emulate_media(**USUAL | self.media)
        page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        page.evaluate("(size) => void (document.documentElement.style.fontSize = size)", self.text)
        if whole:
            # Not "full page": what sticks to an edge of the window would lie in the middle of the picture.
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": self.width, "height": min(height, MOST_HIGH)})
        page.screenshot(path=file, animations="disabled")


def _themed(theme: str, width: int, text: str = "") -> Look:
    name = f"{theme}-{width}{'-large' if text else ''}"
    return Look(name=name, width=width, media={"color_scheme": theme}, text=text)


QUICK = [_themed("light", 1440), _themed("dark", 360)]
THEMED = [_themed(theme, width) for theme in ("light", "dark") for width in (360, 900, 1440)]
LARGE = [_themed("light", width, "200%") for width in (360, 1440)]
NEEDS = [
    Look(name="contrast-1440", width=1440, media={"contrast": "more"}),
    Look(name="contrast-dark-360", width=360, media={"contrast": "more", "color_scheme": "dark"}),
    Look(name="forced-1440", width=1440, media={"forced_colors": "active"}),
    Look(name="forced-dark-360", width=360, media={"forced_colors": "active", "color_scheme": "dark"}),
    Look(name="still-1440", width=1440, media={"reduced_motion": "reduce"}),
]


PAPER = Look(name="paper", width=660, media={"media": "print"})


def looks(*, is_main: bool, is_quick: bool, widths: Sequence[int]) -> Iterator[Look]:
    """The looks at one screen, at these widths only."""
    chosen = QUICK if is_quick else THEMED + LARGE + (NEEDS if is_main else [])
    return (look for look in chosen if look.width in widths)


def print_out(page: Page, file: Path) -> None:
    """The page on paper: as a PDF, and as a picture that is as wide as what is printed on A4."""
    PAPER.shoot(page, file.with_suffix(".png"), whole=True)
    page.pdf(path=file, format="A4", prefer_css_page_size=True)
