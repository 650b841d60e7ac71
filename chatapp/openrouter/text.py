"""Text that can be stored: valid UTF-8 without U+0000.

JSON can spell what no database takes: ``\\ud83d`` alone, half of a surrogate pair, and ``\\u0000``. Halves that follow
each other are joined, also across two deltas. What stays unpaired, and every U+0000, becomes U+FFFD: replaced and not
dropped, because a reader should see that something was there, and because CommonMark does the same with U+0000, so
the stored and the rendered text agree.
"""

import math

REPLACEMENT = "\ufffd"
DEEPEST = 20


def storable(text: str) -> str:
    """``text`` with halves joined, lone halves and U+0000 replaced."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable_json(value: object, depth: int = 0) -> object:
    """``value`` as plain JSON that any database takes: text storable, numbers finite and of at most 64 bits."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    if depth < DEEPEST and isinstance(value, dict):
        return {storable(str(key)): storable_json(item, depth + 1) for key, item in value.items()}
    if depth < DEEPEST and isinstance(value, list):
        return [storable_json(item, depth + 1) for item in value]
    return None


class Mender:
    """Makes the deltas of one text storable, keeping half a pair back until its other half comes."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """The storable text that is certain by now; may be empty."""
        if not self._half and text.isascii() and "\0" not in text:
            return text
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return storable(text)

    def close(self) -> str:
        """What was held back: U+FFFD for half a pair, or nothing."""
        half, self._half = self._half, ""
        return REPLACEMENT if half else ""
