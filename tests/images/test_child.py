"""What a decoder that was taken over could still do: next to nothing."""

import os
import subprocess
import sys
import textwrap

import pytest

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
