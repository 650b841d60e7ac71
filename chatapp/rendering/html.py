"""Tokens to HTML.  Nothing here is trusted: what it makes goes through `clean` before it is used."""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from chatapp.rendering import formulas
from chatapp.rendering.code import code_block
from chatapp.rendering.links import foreign_host, host_of, is_allowed

# Deeper emphasis is nothing a reader could see, and browsers stop nesting at 512.
_DEEPEST_EMPHASIS = 16
# A longer paragraph is shown without emphasis, links and formulas: nobody writes one, but brackets by the thousand
# take time, and while it is open it is read again with every frame.
LONGEST_TEXT = 20_000  # characters

_AUTO = ' dir="auto"'
_STATIC = {
    "blockquote_open": f"<blockquote{_AUTO}>\n",
    "blockquote_close": "</blockquote>\n",
    "bullet_list_close": "</ul>\n",
    "list_item_close": "</li>\n",
    "ordered_list_close": "</ol>\n",
    "hr": "<hr>\n",
}
_INLINE = {"softbreak": "\n", "hardbreak": "<br>\n", "s_open": "<s>", "s_close": "</s>"}
_EMPHASIS = {"em_open": "<em>", "em_close": "</em>", "strong_open": "<strong>", "strong_close": "</strong>"}
# The page has the first two levels for itself.
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5"}
_TABLE = f'<div class="table" tabindex="0" role="region" aria-label="Table"><table{_AUTO}>\n'
_ALIGNMENT = {"": "", "right": ' class="align-end num"', "center": ' class="align-center"'}
_TASKS = {
    True: '<span class="task" role="img" aria-label="done">☑</span> ',
    False: '<span class="task" role="img" aria-label="to do">☐</span> ',
}


class Html(RendererHTML):
    """Block tokens to HTML; the text inside of blocks is parsed here, when it is known that it is needed.

    Of the environment it reads `ink` (colour for code, or None), `open` (whether the block may still grow), `notes`,
    `budget` and `inlines` (HTML of texts seen before, to be used again, or None).
    """

    def __init__(self, md: MarkdownIt) -> None:
        super().__init__(md)
        self._md = md

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        """HTML of whole blocks."""
        out: list[str] = []
        for token in tokens:
            if token.hidden:
                continue
            if token.type == "inline":
                out.append(self._text(token.content, env))
            elif (static := _STATIC.get(token.type)) is not None:
                out.append(static)
            elif token.type == "table":
                out.append(self._table(token, env))
            else:
                out.append(_BLOCKS[token.type](token, env))
        return "".join(out)

    def _table(self, token: Token, env: EnvType) -> str:
        attributes = [_AUTO + _ALIGNMENT[word] for word in token.meta["alignment"]]
        head, *rows = [
            [(attribute, self._text(cell, env)) for attribute, cell in zip(attributes, row, strict=True)]
            for row in token.meta["rows"]
        ]
        out = [_TABLE, "<thead><tr>", *(f"<th{attribute}>{html}</th>" for attribute, html in head), "</tr></thead>\n"]
        if rows:
            out.append("<tbody>\n")
            for row in rows:
                out += ["<tr>", *(f"<td{attribute}>{html}</td>" for attribute, html in row), "</tr>\n"]
            out.append("</tbody>\n")
        return "".join([*out, "</table></div>\n"])

    def _text(self, text: str, env: EnvType) -> str:
        env["budget"].check()
        if len(text) > LONGEST_TEXT or not self._md.inline.terminator_re.search(text):
            return escape(text, quote=False)  # too much to look into, or nothing to see
        known: MutableMapping[str, str] | None = env["inlines"]
        html = None if known is None else known.get(text)
        if html is None:
            html = inline_html(self._md.inline.parse(text, self._md, env, []), env)
            if known is not None:
                known[text] = html
        return html


def _paragraph(token: Token, env: EnvType) -> str:
    return f"<p{_AUTO}>" if token.nesting > 0 else "</p>\n"


def _heading(token: Token, env: EnvType) -> str:
    tag = _HEADINGS.get(token.tag, "h6")
    return f"<{tag}{_AUTO}>" if token.nesting > 0 else f"</{tag}>\n"


def _bullet_list(token: Token, env: EnvType) -> str:
    return '<ul class="contains-task-list">\n' if token.attrGet("class") else "<ul>\n"


def _ordered_list(token: Token, env: EnvType) -> str:
    start = token.attrGet("start")
    return "<ol>\n" if start is None else f'<ol start="{int(start)}">\n'


