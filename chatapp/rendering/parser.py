"""The Markdown that answers are written in, and its reading one top-level block at a time."""

import sys
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from chatapp.rendering import blocks, inlines, links
from chatapp.rendering.budget import Budget
from chatapp.rendering.clean import clean
from chatapp.rendering.code import Ink
from chatapp.rendering.html import Html
from chatapp.rendering.notes import Notes

Env = dict[str, Any]

_DEEPEST = 20  # nested brackets; blocks end earlier, at what the first of their rules calls too deep


class Markdown(MarkdownIt):
    """CommonMark with tables, strikethrough, task lists, formulas and bare links; raw HTML is text."""

    def __init__(self, *, notes: bool) -> None:
        options = {"maxNesting": _DEEPEST, "html": False, "linkify": True, "tasklists": True}
        super().__init__("commonmark", options, renderer_cls=Html)
        self.inline = inlines.WideInline()
        self.configure("commonmark", options)
        self.enable(["table", "strikethrough", "linkify"])
        self.disable(["html_block", "html_inline"])
        blocks.install(self)
        inlines.install(self)
        if notes:
            blocks.install_notes(self)
        for ruler in (self.block.ruler, self.inline.ruler, self.inline.ruler2):
            ruler.getRules("")  # made at the first call, and threads would see it half made

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name
        """Whether an answer may link there."""
        return links.is_allowed(url)

    def html(self, tokens: list[Token], env: Env) -> str:
        """Safe HTML of the tokens of one block."""
        return clean(self.raw(tokens, env))

    def raw(self, tokens: list[Token], env: Env) -> str:
        """The same before it is cleaned: never to be shown, only to be put into something that is cleaned."""
        return str(self.renderer.render(tokens, self.options, env)).rstrip("\n")


def environment(src: str) -> Env:
    """What rules and renderer share while they read `src`."""
    return {
        "complete": src.count("\n"),  # lines that will not change any more
        "undecided": sys.maxsize,  # from which line on the block just read depends on what follows
        "open": False,  # whether it may grow
        "references": {},  # definitions of links
        "inlines": None,  # a mapping to keep the HTML of texts inside of blocks for the next time
        "notes": Notes(),
        "ink": Ink(),
        "budget": Budget(len(src)),
    }


def top_level(md: MarkdownIt, state: StateBlock) -> Iterator[tuple[int, int, list[Token]]]:
    """The blocks of the source in order: first line, line after the last, tokens (none for a definition)."""
    rules = md.block.ruler.getRules("")
    line = state.skipEmptyLines(0)
    while line < state.lineMax:
        state.tokens, state.line, state.env["undecided"] = [], line, sys.maxsize
        if not any(rule(state, line, state.lineMax, False) for rule in rules) or state.line <= line:
            raise RuntimeError("no rule took the line")  # the paragraph rule takes every line
        yield line, state.line, state.tokens
        line = state.skipEmptyLines(state.line)
