"""What a decoder that was taken over could still do: next to nothing. And that a good one lacks nothing."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.images import made, profiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")


def after_giving_away(attempt: str, *, memory_bytes: int = 500_000_000) -> str:
    """What this attempt comes to in a process that has given everything away."""
    code = f"""
        import os, socket, subprocess, sys, threading
        from chatapp.images.child import give_away
        give_away(seconds=5, memory_bytes={memory_bytes}, threads=False)
        try:
            result = {attempt}
        except BaseException as exc:
            result = type(exc).__name__ + " " + str(getattr(exc, "errno", ""))
        os.write(1, str(result).encode())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        ("open('/etc/passwd').read()", "OSError 24"),
        ("os.listdir('/')", "OSError 24"),
        ("open('mine', 'w')", "OSError 24"),
        ("socket.socket()", "OSError 24"),
        ("os.dup(1)", "OSError 24"),
        ("os.posix_spawn('/bin/true', ['true'], {})", "BlockingIOError 11"),
        ("os.fork()", "BlockingIOError 11"),
        ("threading.Thread(target=print).start()", "RuntimeError "),
        ("len(bytearray(600_000_000))", "MemoryError "),
        ("len(bytearray(100_000_000))", "100000000"),
        ("os.nice(0) >= 5", "True"),
    ],
)
def test_it_can_reach_nothing(attempt: str, outcome: str) -> None:
    assert after_giving_away(attempt) == outcome


def test_root_is_nobody_and_cannot_touch_the_server() -> None:
    if os.geteuid() == 0:
        assert after_giving_away("(os.getuid(), os.getgid(), os.getgroups())") == "(65534, 65534, [])"
        assert after_giving_away("os.kill(os.getppid(), 0)") == "PermissionError 1"
    else:
        assert after_giving_away("os.getuid()") == str(os.geteuid())


def test_what_it_prints_goes_nowhere() -> None:
    assert after_giving_away("print('noise', file=sys.stderr) or 'answer'") == "answer"


def samples() -> Iterator[tuple[str, bytes]]:
    """Pictures that between them use all of a decoder that good pictures use, with their kinds."""
    large = made.corners(2400, 1800)
    notes = {"exif": made.camera_notes(6), "xmp": b"<x/>"}
    frames = {"save_all": True, "append_images": [made.corners().rotate(180)]}
    for mode, profile in (("L", profiles.dark_grey()), ("RGB", profiles.swapped_rgb()), ("CMYK", profiles.green_ink())):
        yield "jpeg", made.saved(large.convert(mode), "JPEG", **notes, icc_profile=profile, comment=b"note", dpi=(9, 9))
    yield "jpeg", made.saved(large, "JPEG", progressive=True)
    yield "jpeg", made.saved(made.corners(), "MPO", **frames)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield (
            "png",
            made.saved(large.convert(mode), "PNG", exif=made.camera_notes(6), icc_profile=profiles.swapped_rgb()),
        )
    yield "png", made.saved(Image.new("I;16", (64, 64), 9), "PNG")
    yield "png", made.saved(made.corners().convert("P"), "PNG", transparency=b"\0\1\2", interlace=True)
    yield "png", made.saved(made.corners(), "PNG", **frames)
    yield "png", made.text_bomb(1_000)
    yield "webp", made.saved(large, "WEBP", **notes, icc_profile=profiles.swapped_rgb())
    yield "webp", made.saved(made.corners().convert("RGBA"), "WEBP", **frames, lossless=True)
    yield "gif", made.saved(made.corners().convert("P"), "GIF", transparency=3, comment=b"note")
    yield "gif", made.saved(large, "GIF", **frames)
    for name in ("turned.heic", "clear.heic"):
        yield "heic", (made.PICTURES / name).read_bytes()


def test_all_that_decoding_needs_is_loaded_before_the_first_byte_is_read(tmp_path: Path) -> None:
    """Afterwards no file can be opened: a module that comes late would make a good picture a broken one."""
    for number, (kind, data) in enumerate(samples()):
        (tmp_path / f"{number:02}.{kind}").write_bytes(data)
    code = f"""
        import sys
        from pathlib import Path
        from chatapp.images.copies import make_copies, prepare
        from chatapp.images.taken import Kind
        for path in sorted(Path({str(tmp_path)!r}).iterdir()):
            kind, data = Kind(path.suffix[1:]), path.read_bytes()
            prepare(kind)
            before = set(sys.modules)
            make_copies(data, kind)
            print(path.name, *(set(sys.modules) - before))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == sorted(path.name for path in tmp_path.iterdir())
