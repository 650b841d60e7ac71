"""Pixels to PNG or JPEG, and nothing but pixels in it."""

from io import BytesIO
from typing import Any

from PIL import Image

MODEL_QUALITY = 90
THUMBNAIL_QUALITY = 80
# Up to so many colours it is a drawing, a diagram, a page of text: JPEG would put dirt around its lines.
FEW_COLOURS = 256
# Up to so many, PNG may be the smaller one; beyond it is a photo, and trying would cost the better part of a second.
DRAWN_COLOURS = 32_768
LARGEST_PNG_BYTES = 2_000_000


def for_model(image: Image.Image, *, lossless: bool) -> bytes:
    """The model's copy of an RGB picture; ``lossless`` says that it has never been through JPEG or its like."""
    few = image.getcolors(FEW_COLOURS) is not None
    if not few and not (lossless and image.getcolors(DRAWN_COLOURS) is not None):
        return _jpeg(image)
    png = _encoded(image, "PNG")
    if few and len(png) <= LARGEST_PNG_BYTES:
        return png
    return min(png, _jpeg(image), key=len)


def thumbnail(image: Image.Image) -> bytes:
    """The thumbnail of an RGB picture of that size."""
    return _encoded(image, "JPEG", quality=THUMBNAIL_QUALITY)


def _jpeg(image: Image.Image) -> bytes:
    # Full colour resolution: coloured writing on a coloured ground is unreadable at half of it.
    return _encoded(image, "JPEG", quality=MODEL_QUALITY, subsampling="4:4:4")


def _encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    # Encoders write what they find in a picture's info: notes, profiles, places. A fresh picture has none.
    pixels = Image.new("RGB", image.size)
    pixels.paste(image)
    out = BytesIO()
    pixels.save(out, form, **options)
    return out.getvalue()
