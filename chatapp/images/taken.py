"""What comes out of the intake."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """A kind of picture, as the bytes say."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    GIF = "gif"
    HEIC = "heic"

    @property
    def media_type(self) -> str:
        """As in Content-Type."""
        return f"image/{self.value}"


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture of our own making: upright, sRGB, without metadata. Sides in px."""

    kind: Kind
    width: int
    height: int
    data: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """As in Content-Type."""
        return self.kind.media_type


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that is taken. ``width`` and ``height`` (px) are the original's when it stands upright.

    ``original`` is what was given, untouched, of ``size`` bytes; ``sha256`` is its hash in hexadecimal. ``model_copy``
    is PNG or JPEG and what the model gets, ``tokens`` what that counts for; ``thumbnail`` is JPEG.
    """

    kind: Kind
    width: int
    height: int
    size: int
    sha256: str
    original: bytes | Path = field(repr=False)
    model_copy: Rendition
    thumbnail: Rendition
    tokens: int
