"""Children that hang, die, lie, or ask for too much; and how many there are at once."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chatapp.images import refusals
from chatapp.images.intake import CHILD, Intake
from chatapp.images.refusals import Refused
from chatapp.images.verdict import Copies, pack
from tests.images import made

PICTURE = made.saved(made.corners(), "PNG")
THUMBNAIL = made.saved(made.corners(), "JPEG")
PATIENCE_SECONDS = 60


def child(code: str) -> list[str]:
    """A child that does this instead of decoding."""
    return [sys.executable, "-c", "import os, sys, time; " + code]


def writing(answer: bytes) -> list[str]:
    return child(f"sys.stdout.buffer.write({answer!r})")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (child("os.kill(os.getpid(), 11)"), refusals.Broken),
        (child("os.abort()"), refusals.Broken),
        (child("os.kill(os.getpid(), 9)"), refusals.TooMuchMemory),
        (child("os.kill(os.getpid(), 24)"), refusals.TooSlow),
        (child("pass"), refusals.Broken),
        (child("print('hello')"), refusals.Broken),
        (child("os.write(1, bytes(60_000)) and [os.write(1, bytes(60_000)) for _ in range(400)]"), refusals.Broken),
        (child("import no_such_decoder"), refusals.NoDecoder),
        (child("sys.exit(3)"), refusals.NoDecoder),
        (["/no/such/python"], refusals.NoDecoder),
    ],
    ids=[
        "crash",
        "abort",
        "out of memory",
        "out of time",
        "silence",
        "noise",
        "flood",
        "no decoder",
        "exit",
        "no python",
    ],
)
def test_a_child_that_fails_is_a_refusal_in_words(tmp_path: Path, command: list[str], refusal: type[Refused]) -> None:
    intake = Intake(folder=tmp_path, command=command, seconds=20)
    with pytest.raises(refusal):
        intake.examine(PICTURE)


@pytest.mark.parametrize(
    "answer",
    [
        pack(Copies(128, 96, b"<script>", THUMBNAIL)),
        pack(Copies(128, 96, made.saved(made.corners(), "GIF"), THUMBNAIL)),
        pack(Copies(128, 96, made.plain_png(2_000, 2_000), THUMBNAIL)),
        pack(Copies(128, 96, PICTURE, PICTURE)),
        pack(Copies(128, 96, PICTURE, made.saved(made.corners(400, 300), "JPEG"))),
        pack(Copies(0, 0, PICTURE, THUMBNAIL)),
        pack(Copies(4_000_000_000, 4_000_000_000, PICTURE, THUMBNAIL)),
        pack(Copies(128, 96, PICTURE, b"")),
    ],
    ids=[
        "no picture",
        "other kind",
        "too large",
        "thumbnail of other kind",
        "large thumbnail",
        "no size",
        "huge size",
        "no thumbnail",
    ],
)
def test_what_a_child_says_is_not_believed(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(Refused):
        Intake(folder=tmp_path, command=writing(answer), seconds=20).examine(PICTURE)


def test_what_a_child_says_is_taken_when_our_own_eyes_confirm_it(tmp_path: Path) -> None:
    answer = pack(Copies(128, 96, PICTURE, THUMBNAIL))
    taken = Intake(folder=tmp_path, command=writing(answer), seconds=20).examine(PICTURE)
    assert (taken.model_copy.data, taken.thumbnail.data) == (PICTURE, THUMBNAIL)


def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    intake = Intake(
        folder=tmp_path, seconds=1, command=child(f"open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    )
    begun = time.monotonic()
    with pytest.raises(refusals.TooSlow):
        intake.examine(PICTURE)
    assert time.monotonic() - begun < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_child_that_closes_its_mouth_and_stays_is_ended(tmp_path: Path) -> None:
    intake = Intake(folder=tmp_path, seconds=1, command=child("os.close(1); os.close(2); time.sleep(600)"))
    with pytest.raises(refusals.TooSlow):
        intake.examine(PICTURE)


def test_a_picture_made_to_take_for_ever_is_given_up(tmp_path: Path) -> None:
    slow = made.slow_jpeg(2_000)
    assert len(slow) < 2_000_000
    with pytest.raises(refusals.TooSlow):
        Intake(folder=tmp_path, seconds=1).examine(slow)


def test_a_picture_that_needs_more_memory_than_it_may_have_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(refusals.TooMuchMemory):
        Intake(folder=tmp_path, seconds=20, memory_bytes=250_000_000).examine(made.plain_png(8_000, 5_000, colour=6))


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_a_child_killed_in_the_middle_is_a_refusal_and_the_next_picture_is_taken(tmp_path: Path) -> None:
    intake = Intake(folder=tmp_path, seconds=PATIENCE_SECONDS, workers=1)
    slow = made.slow_jpeg(20_000)
    refused: list[Refused] = []

    def examine() -> None:
        try:
            intake.examine(slow)
        except Refused as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=examine)
    thread.start()
    until(lambda: any(decoding(pid) for pid in children()))
    for pid in filter(decoding, children()):
        os.kill(pid, signal.SIGSEGV)
    thread.join(PATIENCE_SECONDS)
    assert [refusal.code for refusal in refused] == ["broken"]
    assert intake.examine(PICTURE).width == 128


def children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def decoding(pid: int) -> bool:
    """Whether this child has given away what it had and is at work."""
    with suppress(OSError):
        ours = CHILD[-1].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        return ours and "Max file size             0 " in Path(f"/proc/{pid}/limits").read_text()
    return False


class Crowd:
    """Pictures handed in from many threads, with children that wait until they are let go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: list[str] = []
        self._threads: list[threading.Thread] = []
        answer = pack(Copies(128, 96, PICTURE, THUMBNAIL))
        self.command = child(
            f"open(f'{folder}/begun-{{os.getpid()}}', 'w').close()\n"
            f"while not os.path.exists('{folder}/go'): time.sleep(0.005)\n"
            f"sys.stdout.buffer.write({answer!r})"
        )

    def hand_in(self, intake: Intake, count: int) -> None:
        def examine() -> None:
            try:
                self.outcomes.append(intake.examine(PICTURE).kind)
            except Refused as refusal:
                self.outcomes.append(refusal.code)

        for _ in range(count):
            self._threads.append(threading.Thread(target=examine))
            self._threads[-1].start()

    def begun(self) -> int:
        return len(list(self.folder.glob("begun-*")))

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    crowd = Crowd(tmp_path)
    yield crowd
    crowd.let_go()
    crowd.wait()


