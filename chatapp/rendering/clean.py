"""The last word: what a block of HTML may consist of.  Everything that enters a page of an answer has passed here."""

import nh3

from chatapp.rendering import code, formulas
from chatapp.rendering.budget import ExhaustedError

# Elements that load, run, submit, or change the page around them are simply not here.
_TAGS = """
a bdi blockquote br em h3 h4 h5 h6 hr li ol p s span strong sup ul
div table tbody td th thead tr
code code-block pre
section
math semantics annotation mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt msub
msubsup msup mtable mtd mtext mtr munder munderover b i u
"""

_AUTO = {"dir": {"auto"}}
_TRUTH = {"true", "false"}
_STYLED = {"displaystyle": _TRUTH, "scriptlevel": {"0", "1", "2"}}
# Attributes with the values they may have.
_VALUES: dict[str, dict[str, set[str]]] = {
    **{tag: _AUTO for tag in ("blockquote", "h3", "h4", "h5", "h6", "li", "p", "table", "td", "th")},
    "pre": {"tabindex": {"0"}},
    "div": {"tabindex": {"0"}, "role": {"region"}, "aria-label": {"Table"}},
    "section": {"role": {"doc-endnotes"}},
    "span": {"role": {"img"}, "aria-label": {"done", "to do"}},
    "annotation": {"encoding": {"application/x-tex"}},
    "math": {"display": {"block"}},
    "mfrac": {"displaystyle": _TRUTH},
    "mi": {"mathvariant": {"normal"}},
    "mo": {
        **{name: _TRUTH for name in ("stretchy", "symmetric", "movablelimits")},
        "form": {"prefix", "infix", "postfix"},
    },
    "mover": {"accent": _TRUTH},
    "mrow": _STYLED,
    "mtable": _STYLED,
    "munder": {"accentunder": _TRUTH},
}
# Attributes whose values are free text or are checked by `_lengths`.
_FREE: dict[str, set[str]] = {
    "a": {"href", "title"},
    "code-block": {"data-language"},
    "ol": {"start"},
    "mfrac": {"linethickness"},
    "mo": {"lspace", "rspace", "minsize", "maxsize"},
    "mpadded": {"width", "height"},
    "mrow": {"mathcolor"},
    "mspace": {"width"},
    "mtd": {"columnspan"},
}
_LAYOUT = {*formulas.CLASSES}
_CLASSES: dict[str, set[str]] = {
    "a": {"bare"},
    "bdi": {"host"},
    "code": {"tex", *code.LANGUAGE_CLASSES},
    "div": {"table", "formula"},
    "li": {"task-list-item"},
    "ul": {"contains-task-list"},
    "section": {"footnotes"},
    "span": {"task", "small-caps", *code.CLASSES},
    "sup": {"footnote"},
    "td": {"align-center", "align-end", "num"},
    "th": {"align-center", "align-end", "num"},
    **{tag: _LAYOUT for tag in ("mrow", "mspace", "mtable", "mtd")},
}

# Their time is quadratic: a hundred thousand take a tenth of a second, a million take ten.
_MOST_AMPERSANDS = 60_000

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags={"script", "style"},
    attributes=_FREE,
    tag_attribute_values=_VALUES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow ugc",
    strip_comments=True,
)


def clean(html: str) -> str:
    """Only what the list above allows.  Cleaning what was cleaned changes nothing.

    Raises ExhaustedError for what would take too long to clean.
    """
    if html.count("&amp;") > _MOST_AMPERSANDS:
        raise ExhaustedError
    return _CLEANER.clean(html)
