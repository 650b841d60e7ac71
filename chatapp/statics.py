"""Static files, collected only when they changed: a second start must not wait for compression."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

STAMP = "collected.sha256"


def collect() -> None:
    """Collect, hash and compress the static files, unless that was done for just these."""
    digest, stamp = _digest(), settings.STATIC_ROOT / STAMP
    if stamp.exists() and stamp.read_text() == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest)


def _digest() -> str:
    found = hashlib.sha256(settings.RELEASE.encode())
    for path in _files():
        found.update(str(path).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _files() -> Iterator[Path]:
    for folder in settings.STATICFILES_DIRS:
        yield from sorted(path for path in Path(folder).rglob("*") if path.is_file())