def test_two_at_once_and_the_others_wait_their_turn(tmp_path: Path, crowd: Crowd) -> None:
    intake = Intake(
        folder=tmp_path, command=crowd.command, workers=2, seconds=PATIENCE_SECONDS, waiting_seconds=PATIENCE_SECONDS
    )
    crowd.hand_in(intake, 6)
    until(lambda: crowd.begun() == 2)
    impatient = Intake(folder=tmp_path, command=crowd.command)
    # Time enough for a third one to begin, if it could: another intake's child does.
    crowd.hand_in(impatient, 1)
    until(lambda: crowd.begun() == 3)
    assert crowd.outcomes == []
    crowd.let_go()
    crowd.wait()
    assert crowd.begun() == 7
    assert crowd.outcomes == ["png"] * 7


def test_who_waits_too_long_is_told_to_come_again(tmp_path: Path, crowd: Crowd) -> None:
    intake = Intake(folder=tmp_path, command=crowd.command, workers=1, seconds=PATIENCE_SECONDS, waiting_seconds=0.05)
    crowd.hand_in(intake, 1)
    until(lambda: crowd.begun() == 1)
    with pytest.raises(refusals.Busy) as caught:
        intake.examine(PICTURE)
    assert not caught.value.permanent


def test_a_turn_is_given_back_after_every_kind_of_end(tmp_path: Path) -> None:
    intake = Intake(folder=tmp_path, workers=1, seconds=1, waiting_seconds=1, command=child("os.abort()"))
    for _ in range(4):
        with pytest.raises(refusals.Broken):
            intake.examine(PICTURE)


def test_what_costs_nothing_to_refuse_waits_for_nobody(tmp_path: Path, crowd: Crowd) -> None:
    intake = Intake(folder=tmp_path, command=crowd.command, workers=1, waiting_seconds=0.05, seconds=PATIENCE_SECONDS)
    crowd.hand_in(intake, 1)
    until(lambda: crowd.begun() == 1)
    with pytest.raises(refusals.KindNotTaken):
        intake.examine(b"%PDF-1.4\n")


def test_the_servers_secrets_are_not_in_a_childs_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-CANARY")
    seen = tmp_path / "seen"
    with pytest.raises(refusals.Broken):
        Intake(folder=tmp_path, command=child(f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)))")).examine(
            PICTURE
        )
    assert "CANARY" not in seen.read_text()
    assert "PATH" not in seen.read_text().replace("LD_LIBRARY_PATH", "")


def test_a_broken_installation_is_logged_with_its_reason_and_nothing_of_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="chatapp.images")
    with pytest.raises(refusals.NoDecoder):
        Intake(folder=tmp_path, command=child("import no_such_decoder")).examine(PICTURE)
    assert len(caplog.messages) == 1
    assert "No module named 'no_such_decoder'" in caplog.text
    assert "png" in caplog.text


def test_a_full_disk_is_no_fault_of_the_picture(tmp_path: Path) -> None:
    code = f"""
        import resource, sys
        from pathlib import Path
        from chatapp.images.intake import Intake
        from chatapp.images.refusals import NoRoom
        from tests.images.test_processes import PICTURE
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(PICTURE) - 1, len(PICTURE) - 1))
        try:
            Intake(folder=Path({str(tmp_path)!r})).examine(PICTURE)
        except NoRoom as refusal:
            sys.exit(refusal.code)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.stderr.strip() == "no_room"
    assert list(tmp_path.iterdir()) == []


def test_the_server_stays_small_and_loads_neither_a_decoder_nor_django(tmp_path: Path) -> None:
    pictures = {
        "a": made.plain_png(30_000, 30_000, depth=1),
        "b": made.plain_png(8_000, 5_000, colour=6),
        "c": made.text_bomb(80_000_000),
        "d": made.profile_bomb(80_000_000),
        "e": made.noise("PNG") + bytes(9_900_000 - len(made.noise("PNG"))),
    }
    for name, data in pictures.items():
        (tmp_path / name).write_bytes(data)
    code = f"""
        import resource, sys
        from contextlib import suppress
        from pathlib import Path
        from chatapp.images import names, store
        from chatapp.images.intake import Intake
        from chatapp.images.refusals import Refused
        loaded = {{"PIL", "pi_heif", "django"}} & set(sys.modules)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        intake = Intake(folder=Path({str(tmp_path)!r}), seconds=2)
        for path in sorted(Path({str(tmp_path)!r}).iterdir()):
            with suppress(Refused):
                intake.examine(path.read_bytes())
        print(loaded or "nothing", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    loaded, grown = done.stdout.split()
    assert loaded == "nothing"
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 40 * 2**20
