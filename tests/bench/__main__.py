"""The program: measures the site on a fresh and on a filled database, and a bare relay, and prints a table."""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import figures, machine
from tests.bench.stage import Server, Stage

COLUMNS = ("fresh", "seeded", "relay")
FULL_ARCHIVE = {"conversations": 10_000, "messages": 100_000}
QUICK_ARCHIVE = {"conversations": 200, "messages": 2_000}

Table = dict[str, dict[str, float | None]]


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=figures.GROUPS, help="these figures only")
    parser.add_argument("--columns", nargs="+", choices=COLUMNS, default=COLUMNS, help="these columns only")
    parser.add_argument("--quick", action="store_true", help="small numbers: whether it works, not how fast")
    parser.add_argument("--archive", type=Path, help="keep the filled data folder here for the next time")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    chosen = options(arguments)
    size = figures.QUICK if chosen.quick else figures.FULL
    print(machine.described(), flush=True)
    table: Table = {}
    notes: list[str] = []
    loop_ms = machine.busy_loop_ms()
    with tempfile.TemporaryDirectory(prefix="ponder-bench-") as folder, Stage(Path(folder)) as stage:
        for column in COLUMNS:
            if column in chosen.columns:
                server = _server(stage, column, chosen)
                table[column] = dict(_measured(server, size, chosen.only))
                notes += server.notes
                server.end()
    print("\n".join(_lines(table)))
    print("\n".join([*notes, _noise(loop_ms)]), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=1))
    return 0


def _server(stage: Stage, column: str, chosen: argparse.Namespace) -> Server:
    if column == "relay":
        return Server(stage, column)
    if column == "fresh":
        return Server(stage, column, stage.folder / column)
    archive = QUICK_ARCHIVE if chosen.quick else FULL_ARCHIVE
    return Server(stage, column, chosen.archive or stage.folder / column, **archive)


def _measured(server: Server, size: figures.Size, only: list[str] | None) -> Iterator[tuple[str, float | None]]:
    for name, group in figures.GROUPS.items():
        if (only and name not in only) or (server.name == "relay" and name in figures.SITE_ONLY):
            continue
        _progress(f"{server.name}: {name} …")
        before = server.stage.noise()
        yield from group(server, size)
        share = server.stage.noise().since(before)
        if share > machine.NOISE:
            server.notes.append(f"{server.name}, {name}: others used {share:.0%} of a core: not to be trusted")
    _progress("")


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)


def _lines(table: Table) -> Iterator[str]:
    width = max(len(figure.name) for figure in figures.FIGURES)
    yield f"{'':{width}}  {'must':>9} {'aim':>9} " + "".join(f"{column:>12}" for column in table)
    for figure in figures.FIGURES:
        values = [table[column].get(figure.key) for column in table]
        if any(value is not None for value in values):
            bounds = " ".join(f"{_number(figure, bound):>9}" for bound in (figure.must, figure.aim))
            cells = "".join(f"{_cell(figure, value):>12}" for value in values)
            yield f"{figure.name:{width}}  {bounds} {cells}  {figure.unit}"
    yield "· what must be is reached, the aim is not   ✗ what must be is not reached"


def _cell(figure: figures.Figure, value: float | None) -> str:
    return "" if value is None else f"{_number(figure, value)}{figure.verdict(value) or ' '}"


def _number(figure: figures.Figure, value: float | None) -> str:
    return "" if value is None or value == float("inf") else f"{value:,.{figure.digits}f}"


def _noise(before_ms: float) -> str:
    after_ms = machine.busy_loop_ms()
    return f"the same loop took {before_ms:.0f} ms before and {after_ms:.0f} ms after"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
