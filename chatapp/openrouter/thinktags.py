"""Finds thinking that a host leaks into the content, closed by a ``</think>`` tag.

The model's template puts ``<think>`` into the prompt, so a leak has usually only the closing tag, often followed by
empty lines, and a cut answer has no tag at all. ``ThinkTags`` says what to expect:

``off``   content is content.
``on``    content is thinking until the first ``</think>``; if the answer ends properly without one, it was text.
``auto``  content is text unless it starts with ``<think>``; if no thinking came by itself and a ``</think>`` turns up
          outside of code, what was written so far was thinking.

Once thinking comes by itself, no tag is touched. A tag may be cut between any two deltas; of a text's end only what
could begin a tag is held back.
"""

import re
from enum import Enum, auto

from chatapp.words import PartKind, ThinkTags

OPENING = "<think>"
CLOSING = "</think>"
LINE_CHARACTERS = 200

# A text and its kind; or a kind alone: all that was written of this content so far is of that kind after all.
Piece = tuple[PartKind, str | None]


class _Place(Enum):
    START = auto()  # nothing came but white space or the beginning of an opening tag
    OPENED = auto()  # right behind the opening tag
    THINKING = auto()  # before the closing tag
    TEXT = auto()  # before a closing tag that may come or not
    STRAY = auto()  # like START, but thinking came by itself: only a left-over closing tag can be meant
    GAP = auto()  # right behind the closing tag
    PLAIN = auto()  # no tag means anything any more


class TagFilter:
    """Takes the deltas of the content; gives pieces of thinking and of text, in order."""

    def __init__(self, tags: ThinkTags) -> None:
        self._tags = tags
        self._place = _Place.PLAIN if tags is ThinkTags.OFF else _Place.START
        self._held = ""
        self._opened = False
        self._code = CodeTracker()

    @property
    def idle(self) -> bool:
        """Whether content is plain text from here on."""
        return self._place is _Place.PLAIN

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain once ``text`` has come."""
        text, self._held = self._held + text, ""
        pieces: list[Piece] = []
        while text:
            text = self._step(text, pieces)
        return pieces

    def separate(self) -> list[Piece]:
        """Thinking came by itself: content is content from now on, and was before."""
        untouched = self._place in (_Place.START, _Place.STRAY)
        pieces = self._end(was_text=self._place is _Place.THINKING and not self._opened)
        if untouched and not pieces:
            self._place = _Place.STRAY
        return pieces

    def close(self, *, proper: bool) -> list[Piece]:
        """The content is over. ``proper``: upstream ended it by its own will, so a missing tag will never come."""
        return self._end(was_text=proper and self._place is _Place.THINKING and not self._opened)

    def _end(self, *, was_text: bool) -> list[Piece]:
        kind = PartKind.THINKING if self._place is _Place.THINKING and not was_text else PartKind.TEXT
        pieces: list[Piece] = [(PartKind.TEXT, None)] if was_text else []
        if self._held:
            pieces.append((kind, self._held))
        self._held = ""
        self._place = _Place.PLAIN
        return pieces

    def _step(self, text: str, pieces: list[Piece]) -> str:
        """Deal with ``text`` as far as one place goes; what is left of it."""
        match self._place:
            case _Place.START | _Place.STRAY:
                return self._begin(text, pieces)
            case _Place.OPENED:
                return self._skip(text, then=_Place.THINKING)
            case _Place.THINKING:
                return self._think(text, pieces)
            case _Place.TEXT:
                return self._speak(text, pieces)
            case _Place.GAP:
                return self._skip(text, then=_Place.PLAIN)
            case _Place.PLAIN:
                pieces.append((PartKind.TEXT, text))
        return ""

    def _begin(self, text: str, pieces: list[Piece]) -> str:
        """Find out how the content begins."""
        usual = _Place.THINKING if self._tags is ThinkTags.ON else _Place.TEXT
        tag, if_tag, if_none = OPENING, _Place.OPENED, usual
        if self._place is _Place.STRAY:
            tag, if_tag, if_none = CLOSING, _Place.GAP, _Place.PLAIN
        begun = text.lstrip()
        if begun != text and if_none is not _Place.THINKING:  # white space before thinking means nothing
            pieces.append((PartKind.TEXT, text[: len(text) - len(begun)]))
        if begun.startswith(tag):
            self._place, self._opened = if_tag, tag is OPENING
            return begun[len(tag) :]
        if tag.startswith(begun):
            self._held = begun
            return ""
        self._place = if_none
        return begun

    def _skip(self, text: str, *, then: _Place) -> str:
        """Leave out white space."""
        text = text.lstrip()
        if text:
            self._place = then
        return text

    def _think(self, text: str, pieces: list[Piece]) -> str:
        before, tag, after = text.partition(CLOSING)
        if tag:
            self._place = _Place.GAP
        else:
            before = self._hold(text)
        if before:
            pieces.append((PartKind.THINKING, before))
        return after

    def _speak(self, text: str, pieces: list[Piece]) -> str:
        """Pass text on until a closing tag outside of code shows that it was thinking."""
        start = 0
        while (found := text.find(CLOSING, start)) >= 0:
            self._code.feed(text[start:found])
            if not self._code.inside:
                pieces += [(PartKind.TEXT, text[:found])] if found else []
                pieces.append((PartKind.THINKING, None))
                self._place = _Place.GAP
                return text[found + len(CLOSING) :]
            start = found + len(CLOSING)
        text = self._hold(text)
        self._code.feed(text[start:])
        if text:
            pieces.append((PartKind.TEXT, text))
        return ""

    def _hold(self, text: str) -> str:
        """``text`` without an end that could begin a closing tag; that end is held back."""
        cut = text.rfind("<", max(0, len(text) - len(CLOSING) + 1))
        if cut >= 0 and CLOSING.startswith(text[cut:]):
            self._held = text[cut:]
            return text[:cut]
        return text


class CodeTracker:
    """Whether a Markdown text, fed in pieces, stands inside a code fence or a code span of its current line."""

    _FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")

    def __init__(self) -> None:
        self._fence = ""
        self._line = ""  # its beginning; a fence shows there
        self._ticks = 0

    @property
    def inside(self) -> bool:
        """In a fence, in the line that opens one, or behind an odd number of backticks."""
        return bool(self._fence) or self._ticks % 2 == 1

    def feed(self, text: str) -> None:
        """Go on by ``text``."""
        *ended, rest = text.split("\n")
        for line in ended:
            self._add(line)
            self._end_line()
        self._add(rest)

    def _add(self, text: str) -> None:
        self._line += text[: LINE_CHARACTERS - len(self._line)]
        self._ticks += text.count("`")

    def _end_line(self) -> None:
        match = self._FENCE.match(self._line)
        self._line, self._ticks = "", 0
        if not match:
            return
        marks, rest = match.groups()
        if not self._fence:
            # Backticks after a fence of backticks make it a code span.
            self._fence = marks if marks[0] == "~" or "`" not in rest else ""
        elif marks.startswith(self._fence) and not rest.strip():
            self._fence = ""
