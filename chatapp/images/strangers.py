"""Kinds of files that are not taken, by their first bytes, so that a refusal can say what the file is."""

_START = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "an EPS or PostScript drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS or PostScript drawing"),
    (b"II*\0", "a TIFF picture or a camera's raw file"),
    (b"MM\0*", "a TIFF picture or a camera's raw file"),
    (b"II+\0", "a TIFF picture or a camera's raw file"),
    (b"MM\0+", "a TIFF picture or a camera's raw file"),
    (b"8BPS", "a Photoshop picture"),
    (b"gimp xcf", "a GIMP picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\1\0", "an icon"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"PK\3\4", "an archive or an office document"),
)
# "BM" alone begins many a text; a bitmap's two reserved numbers are 0, and its own header begins soon.
_BMP_RESERVED = slice(6, 10)
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF = frozenset({b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_RAW = frozenset({b"crx "})
_BRANDS_BYTES = 256
_TEXT_BYTES = 4096


def is_heic(head: bytes) -> bool:
    """Whether these bytes begin a HEIC picture: by its brand, or a general one next to which HEIC is named."""
    brands = _brands(head)
    return bool(brands) and (brands[0] in _HEIC or (brands[0] in _HEIF and not _HEIC.isdisjoint(brands)))


def name(head: bytes) -> str | None:
    """What the file is, with its article; None when that is not known."""
    for start, what in _START:
        if head.startswith(start):
            return what
    if head.startswith(b"BM") and head[_BMP_RESERVED] == bytes(4):
        return "a BMP picture"
    return _by_brand(_brands(head)) or _by_text(head)


def _brands(head: bytes) -> list[bytes]:
    """The brands of an ISO media file, the main one first; none for any other file."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head), _BRANDS_BYTES)
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]


def _by_brand(brands: list[bytes]) -> str | None:
    if not brands:
        return None
    if brands[0] in _AVIF or (brands[0] in _HEIF and not _AVIF.isdisjoint(brands)):
        return "an AVIF picture"
    if brands[0] in _HEIF:
        return "a HEIF picture of a rare kind"
    return "a camera's raw file" if brands[0] in _RAW else "a video"


def _by_text(head: bytes) -> str | None:
    text = head[:_TEXT_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text):
        return "an SVG drawing"
    return "a web page" if text.startswith((b"<!doctype html", b"<html")) else None
