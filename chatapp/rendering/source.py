"""The text of a model, made fit to be read: what must not be shown goes, and every line ends in a line feed."""

import re

# Not shown: tag characters (they hide words from people), controls but tab and line ends, and the marks that turn the
# order of a line around (paragraphs find their direction by dir="auto").  Left and right marks and joiners stay:
# Arabic, Persian, Indic scripts and emoji need them.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
# Half a surrogate pair can be neither stored nor encoded.
_HALVES = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """The text without characters that hide or reorder; halves of surrogate pairs become U+FFFD."""
    return _HALVES.sub("\ufffd", _HIDDEN.sub("", text))


class Lines:
    r"""Turns CR and CRLF into LF in a text that arrives in pieces, wherever the pieces are cut.

    >>> lines = Lines()
    >>> lines.read("a\r") + lines.read("\nb")
    'a\nb'
    """

    def __init__(self) -> None:
        self._after_return = False

    def read(self, piece: str) -> str:
        """The next piece of the text, as it is shown."""
        piece = shown(piece)
        if not piece:
            return ""
        if self._after_return and piece[0] == "\n":
            piece = piece[1:]
            self._after_return = False
            if not piece:
                return ""
        self._after_return = piece[-1] == "\r"
        if "\r" not in piece:
            return piece
        return piece.replace("\r\n", "\n").replace("\r", "\n")
