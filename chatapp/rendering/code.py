"""Code: coloured by classes, never by styles."""

import re
from functools import cache, lru_cache
from html import escape
from itertools import groupby
from threading import Lock
from time import thread_time

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import _TokenType, string_to_tokentype

# A lexer is a pile of regular expressions, and on code made to hurt most of them take quadratic time.  So colour has
# limits of size and of processor time, a hundred times what honest code needs; beyond them code is plain.
_LONGEST_COLOURED = 30_000  # characters
_SECONDS_A_BLOCK = 0.4
_SECONDS_A_TEXT = 0.8
_LONGEST_LABEL = 24

# One line a language: its name, then what else it is called.
_NAMES = """
python py python3 py3
pycon
javascript js node mjs jsx
typescript ts tsx
json jsonc json5
html htm
xml svg
css
scss
bash sh shell zsh ksh
console shell-session
powershell ps1 pwsh
batch bat cmd
c h
cpp c++ cc cxx hpp
csharp c# cs
java
kotlin kt
scala
groovy
go golang
rust rs
swift
objective-c objc
php
ruby rb
perl pl
lua
r
julia jl
matlab octave
haskell hs
ocaml ml
elixir ex exs
erlang
clojure clj
common-lisp lisp
scheme
dart
zig
nim
fortran f90
pascal delphi
ada
cobol
d
sql
postgresql psql
mysql
yaml yml
toml
ini cfg conf properties
diff patch
make makefile
cmake
docker dockerfile
nginx
terraform hcl tf
protobuf proto
graphql gql
latex tex
markdown md
rst
verilog
vhdl
nasm asm
llvm
solidity sol
awk
vim viml
django jinja jinja2
wolfram mathematica
glsl
"""
_LANGUAGES = {alias: line.split()[0] for line in _NAMES.split("\n") if line for alias in line.split()}
_LABEL = re.compile(r"[\w+#.-]+")

# What the style sheet has colours for; every other kind of token takes the class of its nearest parent here, or none.
_CLASSES = {
    "Comment": "c",
    "Comment.Preproc": "cp",
    "Keyword": "k",
    "Keyword.Constant": "kc",
    "Keyword.Type": "kt",
    "Operator.Word": "k",
    "Name.Attribute": "na",
    "Name.Builtin": "nb",
    "Name.Class": "nc",
    "Name.Constant": "no",
    "Name.Decorator": "nd",
    "Name.Exception": "nc",
    "Name.Function": "nf",
    "Name.Tag": "nt",
    "Name.Variable": "nv",
    "Literal.String": "s",
    "Literal.String.Escape": "se",
    "Literal.String.Interpol": "se",
    "Literal.String.Regex": "sr",
    "Literal.Number": "m",
    "Generic.Deleted": "gd",
    "Generic.Inserted": "gi",
    "Generic.Heading": "gh",
    "Generic.Subheading": "gh",
    "Generic.Prompt": "gp",
    "Generic.Output": "go",
    "Generic.Error": "gr",
    "Generic.Strong": "gs",
    "Generic.Emph": "ge",
}
CLASSES = frozenset(_CLASSES.values())
LANGUAGE_CLASSES = frozenset(f"language-{name}" for name in _LANGUAGES.values())
_BY_TYPE = {string_to_tokentype(name): css for name, css in _CLASSES.items()}


# A lexer is put together when it is first made, which is not safe among threads.
_LOADING = Lock()


class Ink:
    """The processor time that colouring may still take in one text."""

    def __init__(self) -> None:
        self._seconds = _SECONDS_A_TEXT

    def colour(self, language: str, code: str) -> str | None:
        """HTML of `code`, or None when it has to stay plain."""
        if self._seconds <= 0 or len(code) > _LONGEST_COLOURED:
            return None
        began = thread_time()
        html = _coloured(language, code)
        self._seconds -= thread_time() - began
        return html


def code_block(code: str, info: str = "", ink: Ink | None = None) -> str:
    """The block for `code`; `info` is what followed the fence, its first word the language.  No ink, no colour."""
    found = _LABEL.match(info.strip())
    label = found[0][:_LONGEST_LABEL] if found else ""
    language = _LANGUAGES.get(label.lower(), "")
    body = ink.colour(language, code) if ink and language else None
    if body is None:
        body = escape(code, quote=False)
    named = f' data-language="{language or label}"' if label else ""
    classed = f' class="language-{language}"' if language else ""
    return f'<code-block{named}><pre tabindex="0"><code{classed}>{body}</code></pre></code-block>'


@lru_cache(maxsize=32)  # finished blocks inside an open list come again with every frame
def _coloured(language: str, code: str) -> str | None:
    try:
        # Before the clock starts: a lexer's first making takes half of a block's time, and is no fault of the code.
        lexer = _lexer(language)
        tokens = _tokens(lexer, code, until=thread_time() + _SECONDS_A_BLOCK)
    except Exception:  # lexers are many, and not all of them bear hostile code
        return None
    if "".join(text for _, text in tokens) != code:
        return None  # a lexer that loses a character has no say
    parts: list[str] = []
    for css, run in groupby(tokens, key=lambda token: token[0]):
        text = escape("".join(text for _, text in run), quote=False)
        parts.append(f'<span class="{css}">{text}</span>' if css else text)
    return "".join(parts)


def _tokens(lexer: Lexer, code: str, *, until: float) -> list[tuple[str, str]]:
    tokens = []
    for kind, text in lexer.get_tokens(code):
        tokens.append((_class_of(kind), text))
        if thread_time() > until:
            raise TimeoutError
    return tokens


def _lexer(language: str) -> Lexer:
    # One for each call, as some remember where they are.  Without code blocks: inside of Markdown and reStructuredText
    # they would call lexers that are not on the list.
    with _LOADING:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False, handlecodeblocks=False)


@cache  # as many as there are kinds of tokens
def _class_of(kind: _TokenType) -> str:
    known: _TokenType | None = kind
    while known is not None:
        if css := _BY_TYPE.get(known):
            return css
        known = known.parent
    return ""
