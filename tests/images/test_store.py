"""Where pictures are kept."""

import os
import stat
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import pytest

from chatapp.images.refusals import NoRoom
from chatapp.images.store import PIECE_BYTES, Copy, Missing, Store
from chatapp.images.taken import Kind, Rendition, Taken

DAY_SECONDS = 24 * 3600
EVIL_NAMES = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "aside",
    "0" * 31,
    "0" * 33,
    "G" * 32,
    "A" * 32,
    "0" * 32 + "\n",
    "ab/" + "0" * 29,
    "\0" * 32,
]


def taken(original: bytes | Path = b"original", *, size: int = 8) -> Taken:
    rendition = Rendition(Kind.JPEG, 64, 64, b"model")
    thumbnail = Rendition(Kind.JPEG, 64, 64, b"thumbnail")
    return Taken(
        kind=Kind.PNG,
        width=64,
        height=64,
        size=size,
        sha256=sha256(b"original").hexdigest(),
        original=original,
        model_copy=rendition,
        thumbnail=thumbnail,
        tokens=66,
    )


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def nobody(names: Collection[str]) -> set[str]:
    return set()


def test_what_is_kept_is_read_again(store: Store) -> None:
    name = store.keep(taken())
    assert [store.read(name, copy) for copy in Copy] == [b"original", b"model", b"thumbnail"]
    assert store.path(name, Copy.MODEL).read_bytes() == b"model"


def test_an_original_on_disk_is_copied_and_left_where_it_is(store: Store, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"from disk")
    name = store.keep(taken(upload))
    assert store.read(name, Copy.ORIGINAL) == b"from disk"
    assert upload.exists()


def test_names_are_random_and_the_same_picture_gets_two(store: Store) -> None:
    names = {store.keep(taken()) for _ in range(20)}
    assert len(names) == 20
    assert all(uuid.UUID(hex=name).version == 4 for name in names)


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "pictures")
        store.keep(taken())
    finally:
        os.umask(before)
    for path in [tmp_path / "pictures", *(tmp_path / "pictures").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_name_that_we_never_gave_is_nothing(store: Store, tmp_path: Path, name: str) -> None:
    kept = store.keep(taken())
    for copy in Copy:
        with pytest.raises(Missing):
            store.read(name, copy)
        with pytest.raises(Missing):
            store.path(name, copy)
    store.remove(name)
    assert store.read(kept, Copy.MODEL) == b"model"
    assert (tmp_path / "pictures" / "aside").is_dir()


def test_a_removed_picture_is_gone_with_all_its_files(store: Store, tmp_path: Path) -> None:
    name, other = store.keep(taken()), store.keep(taken())
    store.remove(name)
    store.remove(name)
    with pytest.raises(Missing):
        store.read(name, Copy.ORIGINAL)
    assert len(files(tmp_path)) == 3
    assert store.read(other, Copy.ORIGINAL) == b"original"


def test_two_may_remove_the_same_picture_at_once(store: Store, tmp_path: Path) -> None:
    names = [store.keep(taken()) for _ in range(30)]
    failures: list[BaseException] = []

    def remove() -> None:
        try:
            for name in names:
                store.remove(name)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=remove) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert files(tmp_path) == []


def test_a_sweep_removes_what_nobody_knows_once_it_is_old(store: Store, tmp_path: Path) -> None:
    known, orphan, fresh = (store.keep(taken()) for _ in range(3))
    for name in (known, orphan):
        age(store.path(name, Copy.MODEL).parent, DAY_SECONDS + 60)
    asked: list[str] = []

    def in_use(names: Collection[str]) -> set[str]:
        asked.extend(names)
        return {known} & set(names)

    assert store.sweep(in_use) == 1
    assert sorted(asked) == sorted([known, orphan])
    assert store.read(known, Copy.MODEL) == store.read(fresh, Copy.MODEL) == b"model"
    with pytest.raises(Missing):
        store.read(orphan, Copy.MODEL)
    assert store.sweep(nobody, older_than_seconds=-60) == 2
    assert files(tmp_path) == []


