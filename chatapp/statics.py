"""Static files: the styles joined into one, everything hashed and compressed, and that only when something changed."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

STAMP = "collected.sha256"
STYLES = "css/app.css"
_IMPORT = re.compile(r'@import "([^"]+)" layer\((\w+)\);')


class Storage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's, with the styles joined: in a checkout they are a file a component, a browser asks for one."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if STYLES in paths and not dry_run:
            joined = join_styles(Path(paths[STYLES][0].path(STYLES)))
            self.delete(STYLES)
            self._save(STYLES, ContentFile(joined.encode()))
            # What follows reads the collected file, not the one in the checkout.
            paths = {**paths, STYLES: (self, STYLES)}
        yield from super().post_process(paths, dry_run, **options)


def join_styles(app: Path) -> str:
    """app.css with each imported file in its place and layer."""
    return _IMPORT.sub(lambda found: f"@layer {found[2]} {{\n{(app.parent / found[1]).read_text()}}}", app.read_text())


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
    yield Path(__file__)
    for folder in settings.STATICFILES_DIRS:
        yield from sorted(path for path in Path(folder).rglob("*") if path.is_file())
