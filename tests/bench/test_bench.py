"""The benchmark works: with tiny numbers, every process of it runs, and the table comes out."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench import text
from tests.bench.figures import FIGURES
from tests.bench.people import Seen
from tests.bench.stage import ROOT


def test_it_prints_a_table_of_us_and_of_a_bare_relay(tmp_path: Path) -> None:
    words = ["--quick", "--columns", "fresh", "relay", "--only", "fast", "--json", str(tmp_path / "table.json")]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", *words], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "one unthrottled stream" in ran.stdout
    assert " failed: " not in ran.stdout
    table = json.loads((tmp_path / "table.json").read_text())
    assert table["fresh"]["fast"] > 0
    assert table["relay"]["fast"] > 0


def test_each_mark_is_seen_once_however_the_text_is_cut() -> None:
    stamps = [text.stamp(place, 1234 + place) for place in range(len(text.marks(300)))]
    said = "".join(text.texts(300, stamps))
    for step in (1, 2, 7, 1000):
        seen = Seen(300)
        for end in range(step, len(said) + step, step):
            seen.note(said[max(0, end - step - text.MARK_LENGTH + 1) : end])
        assert seen.stamps == stamps
        seen.check("")


def test_every_figure_has_a_key_of_its_own_and_bounds_in_order() -> None:
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        if figure.must is not None and figure.aim is not None:
            assert figure.aim >= figure.must if figure.more else figure.aim <= figure.must
