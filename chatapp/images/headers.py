"""Judges a picture by its first bytes, without decoding: what it is, how large, and whether to go on at all.

Neither a file's name nor its declared type is asked. Pure: bytes in, ``Header`` or ``Refused`` out.
"""

import struct
from dataclasses import dataclass

from chatapp.images import sizes, strangers
from chatapp.images.limits import MOST_BYTES
from chatapp.images.refusals import Broken, Empty, KindNotTaken, NotAPicture, TooManyBytes, Truncated
from chatapp.images.taken import Kind

# A JPEG says its size after the camera's notes, its small preview and its colour profile.
HEAD_BYTES = 256 * 1024

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG_PIXELS = frozenset({0xD9, 0xDA})


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes say; sides in px as stored, None where only the decoder finds out."""

    kind: Kind
    width: int | None = None
    height: int | None = None


def judge(head: bytes, size: int) -> Header:
    """Look at the first ``HEAD_BYTES`` of a file of ``size`` bytes. Raises Refused."""
    if size == 0:
        raise Empty
    if size > MOST_BYTES:
        raise TooManyBytes
    header = read(head, size)
    if header.width is not None and header.height is not None:
        sizes.check(header.width, header.height)
    return header


def read(head: bytes, size: int) -> Header:
    """The kind and size in the first bytes, of whatever size. Raises NotAPicture, KindNotTaken, Truncated or Broken."""
    try:
        return _read(head, size)
    except (struct.error, IndexError) as exc:
        raise Truncated from exc


def _read(head: bytes, size: int) -> Header:
    if head.startswith(_PNG):
        return _png(head)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head, size)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Header(Kind.GIF, *struct.unpack_from("<HH", head, 6))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head, size)
    if strangers.is_heic(head):
        return _heic(head, size)
    stranger = strangers.name(head)
    if stranger is None:
        raise NotAPicture
    raise KindNotTaken(what=stranger)


def _png(head: bytes) -> Header:
    length, chunk, width, height = struct.unpack_from(">I4sII", head, len(_PNG))
    if chunk != b"IHDR" or length != 13:
        raise Broken
    return Header(Kind.PNG, width, height)


def _jpeg(head: bytes, size: int) -> Header:
    at = 2
    while at + 4 <= len(head):
        if head[at] != 0xFF or head[at + 1] in _JPEG_PIXELS:
            raise Broken
        marker = head[at + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return Header(Kind.JPEG, width, height)
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        else:
            at += 2 + max(2, *struct.unpack_from(">H", head, at + 2))
    if len(head) == size:
        raise Truncated
    return Header(Kind.JPEG)


def _webp(head: bytes, size: int) -> Header:
    (length,) = struct.unpack_from("<I", head, 4)
    if length + 8 > size:
        raise Truncated
    chunk = head[12:16]
    if chunk == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", head, 24)
        return Header(Kind.WEBP, 1 + low_w + (high_w << 16), 1 + low_h + (high_h << 16))
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return Header(Kind.WEBP, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return Header(Kind.WEBP, width & 0x3FFF, height & 0x3FFF)
    raise Broken


def _heic(head: bytes, size: int) -> Header:
    """Only the decoder finds the size, but the boxes tell where the file should end."""
    at = 0
    while at + 16 <= len(head):
        (length,) = struct.unpack_from(">I", head, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, at + 8)
        if length == 0:  # to the end, wherever that is
            break
        at += max(8, length)
        if at > size:
            raise Truncated
    return Header(Kind.HEIC)
