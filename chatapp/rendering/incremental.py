"""The render of a text that still grows: closed blocks, each rendered once, and the open rest.

What is closed, and how, depends on the text alone and not on the pieces it came in.  A block is closed when nothing
that may follow could change it, and it knows the definitions of links before its end only; footnotes and later
definitions are left to the settled render.
"""

import logging
import re
import sys
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from chatapp.rendering.budget import ExhaustedError
from chatapp.rendering.clean import clean
from chatapp.rendering.code import Ink, code_block
from chatapp.rendering.html import LONGEST_TEXT
from chatapp.rendering.lines import line_text
from chatapp.rendering.markup import plain
from chatapp.rendering.parser import Env, Markdown, environment, top_level
from chatapp.rendering.settled import LARGEST_TEXT
from chatapp.rendering.source import Lines

_MARKDOWN = Markdown(notes=False)
_LOG = logging.getLogger(__name__)

_ENDED_BY_BLANK_LINE = frozenset({"paragraph_open", "table", "blockquote_open"})
# What could still be the marker of one more item.
_MARKERS = frozenset("-+*0123456789")
# What may mean something to Markdown inside of a line, or is not shown as it is; all else are words.
_MARK = re.compile(r"[\x00-\x1f\x7f-\x9f!#$%&*+\-:<=>@\[\\\]^_`{|}~]")
# What ends a line or is not shown as it is: in one that is too long to look into, all else is words.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A line that may become an item; others are what they begin as.
_NUMBER = re.compile(r"\d*[.)]?\s*")
_PARAGRAPH, _ITS_END = '<p dir="auto">', "</p>"


