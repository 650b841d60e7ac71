"""The table of rounds: each fault, how often it was played, how often a promise broke, how long the worst harm took."""

from collections.abc import Iterable
from pathlib import Path

from tests.lab.processes import ROOT
from tests.lab.rounds.play import Outcome

PAGE = ROOT / "docs" / "faults.md"
BEGIN = "<!-- made by `make lab-table` -->"


def table(outcomes: Iterable[Outcome]) -> str:
    """A Markdown table, sorted by name."""
    rows: dict[str, tuple[int, int, float]] = {}
    for outcome in outcomes:
        for fault in outcome.faults:
            rounds, violations, worst = rows.get(fault, (0, 0, 0.0))
            took = max(worst, outcome.recovery.get(fault, 0.0))
            rows[fault] = (rounds + 1, violations + bool(outcome.violations), took)
    lines = [f"| {name} | {n} | {broken} | {worst:.1f} s |" for name, (n, broken, worst) in sorted(rows.items())]
    return "\n".join(["| fault | rounds | violations | worst recovery |", "|---|---|---|---|", *lines])


def write(outcomes: list[Outcome], *, page: Path = PAGE) -> None:
    """Put the table into the page, below the mark."""
    seed, count = outcomes[0].plan.seed, len(outcomes)
    broken = sum(bool(outcome.violations) for outcome in outcomes)
    above = page.read_text().partition(BEGIN)[0]
    told = f"{count} rounds of seed {seed}, {broken} of them with a violation."
    page.write_text(f"{above}{BEGIN}\n\n{told}\n\n{table(outcomes)}\n")
