"""Block rules, made fit for a text that still grows.

A rule whose answer depends on more than the complete lines of the source (`env["complete"]` of them) says so: what it
found may change with the next piece.  `env["undecided"]` is the first line of the block where that was so.
"""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, fence, reference, table
from mdit_py_plugins.footnote.index import footnote_def

from chatapp.rendering.formulas import LONGEST_FORMULA

Rule = Callable[[StateBlock, int, int, bool], bool]

# Lists count twice.  Deeper text is shown as it was written.
_DEEPEST = 30
_CLOSERS = {"$$": "$$", "\\[": "\\]"}
# What the rules may interrupt.  Formulas end a list without being asked; asked, they would look ahead for nothing.
_TEXT: RuleOptionsType = {"alt": ["paragraph", "reference"]}
_QUOTES: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
_LISTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def install(md: MarkdownIt) -> None:
    """Put the rules in their places."""
    ruler = md.block.ruler
    ruler.at("table", table_rule, _TEXT)
    ruler.at("fence", fence_rule, _LISTS)
    ruler.at("reference", definition_rule)
    ruler.before("table", "too_deep", too_deep_rule)
    ruler.after("fence", "formula", formula_rule, _QUOTES)


def install_notes(md: MarkdownIt) -> None:
    """Read definitions of footnotes."""
    md.block.ruler.before("reference", "footnote", footnote_def, _TEXT)


def line_text(state: StateBlock, line: int) -> str:
    """The line without its indent and without the marks of the blocks around it."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def table_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table is known by its second line, so without one nothing is known about a line with a pipe."""
    if start + 1 >= state.env["complete"] and "|" in line_text(state, start):
        _leave_undecided(state, start)
    return table(state, start, end, silent)


def fence_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A fence also tells whether it was closed, in `meta["closed"]`."""
    if not fence(state, start, end, silent):
        return False
    if not silent:
        token = state.tokens[-1]
        last = state.line - 1
        marks = line_text(state, last).rstrip(" \t")
        token.meta["closed"] = (
            last > start
            and not state.is_code_block(last)
            and marks.startswith(token.markup)
            and not marks.strip(token.markup[0])
        )
    return True


def definition_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A definition of a link is one line; else no later line could ever be sure what it belongs to."""
    last, state.lineMax = state.lineMax, start + 1
    try:
        return reference(state, start, end, silent)
    finally:
        state.lineMax = last


def too_deep_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """What is nested too deeply becomes one block of code, so that no word is lost."""
    if silent or state.level < _DEEPEST:
        return False
    line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        line += 1
    token = state.push("code_block", "code", 0)
    token.content = state.getLines(start, line, state.blkIndent, True)
    state.line = line
    return True


def formula_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""A formula on lines of its own: from `$$` or `\[` at the start of a line to its partner at the end of one.

    The last words of a text, when they are an unfinished formula, count as one (`meta["closed"]` is False).
    """
    if state.is_code_block(start):
        return False
    first = line_text(state, start)
    closer = _CLOSERS.get(first[:2])
    if closer is None or first.startswith("$$$"):
        return False
    closed, line, tex = _find_closer(state, start, end, closer)
    if closed is None or (closed and not tex.strip()):
        return False
    if not silent:
        token = state.push("formula_block", "math", 0)
        token.content = tex if closed else first[:2] + tex
        token.meta["closed"] = closed
        state.line = line
    return True


def _find_closer(state: StateBlock, start: int, end: int, closer: str) -> tuple[bool | None, int, str]:
    """Whether the formula is closed (None: it is no formula), the line after it, and its source."""
    text = line_text(state, start)[2:]
    read: list[str] = []
    size, line, blank, gap = 0, start, False, False
    while (at := text.find(closer)) < 0:
        read.append(text)
        size += len(text) + 1
        line += 1
        if size > LONGEST_FORMULA:
            return None, line, ""
        if line >= end:
            if line >= state.env["complete"]:
                _leave_undecided(state, start)
            return None if gap or end < state.lineMax else False, line, "\n".join(read)
        if state.isEmpty(line):
            blank = True
        elif state.sCount[line] < state.blkIndent:
            return None, line, ""
        else:
            gap = blank
        text = state.getLines(line, line + 1, state.blkIndent, False)
    if line >= state.env["complete"]:
        _leave_undecided(state, start)
    if text[at + len(closer) :].strip():
        return None, line, ""  # words follow: part of a paragraph
    return True, line + 1, "\n".join([*read, text[:at]])


def _leave_undecided(state: StateBlock, line: int) -> None:
    state.env["undecided"] = min(line, state.env["undecided"])
