"""The render of a finished text: links may be defined at its end, and footnotes are gathered there."""

import logging

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from chatapp.rendering.budget import ExhaustedError
from chatapp.rendering.clean import clean
from chatapp.rendering.markup import plain
from chatapp.rendering.notes import Notes
from chatapp.rendering.parser import Env, Markdown, environment, top_level
from chatapp.rendering.source import Lines

LARGEST_TEXT = 1_000_000  # characters

_MARKDOWN = Markdown(notes=True)
_LOG = logging.getLogger(__name__)


def render(text: str) -> list[str]:
    """The text as a list of top-level blocks of safe HTML; the footnotes are the last block.

    Never raises: what is too large, or fails, becomes one plain block.
    """
    if len(text) > LARGEST_TEXT:
        return [plain(text)]
    try:
        return _blocks(Lines().read(text))
    except ExhaustedError:
        return [plain(text)]
    except Exception:
        _LOG.exception("A text of %d characters could not be rendered", len(text))
        return [plain(text)]


def _blocks(src: str) -> list[str]:
    env = environment(src)
    state = StateBlock(src, _MARKDOWN, env, [])
    bodies: dict[str, list[Token]] = {}
    # All is parsed before anything is rendered, because links and footnotes may be defined last.
    groups = [(first, _without_notes(tokens, bodies)) for first, _, tokens in top_level(_MARKDOWN, state)]
    env["notes"] = Notes(bodies)
    html: list[str] = []
    for first, tokens in groups:
        try:
            html += [_MARKDOWN.html(tokens, env)] if tokens else []
        except ExhaustedError:
            return [*html, plain(src[state.bMarks[first] :])]
    return [*html, _footnotes(bodies, env)] if bodies else html


def _without_notes(tokens: list[Token], bodies: dict[str, list[Token]]) -> list[Token]:
    """The tokens outside of footnotes; the footnotes go to `bodies`, the first of a name wins."""
    kept: list[Token] = []
    stack = [kept]
    for token in tokens:
        if token.type == "footnote_reference_open":
            body: list[Token] = []
            bodies.setdefault(token.meta["label"], body)
            stack.append(body)
        elif token.type == "footnote_reference_close":
            stack.pop()
        else:
            stack[-1].append(token)
    return kept


def _footnotes(bodies: dict[str, list[Token]], env: Env) -> str:
    notes: Notes = env["notes"]
    items = "".join(f'<li dir="auto">{_MARKDOWN.raw(bodies[label], env)}</li>\n' for label in notes.in_order())
    return clean(f'<section class="footnotes" role="doc-endnotes"><ol>\n{items}</ol></section>')
