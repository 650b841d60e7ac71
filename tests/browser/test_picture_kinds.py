"""What phones and enemies send, in a real browser: HEIC comes upright, a bomb is refused at once and costs nothing else."""

import struct
import zlib
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.tray import File, Tray, picture
from tests.browser.windows import Window
from tests.images.made import PICTURES
from tests.lab.people import Person

pytestmark = pytest.mark.browser


def bomb() -> File:
    """A PNG of 100 kB whose header promises 900 megapixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000), 0)), (b"IEND", b"")]
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return File(name="bomb.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n" + data)


def test_a_phones_heic_arrives_upright(first_page: Window) -> None:
    window, tray = first_page, Tray(first_page)
    tray.picks(File(name="IMG_0001.HEIC", mimeType="image/heic", buffer=(PICTURES / "turned.heic").read_bytes()))
    expect(tray.taken).to_have_count(1)
    window.composer.fill("What is in this picture?")
    window.composer.press("Enter")
    shown = window.page.locator(".question img")
    expect(shown).to_have_count(1)
    width, height = (int(shown.get_attribute(side) or 0) for side in ("width", "height"))
    # Stored as 96 × 128 with the note to turn it.
    assert (width, height) == (128, 96)


def test_a_bomb_is_refused_and_the_rest_is_kept(alice: Person, open_window: Callable[..., Window]) -> None:
    window = open_window(alice, "/", allow=("400 (Bad Request)",))
    tray = Tray(window)
    window.composer.fill("Keep this")
    tray.picks(picture("teal"), bomb())
    expect(tray.refusals).to_have_count(1)
    expect(tray.refusals).to_contain_text("bomb.png")
    tray.shows("teal")
    expect(window.composer).to_have_value("Keep this")
