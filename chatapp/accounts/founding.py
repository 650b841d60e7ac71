"""The code that the first page asks for, so that whoever finds a new site first cannot make it theirs."""

import hmac
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters that are hard to confuse: 5 bits each
LENGTH = 12

logger = logging.getLogger(__name__)


def setup_code() -> str:
    """The code, made on first use and kept in DATA_DIR/setup_code, which only the operator can read.

    Empty when none is asked for, because only this machine can reach the site. Only of use while nobody has an
    account; does not ask the database. Raises ImproperlyConfigured when the file cannot be used.
    """
    if not settings.SETUP_NEEDS_CODE:
        return ""
    path = _path()
    try:
        if not path.exists():
            _make(path)
        code = path.read_text().strip()
    except OSError as wrong:
        raise ImproperlyConfigured(f"The setup code {path} cannot be used: {wrong.strerror}.") from wrong
    if len(code) < LENGTH:
        raise ImproperlyConfigured(f"{path} holds no usable code. Delete it and start again.")
    return code


def is_setup_code(given: str, code: str) -> bool:
    """Whether a person typed `code`; case, spaces and hyphens do not matter. Compared in constant time."""
    plain = given.upper().replace("-", "").replace(" ", "")
    return bool(code) and hmac.compare_digest(plain.encode(), code.encode())


def forget_setup_code() -> None:
    """Remove the code: the first account exists."""
    try:
        _path().unlink(missing_ok=True)
    except OSError as wrong:
        logger.warning("The used setup code %s could not be removed: %s.", _path(), wrong.strerror)


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup_code"


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
        # Linked when it is whole: processes that start together agree on one code, and none reads half of it.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
