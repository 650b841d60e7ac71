"""Text as tokens: cut into the pieces a model would stream, and counted at about four Latin letters or one CJK sign."""

import re
from collections.abc import Iterator

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_PIECE = re.compile(
    rf"[{_WIDE}\u3000-\u303f]"  # a sign of its own
    rf"| ?[^\W\d_{_WIDE}]{{1,6}}"  # up to six letters with the space before them
    r"| ?\d{1,3}"
    r"|\n+"
    r"| ?[^\w\s]{1,2}"
    r"|\s{1,8}"
    r"|.",
    re.DOTALL,
)
_WIDE_SIGNS = re.compile(rf"[{_WIDE}]+")
LETTERS_PER_TOKEN = 4


def split(text: str) -> Iterator[str]:
    """The pieces of a text, in order; joined they are the text."""
    return (found[0] for found in _PIECE.finditer(text))


def estimate(text: str) -> int:
    """How many tokens a text of the prompt counts for."""
    wide = sum(len(run) for run in _WIDE_SIGNS.findall(text))
    return wide + -(-(len(text) - wide) // LETTERS_PER_TOKEN)
