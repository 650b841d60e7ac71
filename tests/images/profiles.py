"""Colour profiles written by hand, each so odd that it shows whether it was used."""

import struct


def swapped_rgb() -> bytes:
    """An RGB profile in which red and blue have changed places."""
    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    line = b"curv" + bytes(4) + struct.pack(">I", 0)
    return _profile(
        b"RGB ",
        b"XYZ ",
        {b"rXYZ": _xyz(*blue), b"gXYZ": _xyz(*green), b"bXYZ": _xyz(*red), b"rTRC": line, b"gTRC": line, b"bTRC": line},
    )


def dark_grey() -> bytes:
    """A grey profile with gamma 4: the middle is much darker than in sRGB."""
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, 4 << 8)})


def green_ink() -> bytes:
    """A CMYK profile in which any ink is green, whatever it is called."""
    ramp = bytes(range(256))
    paper, ink = bytes((255, 128, 128)), bytes((128, 20, 200))
    grid = paper + ink * 15
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0))
    table += struct.pack(">9i", *(65536 if at in {0, 4, 8} else 0 for at in range(9)))
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table + ramp * 4 + grid + ramp * 3})


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def _profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": _xyz(0.9642, 1.0, 0.8249), **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(
        ">I4sI4s4s4s12s4s4s",
        start + len(body),
        bytes(4),
        0x02400000,
        kind,
        space,
        connection,
        bytes(12),
        b"acsp",
        bytes(4),
    )
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1.0, 0.8249)))
    return head.ljust(128, b"\0") + table + body
