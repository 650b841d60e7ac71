"""Takes the pictures: `python -m tests.shots --help`."""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Error, expect

from tests.lab.processes import ROOT
from tests.shots.looks import looks, print_out
from tests.shots.screens import SCREENS, Screen
from tests.shots.stand import PATIENCE_MS, Stand


def main() -> int:
    expect.set_options(timeout=PATIENCE_MS)
    parser = argparse.ArgumentParser(prog="python -m tests.shots", description="Takes pictures of every screen.")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only screens whose name begins so")
    parser.add_argument("--quick", action="store_true", help="only light at 1440 px and dark at 360 px")
    parser.add_argument("--to", type=Path, default=ROOT / "shots", metavar="FOLDER", help="where they go (shots/)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep the examples there for the next time")
    asked = parser.parse_args()
    chosen = [screen for screen in SCREENS if not asked.only or screen.name.startswith(tuple(asked.only))]
    if not chosen:
        parser.error("no such screen; there are " + ", ".join(screen.name for screen in SCREENS))
    asked.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ponder-shots-") as name:
        missed = _shoot_all(chosen, asked, Path(name))
    print(f"{len(chosen) - len(missed)} screens in {asked.to}" + (f", missed: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


def _shoot_all(chosen: list[Screen], asked: argparse.Namespace, temporary: Path) -> list[str]:
    """The names of those that could not be shown."""
    with Stand(full=asked.data or temporary / "full", fresh=temporary / "fresh") as stand:
        return [screen.name for screen in chosen if not _shoot(stand, screen, asked.to, is_quick=asked.quick)]


def _shoot(stand: Stand, screen: Screen, folder: Path, *, is_quick: bool) -> bool:
    """All pictures of one screen. False, with a word on stderr, when the page does not come to show it."""
    try:
        page = screen.show(stand)
        for look in looks(is_main=screen.main, is_quick=is_quick, widths=screen.widths):
            look.shoot(page, folder / f"{screen.name}-{look.name}.png", whole=screen.whole)
        if screen.paper:
            print_out(page, folder / f"{screen.name}-paper.pdf")
        page.context.close()
    except (AssertionError, Error) as wrong:
        print(f"{screen.name}: {wrong}", file=sys.stderr)
        return False
    print(screen.name, flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
