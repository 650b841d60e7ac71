"""Pictures in a request: their size, read from the first bytes by hand, and the tokens they count for."""

import base64
import binascii
import math
import re
import struct
from dataclasses import dataclass, field

from chatapp.simulator.colours import Colours, look

TOKEN_SIDE_PX = 32
LEAST_PX = 65_536
MOST_PX = 2_621_440
FRAME_TOKENS = 2
LEAST_SIDE_PX = 10
MOST_RATIO = 200
DATA_URL_LIMIT = 10_485_760
# Room for a JPEG whose size comes after its camera notes and colour profile.
_HEADER_BYTES = 512 * 1024

_DATA_URL = re.compile(r"data:image/([a-z0-9.+-]+);base64,", re.IGNORECASE)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


class Unreadable(Exception):
    """Not a picture that the model would take; the text says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the question; sides in px, None where only the sender knows (a URL, or another format)."""

    width: int | None
    height: int | None
    data: bytes = field(default=b"", repr=False)

    @property
    def colours(self) -> Colours | None:
        """What is really in it; None when it was not sent along or cannot be decoded."""
        return look(self.data) if self.data else None

    @property
    def tokens(self) -> int:
        """What it counts for."""
        if self.width is None or self.height is None:
            return LEAST_PX // TOKEN_SIDE_PX**2 + FRAME_TOKENS
        return picture_tokens(self.width, self.height)


def read_picture(url: str) -> Picture:
    """Look at an image_url of a request. Nothing is fetched. Raises Unreadable."""
    if url.startswith(("http://", "https://")):
        return Picture(None, None)
    found = _DATA_URL.match(url[:100])
    if found is None:
        raise Unreadable("Invalid image URL")
    if len(url) > DATA_URL_LIMIT:
        raise Unreadable(f"Exceeded limit on max bytes per data-uri item : {DATA_URL_LIMIT}")
    data = _first_bytes(url, found.end())
    size = picture_size(data)
    if size is None:
        if found[1].lower() in {"png", "jpeg", "jpg"}:
            raise Unreadable("The image could not be decoded.")
        return Picture(None, None)
    if min(size) <= LEAST_SIDE_PX or max(size) > MOST_RATIO * min(size):
        raise Unreadable("The image length and width do not meet the model restrictions.")
    return Picture(*size, data=_all_bytes(url, found.end()))


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in px of a PNG or JPEG; None for anything else."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    return None


def picture_tokens(width: int, height: int) -> int:
    """One token for each square of 32 px, after scaling into the allowed area, and two around them."""
    side = TOKEN_SIDE_PX
    across, down = max(side, round(width / side) * side), max(side, round(height / side) * side)
    if across * down > MOST_PX:
        scale = math.sqrt(width * height / MOST_PX)
        across = max(side, math.floor(width / scale / side) * side)
        down = max(side, math.floor(height / scale / side) * side)
    elif across * down < LEAST_PX:
        scale = math.sqrt(LEAST_PX / (width * height))
        across, down = math.ceil(width * scale / side) * side, math.ceil(height * scale / side) * side
    return (across // side) * (down // side) + FRAME_TOKENS


def _first_bytes(url: str, start: int) -> bytes:
    end = min(len(url), start + _HEADER_BYTES)
    end -= (end - start) % 4 if end < len(url) else 0
    try:
        return base64.b64decode(url[start:end], validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable("The image is not valid base64.") from exc


def _all_bytes(url: str, start: int) -> bytes:
    try:
        return base64.b64decode(url[start:], validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable("The image is not valid base64.") from exc


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        # A marker may be padded, and some stand alone without a length.
        alone = marker == 0xFF or marker in _JPEG_ALONE
        at += (1 if marker == 0xFF else 2) if alone else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
