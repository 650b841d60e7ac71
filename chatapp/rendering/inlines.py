"""Inline rules: formulas, bare links, breaks in tables, footnotes, and emphasis in Chinese, Japanese and Korean."""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from chatapp.rendering.formulas import LONGEST_FORMULA

_WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fff\u3001-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffee"
    "\U0001b000-\U0001b2ff\U0001f200-\U0001f2ff\U00020000-\U0003ffff]"
)
# "5 each" or "12.50, then": what follows a dollar sign in prose.
_PRICE = re.compile(r"\d[\d.,]*(?:[;:]?\s+[^\W\d_]{2}|/[^\W\d_]{2}|[\u3040-\u9fff\uac00-\ud7a3])")
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_NOTE = re.compile(r"\[\^([^\s\[\]]{1,64})\]")

_SCHEME = re.compile(r"(?:^|[^A-Za-z0-9+.-])(https?)$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"://(?:[A-Za-z0-9-]{1,63}\.){1,20}[A-Za-z0-9-]{1,63}\.?(?::\d{1,5})?(?:[/?#][^\s<>\"`|\\^{}\x00-\x20]{0,2000})?"
    r"|://localhost(?::\d{1,5})?(?:[/?#][^\s<>\"`|\\^{}\x00-\x20]{0,2000})?"
)
# Wide marks and quotes end an address: in running Chinese text no space follows it.
_FOREIGN_MARK = re.compile(
    "[\u2018-\u201f\u3000-\u3004\u3008-\u3020\u30fb\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)
_TRAILING = "?!.,:;*_~'\"$"
_MOST_TRAILING = 16


def install(md: MarkdownIt) -> None:
    """Put the rules in their places and make emphasis read wide characters."""
    md.inline.ruler.at("linkify", address_rule)
    md.inline.ruler.before("escape", "formula", formula_rule)
    md.inline.ruler.before("autolink", "break", break_rule)
    md.inline.ruler.before("link", "note", note_rule)


class WideInline(ParserInline):
    """The inline parser, with emphasis that also works where no space stands between words."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Fill `tokens` with the inline tokens of `src`."""
        state = _WideState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _WideState(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the parser's names
        """Whether the marks at `start` can open or close, and how many they are.

        As CommonMark has it, but a wide character counts as space does: marks between a quote or bracket and a wide
        character are then at the edge of a word, as they look.
        """
        mark = self.src[start]
        stop = start + 1
        while stop < self.posMax and self.src[stop] == mark:
            stop += 1
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[stop] if stop < self.posMax else " "
        opens = _leans_on(after, before)
        closes = _leans_on(before, after)
        return Scanned(
            opens and (canSplitWord or not closes or _is_punctuation(before)),
            closes and (canSplitWord or not opens or _is_punctuation(after)),
            stop - start,
        )


def _leans_on(inner: str, outer: str) -> bool:
    """Whether marks between the two belong to `inner`: "flanking" in CommonMark's terms."""
    if isWhiteSpace(ord(inner)):
        return False
    if not _is_punctuation(inner) or _WIDE.match(inner):
        return True
    return isWhiteSpace(ord(outer)) or _is_punctuation(outer) or _WIDE.match(outer) is not None


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def formula_rule(state: StateInline, silent: bool) -> bool:
    r"""`$…$`, `$$…$$`, `\(…\)` and `\[…\]` inside of a line or a paragraph."""
    found = _formula_at(state.src, state.pos, state.posMax)
    if found is None:
        return False
    tex, end, display = found
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = tex
        token.markup = state.src[state.pos : end]
        token.meta["display"] = display
    state.pos = end
    return True


def _formula_at(src: str, start: int, limit: int) -> tuple[str, int, bool] | None:
    """The source of the formula, where it ends, and whether it is displayed."""
    mark = src[start : start + 2]
    if mark[:1] == "$":
        return _double_dollar(src, start, limit) if mark == "$$" else _single_dollar(src, start, limit)
    if mark not in ("\\(", "\\["):
        return None
    at = src.find("\\)" if mark == "\\(" else "\\]", start + 2, min(limit, start + LONGEST_FORMULA))
    if at < 0 or not src[start + 2 : at].strip():
        return None
    return src[start + 2 : at], at + 2, mark == "\\["


def _double_dollar(src: str, start: int, limit: int) -> tuple[str, int, bool] | None:
    at = src.find("$$", start + 2, min(limit, start + LONGEST_FORMULA))
    if at < 0 or not src[start + 2 : at].strip():
        return None
    return src[start + 2 : at], at + 2, True


def _single_dollar(src: str, start: int, limit: int) -> tuple[str, int, bool] | None:
    """Pandoc's rule (no space inside of the marks, no digit after them), and nothing that reads like a price."""
    before, after = src[start - 1 : start], src[start + 1 : start + 2]
    if not after or after.isspace() or (before.isascii() and before.isalnum()) or before == "$":
        return None
    limit = min(limit, start + LONGEST_FORMULA)
    at = src.find("$", start + 1, limit)
    while at > 0 and src[at - 1] == "\\":
        at = src.find("$", at + 1, limit)
    if at < 0 or src[at - 1].isspace() or src[at + 1 : at + 2].isdigit() or src[at + 1 : at + 2] == "$":
        return None
    tex = src[start + 1 : at]
    return None if _PRICE.match(tex) else (tex, at + 1, False)


def address_rule(state: StateInline, silent: bool) -> bool:
    """A bare http or https address; the parser stands on its colon."""
    pos = state.pos
    if silent or state.linkLevel or state.src[pos] != ":":
        return False
    scheme = _SCHEME.search(state.src, max(0, pos - 6), pos)
    if scheme is None or not state.pending.endswith(scheme[1]):
        return False
    found = _ADDRESS.match(state.src, pos, state.posMax)
    if found is None:
        return False
    address = _without_tail(found[0])
    url = state.md.normalizeLink(scheme[1] + address)
    if not state.md.validateLink(url):
        return False
    state.pending = state.pending[: -len(scheme[1])]
    opening = state.push("link_open", "a", 1)
    opening.attrs, opening.info = {"href": url}, "auto"
    state.push("text", "", 0).content = scheme[1] + address
    state.push("link_close", "a", -1)
    state.pos += len(address)
    return True


def _without_tail(address: str) -> str:
    """The address without the marks of the sentence around it."""
    if mark := _FOREIGN_MARK.search(address):
        address = address[: mark.start()]
    for _ in range(_MOST_TRAILING):
        shorter = address.rstrip(_TRAILING)
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == address:
            break
        address = shorter
    return address


def break_rule(state: StateInline, silent: bool) -> bool:
    """`<br>`, the one element models write into cells of tables for want of another way."""
    found = _BREAK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def note_rule(state: StateInline, silent: bool) -> bool:
    """A reference to a footnote that the text defines."""
    found = _NOTE.match(state.src, state.pos, state.posMax)
    if found is None or found[1] not in state.env["notes"]:
        return False
    if not silent:
        state.push("note", "sup", 0).meta["label"] = found[1]
    state.pos = found.end()
    return True
