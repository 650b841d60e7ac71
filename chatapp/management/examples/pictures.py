"""Pictures for the examples, drawn here: a plate with figs, a receipt, and plain colours."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SCALE = 2


def plate() -> bytes:
    """Two figs on a blue plate, in the light of a window."""
    image = Image.new("RGB", (960 * SCALE, 720 * SCALE), "#d8cdbb")
    draw = ImageDraw.Draw(image)
    _ellipse(draw, (130, 120), (850, 660), "#b6a78e")
    _ellipse(draw, (120, 90), (840, 630), "#4b7fa8")
    _ellipse(draw, (190, 150), (770, 580), "#6a9bc2")
    for left, top in ((300, 240), (500, 290)):
        _ellipse(draw, (left + 20, top + 60), (left + 190, top + 220), "#3f6c90")
        _ellipse(draw, (left, top + 20), (left + 165, top + 190), "#4a2a4f")
        draw.polygon(_points((left + 55, top + 40), (left + 82, top - 25), (left + 110, top + 40)), "#5c6b3a")
        _ellipse(draw, (left + 30, top + 55), (left + 75, top + 110), "#7a4f7d")
    return _saved(image)


def receipt() -> bytes:
    """A tall slip of paper with lines that look like print."""
    image = Image.new("RGB", (420 * SCALE, 900 * SCALE), "#57534c")
    draw = ImageDraw.Draw(image)
    draw.rectangle(_points((50, 40), (370, 860)), "#f7f4ec")
    for line in range(16):
        top = 110 + line * 44
        draw.rectangle(_points((85, top), (85 + 60 + line * 37 % 110, top + 12)), "#4d4a45")
        draw.rectangle(_points((290, top), (335, top + 12)), "#4d4a45")
    return _saved(image)


def plain(colour: str, width: int, height: int) -> bytes:
    """One colour."""
    return _saved(Image.new("RGB", (width * SCALE, height * SCALE), colour))


def _ellipse(draw: ImageDraw.ImageDraw, start: tuple[int, int], end: tuple[int, int], colour: str) -> None:
    draw.ellipse(_points(start, end), colour)


def _points(*points: tuple[int, int]) -> list[tuple[int, int]]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def _saved(image: Image.Image) -> bytes:
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(SCALE)).save(out, "JPEG", quality=85)
    return out.getvalue()
