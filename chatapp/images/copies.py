"""Bytes of a picture to its copies: first frame, upright, sRGB on white, without metadata. Runs in the child only."""

import warnings
from importlib import import_module
from io import BytesIO
from typing import Any

# Loaded before the bytes are looked at: afterwards the child can open no file.
from PIL import ExifTags, Image, ImageColor, ImagePalette, MpoImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401

from chatapp.images import colours, encode, sizes
from chatapp.images.limits import MOST_PIXELS
from chatapp.images.refusals import Bomb, Broken, Refused, TooMuchMemory, Truncated
from chatapp.images.taken import Kind
from chatapp.images.verdict import Copies

_FORMATS = {Kind.PNG: "PNG", Kind.JPEG: "JPEG", Kind.WEBP: "WEBP", Kind.GIF: "GIF", Kind.HEIC: "HEIF"}
_LOSSLESS = frozenset({Kind.PNG, Kind.GIF, Kind.WEBP})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTERS = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))


def prepare(kind: Kind) -> None:
    """Load what decodes this kind, and nothing that decodes others but what Pillow always loads."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    if kind is Kind.HEIC:
        # Without types. More threads would cost more memory; what else is in the file costs time and helps nobody.
        plugin: Any = import_module("pi_heif")
        plugin.register_heif_opener(decode_threads=0, thumbnails=False, depth_images=False, aux_images=False)


def make_copies(data: bytes, kind: Kind) -> Copies:
    """Decode a picture of that kind, after ``prepare``. Raises Refused, whatever the decoder raised."""
    try:
        with warnings.catch_warnings():
            # Decoders warn of what hurts nobody, and only warn of what does.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _make_copies(data, kind)
    except Refused:
        raise
    except Exception as exc:
        raise _refusal(exc) from exc


def _make_copies(data: bytes, kind: Kind) -> Copies:
    image: Image.Image = Image.open(BytesIO(data), formats=(_FORMATS[kind],))
    size = _loaded(image)
    turn = _turn(image)
    profile = image.info.get("icc_profile")
    image = _resized(colours.on_white(image), sizes.for_model(*size))
    image = colours.to_srgb(image, profile)
    if turn is not None:
        image = image.transpose(turn)
    model = encode.for_model(image, lossless=kind in _LOSSLESS)
    small = image.resize(sizes.for_thumbnail(*image.size), Image.Resampling.LANCZOS, reducing_gap=3)
    width, height = size[::-1] if turn in _QUARTERS else size
    return Copies(width, height, model, encode.thumbnail(small))


def _loaded(image: Image.Image) -> tuple[int, int]:
    """Decode it, and give its size in px, as stored."""
    # Again: the decoder may find another size than the first bytes told, and another one while it decodes.
    size = image.size
    sizes.check(*size)
    # JPEG, and nothing else, can be decoded at a half of its size or less: a third of the time, a quarter of the
    # memory, and the difference is far below what encoding costs anyway.
    drafted = image.draft(None, sizes.for_model(*size)) is not None
    image.load()
    if not drafted:
        size = image.size
        sizes.check(*size)
    return size


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What makes it upright. HEIC comes upright from its decoder."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # notes of a camera, or of who edited them: any rubbish may be in there, and none matters
        return None


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _refusal(exc: Exception) -> Refused:
    """What a decoder's error means; only its words say that."""
    words = str(exc).lower()
    if isinstance(exc, Image.DecompressionBombWarning | Image.DecompressionBombError):
        return Bomb()
    if "decompressed data too large" in words or "text chunks" in words:
        return Bomb()
    if isinstance(exc, MemoryError) or "memory" in words:
        return TooMuchMemory()
    if "truncated" in words or "end of file" in words or isinstance(exc, EOFError):
        return Truncated()
    return Broken()
