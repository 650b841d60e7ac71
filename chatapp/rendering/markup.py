"""The markup of an answer around its blocks, the same on a page, in a reply and on the socket."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe

from chatapp.rendering.source import Lines


def wrap(block: str) -> SafeString:
    """One block, as rendered, in its element."""
    return _safe(f'<div class="block">{block}</div>')


def join(blocks: Iterable[str], tail: str | None = None) -> SafeString:
    """The blocks of an answer, then the open rest when there is one (None: the answer is complete)."""
    rest = "" if tail is None else f'<div class="tail">{tail}</div>'
    return _safe("".join(wrap(block) for block in blocks) + rest)


def plain(text: str) -> SafeString:
    """The text as it is, for what is too large to render or could not be rendered."""
    # A line feed right after the tag is dropped by browsers, so the text's own would be lost.
    return _safe(f'<pre class="plain" dir="auto">\n{escape(Lines().read(text))}</pre>')


def trusted(html: str) -> SafeString:
    """HTML that `join` made once and the database kept since."""
    return _safe(html)


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - made of what `clean` let through and of escaped text
