"""What a child may answer, as bytes on a pipe: two renditions with the original's size, or the code of a refusal.

    T  width height  length of the model's copy  length of the thumbnail  model's copy  thumbnail
    R  width height  code

Numbers are unsigned, 32 bits, big-endian. The reader believes nothing: a decoder may have been taken over.
"""

import struct
from dataclasses import dataclass

from chatapp.images.refusals import BY_CODE, Broken, Refused

_TAKEN = struct.Struct(">cIIII")
_REFUSED = struct.Struct(">cII")


@dataclass(frozen=True, slots=True)
class Copies:
    """The original's upright size in px, and the bytes of the two renditions."""

    width: int
    height: int
    model: bytes
    thumbnail: bytes


def pack(copies: Copies) -> bytes:
    """The answer of a child that could decode."""
    head = _TAKEN.pack(b"T", copies.width, copies.height, len(copies.model), len(copies.thumbnail))
    return head + copies.model + copies.thumbnail


def pack_refusal(refusal: Refused) -> bytes:
    """The answer of a child that refuses."""
    width, height = (int(refusal.facts.get(side, 0)) for side in ("width", "height"))
    return _REFUSED.pack(b"R", width, height) + refusal.code.encode()


def unpack(answer: bytes) -> Copies:
    """What a child answered. Raises the child's refusal; Broken when the answer is none."""
    try:
        return _unpack(answer)
    except (struct.error, ValueError, KeyError) as exc:
        raise Broken from exc


def _unpack(answer: bytes) -> Copies:
    if answer.startswith(b"R"):
        _, width, height = _REFUSED.unpack_from(answer)
        raise BY_CODE[answer[_REFUSED.size :].decode("ascii")](width=width, height=height)
    mark, width, height, model, thumbnail = _TAKEN.unpack_from(answer)
    if mark != b"T" or len(answer) != _TAKEN.size + model + thumbnail:
        raise Broken
    body = answer[_TAKEN.size :]
    return Copies(width, height, body[:model], body[model:])
