"""Any mode and colour profile to sRGB on white, as a person sees the picture."""

import contextlib
from io import BytesIO

from PIL import Image, ImageCms

# The largest profiles in use, those of printing presses, have about 3 MB.
LARGEST_PROFILE_BYTES = 4_000_000
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


def on_white(image: Image.Image) -> Image.Image:
    """The same picture in L, RGB or CMYK: 16 bits scaled to 8, palettes resolved, what is transparent put on white."""
    if image.mode.startswith(("I", "F")):
        image = _in_eight_bits(image)
    if image.has_transparency_data:
        return _flattened(image)
    if image.mode in _SPACES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An L, RGB or CMYK picture in sRGB. A profile that cannot be read, or is for other colours, is left aside."""
    if profile and len(profile) <= LARGEST_PROFILE_BYTES:
        with contextlib.suppress(OSError, ValueError, ImageCms.PyCMSError):
            return _by_profile(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    # A plain conversion would cut everything above 255, which is nearly everything, to white.
    grey = image.point(lambda level: level * (1 / 256)).convert("L")
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.info["transparency"] = key >> 8
    return grey


def _flattened(image: Image.Image) -> Image.Image:
    grey = image.mode in {"1", "L", "LA", "La"}
    mode = "LA" if grey else "RGBA"
    # At full size each needless copy costs up to 160 MB.
    layer = image if image.mode == mode else image.convert(mode)
    white = Image.new("L" if grey else "RGB", image.size, "white")
    white.paste(layer, mask=layer)
    return white


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    if source.profile.xcolor_space.strip() != _SPACES[image.mode]:
        raise ValueError("a profile for other colours than the picture has")
    turned = ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if turned is None:
        raise ValueError("no new picture")
    return turned
