"""Block rules, made fit for a text that still grows.

A rule whose answer depends on more than the complete lines of the source says so (`leave_undecided`): what it found may
change with the next piece.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, fence, reference
from mdit_py_plugins.footnote.index import footnote_def

from chatapp.rendering import tables
from chatapp.rendering.formulas import LONGEST_FORMULA
from chatapp.rendering.lines import leave_undecided, line_text

Rule = Callable[[StateBlock, int, int, bool], bool]

# Lists count twice.  Deeper text is shown as it was written.
_DEEPEST = 18
_CLOSERS = {"$$": "$$", "\\[": "\\]"}
_OPENER = re.compile(r"(?<!\\)\\\[")  # not the "\\[2pt]" between rows
# What the rules may interrupt.  Formulas end a list without being asked; asked, they would look ahead for nothing.
_TEXT: RuleOptionsType = {"alt": ["paragraph", "reference"]}
_QUOTES: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
_LISTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def install(md: MarkdownIt) -> None:
    """Put the rules in their places."""
    ruler = md.block.ruler
    ruler.at("table", tables.rule, _TEXT)
    ruler.at("fence", fence_rule, _LISTS)
    ruler.at("reference", definition_rule)
    ruler.before("table", "too_deep", too_deep_rule)
    ruler.after("fence", "formula", formula_rule, _QUOTES)


def install_notes(md: MarkdownIt) -> None:
    """Read definitions of footnotes."""
    md.block.ruler.before("reference", "footnote", footnote_def, _TEXT)


def fence_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A fence also tells whether it was closed, in `meta["closed"]`."""
    state.env["budget"].check()  # here, because this rule is asked at every line
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
    closer = _CLOSERS.get(line_text(state, start)[:2])
    if closer is None or state.is_code_block(start):
        return False
    last = _last_line(state, start, end, closer)
    if last is None:
        return False
    tex = state.getLines(start, last + 1, state.blkIndent, False).strip()
    closed = tex.endswith(closer) and len(tex) > len("$$")
    if closed and not tex[2:-2].strip():
        return False
    if not silent:
        token = state.push("formula_block", "math", 0)
        token.content = tex[2:-2] if closed else tex
        token.meta["closed"] = closed
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, closer: str) -> int | None:
    """The line that closes the formula, or the last line of all when it is open; None when it is no formula."""
    src, body = state.src, state.bMarks[start] + state.tShift[start] + 2
    limit = body + LONGEST_FORMULA
    at = src.find(closer, body, limit)
    if (at < 0 and limit <= len(src)) or src.startswith("$", body):
        return None
    stop = len(src) if at < 0 else at
    if closer == "\\]" and _OPENER.search(src, body, stop):
        return None  # so that a run of openers is not searched to its end from each of them
    line, blank, gap = start, False, False
    while state.eMarks[line] < stop and line < end:
        line += 1
        if state.isEmpty(line):
            blank = True
        elif line < end and state.sCount[line] < state.blkIndent:
            return None
        else:
            gap = blank
    if line >= state.env["complete"]:
        leave_undecided(state, start)
    if at >= 0 and line < end:
        words_follow = src[at + 2 : state.eMarks[line]].strip()
        return None if words_follow else line
    return None if gap or end < state.lineMax else min(line, end - 1)
