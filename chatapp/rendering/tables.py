"""Tables, each as one token: a token for every cell would cost more than all the rest of it."""

import re

from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock, table

from chatapp.rendering.lines import leave_undecided, line_text

# Short rows are filled up, so a few long lines and many short ones could make a page of a line.
_MOST_FILLED = 10_000  # cells
# With one of these begins whatever may end a table.
_STARTERS = frozenset("`~>*+-_#$\\0123456789")
_PIPE = re.compile(r"(?<!\\)\|")


def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table; the token has `meta["alignment"]` (a word or "" for each column) and `meta["rows"]`, the head first."""
    if start + 1 >= state.env["complete"] and "|" in line_text(state, start):
        leave_undecided(state, start)  # a table is known by its second line
    if not table(state, start, end, True):
        return False
    if not silent:
        alignment = [_alignment(mark) for mark in _cells(line_text(state, start + 1))]
        rows = [_cells(line_text(state, start)), *_rows(state, start + 2, end, len(alignment))]
        token = state.push("table", "table", 0)
        token.meta = {"alignment": alignment, "rows": rows}
        state.line = start + 1 + len(rows)
    return True


def _rows(state: StateBlock, line: int, end: int, width: int) -> list[list[str]]:
    terminators = state.md.block.ruler.getRules("blockquote")
    rows: list[list[str]] = []
    filled = 0
    parent, state.parentType = state.parentType, "table"
    while line < end and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        state.env["budget"].check()
        text = line_text(state, line)
        if state.is_code_block(line) or (
            text[0] in _STARTERS and any(ends(state, line, end, True) for ends in terminators)
        ):
            break
        cells = _cells(text)
        filled += max(0, width - len(cells))
        if filled > _MOST_FILLED:
            break
        rows.append((cells + [""] * (width - len(cells)))[:width])
        line += 1
    state.parentType = parent
    return rows


def _cells(line: str) -> list[str]:
    cells = _PIPE.split(mdTrim(line))
    if cells[0] == "":
        del cells[0]
    if cells and cells[-1] == "":
        cells.pop()
    return [mdTrim(cell.replace("\\|", "|")) for cell in cells]


def _alignment(mark: str) -> str:
    if mark.endswith(":"):
        return "center" if mark.startswith(":") else "right"
    return ""