def _list_item(token: Token, env: EnvType) -> str:
    if "checked" in token.meta:
        return f'<li class="task-list-item"{_AUTO}>{_TASKS[token.meta["checked"]]}'
    return f"<li{_AUTO}>"


def _code(token: Token, env: EnvType) -> str:
    finished = token.meta.get("closed", True) or not env["open"]
    return code_block(token.content, token.info, env["ink"] if finished else None) + "\n"


def _formula_block(token: Token, env: EnvType) -> str:
    mathml = formulas.formula(token.content, display=True) if token.meta["closed"] else None
    return f'<div class="formula">{mathml or formulas.source(token.content.strip())}</div>\n'


_BLOCKS: dict[str, Callable[[Token, EnvType], str]] = {
    "paragraph_open": _paragraph,
    "paragraph_close": _paragraph,
    "heading_open": _heading,
    "heading_close": _heading,
    "bullet_list_open": _bullet_list,
    "ordered_list_open": _ordered_list,
    "list_item_open": _list_item,
    "fence": _code,
    "code_block": _code,
    "formula_block": _formula_block,
}


def inline_html(tokens: Sequence[Token], env: EnvType) -> str:
    """HTML of the text inside of one block."""
    writer = _Inline(env)
    for token in tokens:
        writer.write(token)
    return "".join(writer.out)


@dataclass(slots=True)
class _Inline:
    """Writes inline tokens; a link is watched until its end, to see whether its words name another host."""

    env: EnvType
    out: list[str] = field(default_factory=list)
    _links: int = 0
    _url: str = ""
    _label: list[str] = field(default_factory=list)

    def write(self, token: Token) -> None:
        kind = token.type
        if kind in ("text", "text_special"):
            self._words(token.content)
        elif (html := _INLINE.get(kind)) is not None:
            self.out.append(html)
        elif kind in _EMPHASIS:
            if token.level < _DEEPEST_EMPHASIS:
                self.out.append(_EMPHASIS[kind])
        else:
            self._WRITERS[kind](self, token)

    def _words(self, text: str) -> None:
        self.out.append(escape(text, quote=False))
        if self._links:
            self._label.append(text)

    def _code(self, token: Token) -> None:
        self.out.append("<code>")
        self._words(token.content)
        self.out.append("</code>")

    def _formula(self, token: Token) -> None:
        mathml = formulas.formula(token.content, display=token.meta["display"])
        self.out.append(mathml or formulas.source(token.markup))

    def _note(self, token: Token) -> None:
        number: int = self.env["notes"].mention(token.meta["label"])
        self.out.append(f'<sup class="footnote">{number}</sup>')

    def _link_open(self, token: Token) -> None:
        self._links += 1
        if self._links == 1:  # an address inside of a link's words is words
            url = str(token.attrs["href"])
            self._url = url if is_allowed(url) else ""  # the parser lets empty ones through
            self._label.clear()
            title = f' title="{escape(str(token.attrs["title"]))}"' if "title" in token.attrs else ""
            # Its words are the address: where addresses are spelled out, this one is.
            bare = ' class="bare"' if token.info == "auto" else ""
            self.out.append(f'<a href="{escape(url)}"{title}{bare}>' if self._url else "")

    def _link_close(self, token: Token) -> None:
        self._links -= 1
        if self._links == 0:
            if host := foreign_host("".join(self._label), self._url):
                self.out.append(f' <bdi class="host">({escape(host)})</bdi>')
            self.out.append("</a>" if self._url else "")

    def _image(self, token: Token) -> None:
        """A picture from elsewhere would tell that host who reads what; so it is only named."""
        url = str(token.attrs["src"])
        words = f"[image: {escape(_plain_words(token.children or []), quote=False)}]"
        named = f'{words} <bdi class="host">{escape(host_of(url))}</bdi>'
        is_link = not self._links and is_allowed(url)
        self.out.append(f'<a href="{escape(url)}">{named}</a>' if is_link else named)

    _WRITERS: ClassVar[dict[str, Callable[["_Inline", Token], None]]] = {
        "code_inline": _code,
        "formula": _formula,
        "note": _note,
        "link_open": _link_open,
        "link_close": _link_close,
        "image": _image,
    }


def _plain_words(tokens: Sequence[Token]) -> str:
    words = (_plain_words(token.children) if token.children else token.content for token in tokens)
    return "".join(words)