def test_a_sweep_asks_for_many_names_in_few_questions(store: Store) -> None:
    names = {store.keep(taken()) for _ in range(30)}
    questions: list[Collection[str]] = []

    def everybody(some: Collection[str]) -> Collection[str]:
        questions.append(some)
        return some

    assert store.sweep(everybody, older_than_seconds=-60) == 0
    assert [sorted(question) for question in questions] == [sorted(names)]


def test_a_sweep_clears_what_a_killed_process_left_aside(store: Store, tmp_path: Path) -> None:
    for name, seconds in (("old", DAY_SECONDS + 60), ("new", 60)):
        left = tmp_path / "pictures" / "aside" / name
        left.mkdir()
        (left / "original").write_bytes(b"half")
        age(left, seconds)
    assert store.sweep(nobody) == 0
    assert [path.parent.name for path in files(tmp_path)] == ["new"]


def test_a_sweep_leaves_foreign_files_alone(store: Store, tmp_path: Path) -> None:
    stranger = tmp_path / "pictures" / "ab" / "notes.txt"
    stranger.parent.mkdir()
    stranger.write_text("mine")
    age(stranger, DAY_SECONDS * 9)
    assert store.sweep(nobody) == 0
    assert stranger.exists()


def test_an_original_that_vanished_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.keep(taken(tmp_path / "gone"))
    assert files(tmp_path) == []


def test_a_file_that_may_not_grow_leaves_nothing_and_says_that_there_is_no_room(tmp_path: Path) -> None:
    code = f"""
        import resource, sys
        from pathlib import Path
        from chatapp.images.refusals import NoRoom
        from chatapp.images.store import Store
        from tests.images.test_store import taken
        store = Store(Path({str(tmp_path)!r}) / "pictures")
        store.keep(taken(b"x" * 4096))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            store.keep(taken(b"x" * 4_000_000))
        except NoRoom as refusal:
            sys.exit(f"{{refusal.code}} {{refusal.permanent}}")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == "no_room False"
    assert len(files(tmp_path)) == 3
    assert list((tmp_path / "pictures" / "aside").iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_that_there_is_no_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "ponder-test", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make a small disk")
    try:
        store = Store(disk / "pictures")
        store.keep(taken())
        with pytest.raises(NoRoom):
            store.keep(taken(b"x" * 4_000_000))
        assert len(files(disk)) == 3
        name = store.keep(taken())
        assert store.read(name, Copy.MODEL) == b"model"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_pieces_make_the_whole_and_none_is_large(store: Store, size: int) -> None:
    data = os.urandom(size)
    name = store.keep(taken(data))
    pieces = list(store.pieces(name, Copy.ORIGINAL))
    assert b"".join(pieces) == data == store.read(name, Copy.ORIGINAL)
    assert store.size(name, Copy.ORIGINAL) == size
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)


def test_no_file_is_open_between_two_pieces(store: Store) -> None:
    name = store.keep(taken(bytes(3 * PIECE_BYTES)))
    before = set(os.listdir("/proc/self/fd"))
    begun = [store.pieces(name, Copy.ORIGINAL) for _ in range(20)]
    assert [len(next(pieces)) for pieces in begun] == [PIECE_BYTES] * 20
    assert set(os.listdir("/proc/self/fd")) == before


def test_of_a_picture_that_is_not_there_or_goes_there_are_no_pieces(store: Store) -> None:
    name = store.keep(taken(bytes(3 * PIECE_BYTES)))
    pieces = store.pieces(name, Copy.ORIGINAL)
    next(pieces)
    store.remove(name)
    for gone in (name, "0" * 32, "../../etc/passwd"):
        with pytest.raises(Missing):
            store.size(gone, Copy.ORIGINAL)
        with pytest.raises(Missing):
            next(store.pieces(gone, Copy.ORIGINAL))
    with pytest.raises(Missing):
        next(pieces)