class Incremental:
    """Markdown to HTML, piece by piece.

    `feed` only collects.  Reading `blocks` or `tail` does the work, so a reader sets the pace.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._beyond: list[str] = []  # what is too much to be read as Markdown
        self._lines = Lines()
        self._fresh: list[str] = []
        self._rest = ""  # from the first line of the first open block on
        self._blocks: list[str] = []
        self._tail = ""
        self._references: dict[str, Any] = {}
        self._memory = _Memory()
        self._ink = Ink()
        self._fence: _OpenFence | None = None
        self._prose: _OpenProse | None = None
        self._failed = False

    def feed(self, text: str) -> None:
        """Append a piece, cut anywhere."""
        room = max(0, LARGEST_TEXT - self._length)
        self._pieces.append(text)
        self._length += len(text)
        if len(text) > room:
            self._beyond.append(text[room:])
        self._fresh.append(self._lines.read(text[:room]))

    @property
    def text(self) -> str:
        """All that was fed."""
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def length(self) -> int:
        """Characters fed."""
        return self._length

    @property
    def blocks(self) -> list[str]:
        """HTML of the closed blocks; it only grows."""
        self._catch_up()
        return self._blocks

    @property
    def tail(self) -> str:
        """HTML of the open rest; "" when there is none."""
        self._catch_up()
        return self._tail + (plain("".join(self._beyond)) if self._beyond else "")

    def _catch_up(self) -> None:
        fresh = "".join(self._fresh)
        self._fresh.clear()
        if not fresh:
            return
        self._rest += fresh
        try:
            if not self._failed and not self._grow_prose(fresh) and not self._grow_fence():
                self._read()
        except ExhaustedError:
            self._failed = True
        except Exception:
            _LOG.exception("A growing text could not be rendered")
            self._failed = True
        if self._failed:
            self._tail = plain(self._rest)

    def _grow_fence(self) -> bool:
        """Whether all that came is more of the code that was open, which then needs no parser."""
        if self._fence is None or self._fence.may_end(self._rest):
            return False
        self._tail = self._fence.html(self._rest)
        return True

    def _grow_prose(self, fresh: str) -> bool:
        """Whether all that came is more words of the line that was open: the same."""
        if self._prose is None or not self._prose.goes_on(self._rest, fresh):
            return False
        self._tail = self._prose.html(self._rest)
        return True

    def _read(self) -> None:
        src, start = self._rest, 0
        env = environment(src)
        env["references"], env["inlines"] = self._references, self._memory
        state = StateBlock(src, _MARKDOWN, env, [])
        self._fence = self._prose = None
        tail: list[str] = []
        known = len(self._references)
        try:
            for first, end, tokens in top_level(_MARKDOWN, state):
                self._memory.depend_on(len(self._references))
                if not env["open"] and _is_closed(state, end, tokens):
                    self._blocks += self._html(tokens, env | {"ink": self._ink})
                    known, start = len(self._references), state.eMarks[end - 1] + 1
                    continue
                if not env["open"]:
                    env["open"] = True
                    start = state.bMarks[first]
                    if env["undecided"] >= end:
                        self._fence = _OpenFence.of(tokens, src[start:])
                tail += self._html(tokens, env)
        finally:
            self._rest = src[start:]
        while len(self._references) > known:  # what the open rest defines may still change
            self._references.popitem()
        self._memory.depend_on(known)
        self._memory.forget_unused()
        self._tail = "".join(tail)
        self._prose = _OpenProse.of(self._rest, self._tail)

    def _html(self, tokens: list[Token], env: Env) -> list[str]:
        return [_MARKDOWN.html(tokens, env)] if tokens else []


def _is_closed(state: StateBlock, end: int, tokens: list[Token]) -> bool:
    """Whether nothing that may follow could change the block whose tokens these are and that ends before `end`."""
    while state.isEmpty(end - 1):  # lists take blank lines along
        end -= 1
    complete: int = state.env["complete"]
    if state.env["undecided"] <= end or end > complete:
        return False
    if _ends_by_itself(tokens):
        return True
    after = state.skipEmptyLines(end)
    blank = after > end
    if blank and tokens[0].type in _ENDED_BY_BLANK_LINE:
        return True
    if after < complete:
        return True
    # An unfinished line: after a blank one it can at most become one more item.
    return blank and after < state.lineMax and line_text(state, after)[0] not in _MARKERS


def _ends_by_itself(tokens: list[Token]) -> bool:
    if not tokens or tokens[0].type in ("heading_open", "hr"):  # no tokens: the definition of a link
        return True
    return bool(tokens[0].meta.get("closed"))


class _Memory(dict[str, str]):
    """HTML of the texts of the open rest, so that a long table or list is not rendered anew with every piece."""

    def __init__(self) -> None:
        super().__init__()
        self._used: dict[str, str] = {}
        self._references = 0

    def depend_on(self, references: int) -> None:
        """What was rendered with other definitions is forgotten.  They are told apart by their number."""
        if references != self._references:
            self._references = references
            self.clear()
            self._used.clear()

    def forget_unused(self) -> None:
        """Keep what was asked for or given since the last call."""
        self.clear()
        self.update(self._used)
        self._used.clear()

    def get(self, text: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """HTML of the text, when it is known."""
        html = super().get(text, default)
        if html is not None:
            self._used[text] = html
        return html

    def __setitem__(self, text: str, html: str) -> None:
        self._used[text] = html
        super().__setitem__(text, html)


@dataclass(slots=True)
class _OpenProse:
    """A paragraph of one line, all of the open rest, that ends in words; marks before them have their meaning."""

    before: str  # HTML of what comes before the words
    words_from: int
    marks: re.Pattern[str] = _MARK  # what is no word
    longest: int = LONGEST_TEXT

    @staticmethod
    def of(rest: str, tail: str) -> "_OpenProse | None":
        """The paragraph that `rest` is; None when it is something else or its end has a meaning still open.

        A mark is settled by the character after it, an address or entity by the next space: so words begin at the first
        space after the last mark.
        """
        if "\n" in rest or not (rest[:1].isalnum() or rest[:1] in ("*", "`", '"', "(")) or _NUMBER.fullmatch(rest):
            return None
        if len(words := rest.strip()) > LONGEST_TEXT:
            is_bare = tail == f"{_PARAGRAPH}{_shown(words)}{_ITS_END}"
            return _OpenProse(_PARAGRAPH, 0, _UNSEEN, sys.maxsize) if is_bare else None
        at = max((mark.end() for mark in _MARK.finditer(rest)), default=0)
        while 0 < at < len(rest) and not rest[at].isspace():
            at += 1
        words = rest[at:].rstrip()
        html = _shown(words) + _ITS_END
        if not words or not tail.startswith(_PARAGRAPH) or not tail.endswith(html):
            return None
        return _OpenProse(tail[: len(tail) - len(html)], at)

    def goes_on(self, rest: str, fresh: str) -> bool:
        """Whether `rest`, which ends in what is `fresh`, is still that."""
        return len(rest) <= self.longest and not self.marks.search(fresh)

    def html(self, rest: str) -> str:
        """The paragraph."""
        return self.before + _shown(rest[self.words_from :].rstrip()) + _ITS_END


def _shown(words: str) -> str:
    """Text as HTML, written as cleaning writes it."""
    return escape(words, quote=False).replace("\xa0", "&nbsp;")


@dataclass(slots=True)
class _OpenFence:
    """Code whose fence is open, at the start of the open rest."""

    info: str
    closer: re.Pattern[str]
    code_from: int
    searched: int  # where the search for a closing fence goes on: always the start of a line

    @staticmethod
    def of(tokens: list[Token], rest: str) -> "_OpenFence | None":
        """The fence that opens `rest`; None when it is something else, or indented."""
        if not tokens or tokens[0].type != "fence" or tokens[0].meta["closed"] or rest[0] == " " or "\n" not in rest:
            return None
        marks = tokens[0].markup
        closer = re.compile(rf"^ {{0,3}}{marks}{marks[0]}*[ \t]*$", re.MULTILINE)
        code_from = rest.index("\n") + 1
        return _OpenFence(tokens[0].info, closer, code_from, max(code_from, rest.rfind("\n") + 1))

    def may_end(self, rest: str) -> bool:
        """Whether a line after those already looked at closes the fence, or may be about to."""
        if self.closer.search(rest, self.searched):
            return True
        self.searched = max(self.code_from, rest.rfind("\n") + 1)
        return False

    def html(self, rest: str) -> str:
        """The code so far, without colour."""
        code = rest[self.code_from :]
        line = code.rfind("\n") + 1
        if not code[line:].strip(" \t"):
            code = code[:line]  # as the parser sees it: spaces are no line yet
        return clean(code_block(code, self.info))
