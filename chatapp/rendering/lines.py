"""What rules for blocks ask about the lines they read."""

from markdown_it.rules_block import StateBlock


def line_text(state: StateBlock, line: int) -> str:
    """The line without its indent and without the marks of the blocks around it."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def leave_undecided(state: StateBlock, line: int) -> None:
    """Say that what a rule found at `line` depends on lines that are not complete (`env["complete"]` lines are).

    `env["undecided"]` is the first such line of the block that is being read.
    """
    state.env["undecided"] = min(line, state.env["undecided"])
