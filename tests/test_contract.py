"""Each line of the README's contract names tests that are there."""

import re
from pathlib import Path

LAB = Path(__file__).parent / "lab"
LINES = (LAB.parents[1] / "README.md").read_text().partition("## The contract")[2].partition("\n## ")[0]


def test_each_line_of_the_contract_names_its_tests() -> None:
    lines = re.split(r"^\d\. ", LINES, flags=re.M)[1:]
    assert len(lines) == 6
    for line in lines:
        named = re.findall(r"`([\w./]+\.py)(?:::(\w+))?`", line)
        assert named, line
        for file, test in named:
            assert f"def {test}" in (LAB / file).read_text(), f"{file}::{test}"
