"""Titles of conversations: cleaned, and made of a question's words."""

import re
import unicodedata

TITLE_MAX_CHARS = 200
TITLE_FROM_QUESTION_CHARS = 60
PICTURE_TITLE = "A picture"


def clean_title(title: str) -> str:
    """One line of visible text: controls, direction overrides and tag characters are dropped (not joiners in emoji)."""
    kept = (
        " " if ch.isspace() else ch
        for ch in title
        if ch == "\u200d" or ch.isspace() or unicodedata.category(ch) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join("".join(kept).split())[:TITLE_MAX_CHARS]


def title_from(question: str) -> str:
    """A title made of the question's first words, cut at a word where the script has words."""
    first = next((line for line in question.splitlines() if clean_title(line)), "")
    title = clean_title(re.sub(r"^[\s#>*\-`]+", "", first)) or clean_title(first)
    if len(title) <= TITLE_FROM_QUESTION_CHARS:
        return title
    cut = title[: TITLE_FROM_QUESTION_CHARS - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > TITLE_FROM_QUESTION_CHARS // 2 else cut).rstrip(" ,;:.") + "…"
