"""The name a person's file came with, made fit to be shown. It is never part of a path, nor asked what the file is."""

import re
import unicodedata

MOST_CHARACTERS = 120
NO_NAME = "picture"
# Of the characters that are seen nowhere these two belong to words and emoji; the others could hide or turn round what
# stands next to them.
_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters by category, and blank.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LONGEST_ENDING = 12
# What a name may neither begin nor end with.
_EDGES = " .\u200c\u200d"


def display_name(raw: str) -> str:
    """The last piece of a path or name, in visible characters, at most 120 of them, never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    visible = "".join(character if _shown(character) else " " if character.isspace() else "" for character in last)
    name = " ".join(visible.split()).strip(_EDGES)
    return _cut(name) or NO_NAME


def _shown(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in _INVISIBLE and character not in _BLANKS


def _cut(name: str) -> str:
    """A name that is too long keeps its ending, as long as that is one."""
    if len(name) <= MOST_CHARACTERS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    kept = stem[: MOST_CHARACTERS - 1 - len(dot + ending)]
    # Not in the middle of a character that is made of several.
    while kept and (unicodedata.combining(stem[len(kept)]) or stem[len(kept)] in _JOINERS):
        kept = kept[:-1]
    return f"{kept.rstrip(_EDGES)}…{dot}{ending}"
