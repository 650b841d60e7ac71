"""TeX to MathML.  Whatever goes wrong, the source is shown instead.

Styles of the converter become classes and attributes, because the policy of the site blocks `style=`.  Classes to
dress: `formula` (a block), `tex` (source as code) and, inside MathML, `box wide half margin to-start to-end flush-start
flush-end flush-top flush-bottom gap-start rule-* dash-* (left right top bottom) pull small-caps strike-up strike-down`.
"""

import re
from functools import lru_cache
from html import escape

from math_core import LatexError, LatexToMathML

LONGEST_FORMULA = 2000  # characters
_LONGEST_MATHML = 40_000  # a row of primes grows fiftyfold
# The converter recurses on the machine's stack, which in a small thread ends near 50 levels.
_DEEPEST = 32

_CONVERTER = LatexToMathML(
    fancy_error=False,
    allow_unreliable_rendering=True,
    max_expansions=200,
    macros={
        "argmax": r"\operatorname*{arg\,max}",
        "argmin": r"\operatorname*{arg\,min}",
        "substack": r"\begin{subarray}{c}#1\end{subarray}",
        "pmb": r"\boldsymbol{#1}",
        "hphantom": r"\phantom{#1}",
        "smash": "#1",
    },
)
_NESTING = re.compile(r"\\\\|\\[{}]|([{]|\\begin\b|\\left(?![a-zA-Z]))|([}]|\\end\b|\\right(?![a-zA-Z]))")
_CHAIN = re.compile(r"(?:\\[A-Za-z]+\s*){40}")
_DEFINITION = re.compile(r"\\(?:[egx]?def|let|(?:re|provide)?newcommand|DeclareMathOperator)(?![a-zA-Z])")

_SIZES = re.compile(r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge)(?![a-zA-Z])")
_NUMBERED = re.compile(r"(\\(?:begin|end)\{(?:equation|align|gather|multline))\}")
_RENAMED = ((r"{split}", "{aligned}"), (r"{smallmatrix}", "{matrix}"), (r"{eqnarray}", "{align}"))

_STYLE = re.compile(r'(<\w+)([^<>]*?) style="([^"]*)"')
_CLASSES = {
    "width:100%": "wide",
    "width:50%": "half",
    "width:7.5%": "margin",
    "text-align:left": "to-start",
    "text-align:right": "to-end",
    "padding-left:0": "flush-start",
    "padding-right:0": "flush-end",
    "padding-top:0": "flush-top",
    "padding-bottom:0": "flush-bottom",
    "padding-left:1em": "gap-start",
    "font-variant-caps:small-caps": "small-caps",
} | {
    f"border-{side}:0.05em {line} currentcolor": f"{name}-{side}"
    for side in ("left", "right", "top", "bottom")
    for line, name in (("solid", "rule"), ("dashed", "dash"))
}
CLASSES = frozenset({*_CLASSES.values(), "box", "pull", "strike-up", "strike-down"})
_STRIKES = {"updiagonalstrike": ("strike-up",), "downdiagonalstrike": ("strike-down",), "box": ("box",)}
_ENCLOSED = re.compile(r'<menclose notation="([a-z ]*)">')
_ENCLOSURE_END = re.compile(r'(?:<mrow class="menclose-\w+"></mrow>)*</menclose>')
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def formula(tex: str, *, display: bool) -> str | None:
    """MathML with its source as annotation; None when the source cannot be or must not be converted."""
    tex = tex.strip()
    if not tex or len(tex) > LONGEST_FORMULA or _is_dangerous(tex):
        return None
    return _convert(tex, display)


def source(tex: str) -> str:
    """The source itself, for a formula that is not finished or not understood."""
    return f'<code class="tex">{escape(tex)}</code>'


def _is_dangerous(tex: str) -> bool:
    depth = 0
    for found in _NESTING.finditer(tex):
        depth += bool(found[1]) - bool(found[2])
        if depth > _DEEPEST:
            return True
    return _CHAIN.search(tex) is not None or _DEFINITION.search(tex) is not None


@lru_cache(maxsize=512)
def _convert(tex: str, display: bool) -> str | None:
    try:
        mathml = _CONVERTER.convert_with_local_state(_prepared(tex, display), displaystyle=display)
    except LatexError:
        return None
    if len(mathml) > _LONGEST_MATHML:
        return None
    head, _, body = mathml.partition(">")
    body = _ENCLOSED.sub(_enclosure, body.removesuffix("</math>"))
    body = _STYLE.sub(_unstyled, _ENCLOSURE_END.sub("</mrow>", body))
    note = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    return f"{head}><semantics><mrow>{body}</mrow>{note}</semantics></math>"


def _prepared(tex: str, display: bool) -> str:
    r"""The source in words the converter knows: no sizes, no automatic numbers, and \tag where it may stand."""
    tex = _SIZES.sub("", tex)
    for old, new in _RENAMED:
        tex = tex.replace(old, new)
    if "\\tag" not in tex and "\\label" not in tex:
        # Each formula is converted alone, so counting would number all of them (1).
        tex = _NUMBERED.sub(r"\1*}", tex)
    elif display and not _NUMBERED.search(tex):
        tex = rf"\begin{{equation}}{tex}\end{{equation}}"
    return tex


def _enclosure(found: re.Match[str]) -> str:
    # Chromium does not draw <menclose>.
    classes = [name for notation in found[1].split() for name in _STRIKES.get(notation, ())]
    return f'<mrow class="{" ".join(classes)}">'


def _unstyled(found: re.Match[str]) -> str:
    tag, attributes, style = found.groups()
    classes: list[str] = []
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "color" and _COLOR.fullmatch(value):
            attributes += f' mathcolor="{value}"'
        elif name == "margin-left" and value.startswith("-"):
            classes.append("pull")
        elif known := _CLASSES.get(f"{name}:{value}"):
            classes.append(known)
    if classes:
        attributes += f' class="{" ".join(classes)}"'
    return tag + attributes
