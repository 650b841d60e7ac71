"""System checks: what `manage.py check` and `serve` say about this machine and these settings."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register

FIRST_SQLITE_WITHOUT_WAL_BUG = (3, 51, 3)


@register()
def sqlite_version(**_: Any) -> list[CheckMessage]:
    """SQLite before 3.51.3 has a rare bug: two connections that write and checkpoint at one instant can corrupt."""
    on_sqlite = settings.DATABASES["default"]["ENGINE"] == "chatapp.sqlite"
    if on_sqlite and sqlite3.sqlite_version_info < FIRST_SQLITE_WITHOUT_WAL_BUG:
        return [
            Info(
                f"SQLite {sqlite3.sqlite_version} has a rare bug in its write-ahead log, fixed in 3.51.3.",
                hint="Install the extra `sqlite` (pysqlite3), or use PostgreSQL; keep backups either way.",
                id="chatapp.I001",
            )
        ]
    return []


@register(deploy=True)
def readable_env_file(**_: Any) -> list[CheckMessage]:
    """The .env file holds keys; others on the machine must not read it."""
    path = settings.BASE_DIR / ".env"
    if path.exists() and path.stat().st_mode & 0o004:
        return [
            Warning(f"{path.name} can be read by everyone on this machine.", hint="chmod 600 .env", id="chatapp.W001")
        ]
    return []
