"""Is the process alive, can it serve: for supervisors and proxies. Open to all, so it says little."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from threading import Lock, Thread

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from chatapp import wiring
from chatapp.checks import FIRST_SQLITE_WITHOUT_WAL_BUG
from chatapp.views.errors import only

ANSWER_WITHIN_SECONDS = 2.0

logger = logging.getLogger(__name__)

LEAST_FREE_BYTES = 1_000_000


def disk() -> str:
    """Whether there is room for one more question and its pictures."""
    return "disk" if shutil.disk_usage(settings.DATA_DIR).free < LEAST_FREE_BYTES else ""


# Conditions for being ready beside the database's: each returns "" or one word that says what is wrong.
conditions: list[Callable[[], str]] = [disk, wiring.trouble]

# One question at a time, in a thread of its own: a database that hangs ties up this one and no others.
_lock = Lock()
_asked: Future[str] | None = None


@login_not_required
@only("GET")
def up(request: HttpRequest) -> HttpResponseBase:
    """The process lives."""
    return JsonResponse({"up": True})


@login_not_required
@only("GET")
def ready(request: HttpRequest) -> HttpResponseBase:
    """The database answers in time, can be written and has all its tables: 200, else 503 with a word for the reason."""
    try:
        reason = _ask().result(ANSWER_WITHIN_SECONDS)
    except TimeoutError:
        reason = "database"
    if reason:
        return JsonResponse({"ready": False, "reason": reason}, status=503)
    return JsonResponse({"ready": True, "notes": _notes()})


def _ask() -> Future[str]:
    global _asked
    with _lock:
        if _asked is None or _asked.done():
            _asked = Future()
            # A daemon: it must not keep a process from its exit.
            Thread(target=_answer, args=[_asked], name="ready", daemon=True).start()
        return _asked


def _answer(asked: Future[str]) -> None:
    asked.set_result(_what_is_wrong())


def _what_is_wrong() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        if not _newest_migrations() <= applied.keys():
            return "migrations"
        # The right to write, taken and given back: a database that only reads takes no question.
        with transaction.atomic():
            pass
        return next((word for condition in conditions if (word := condition())), "")
    except Error as wrong:
        logger.warning("Not ready: the database says %s.", type(wrong).__name__)
        return "database"
    except Exception:
        logger.exception("Not ready")
        return "error"
    finally:
        connection.close()


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _notes() -> list[str]:
    if connection.vendor != "sqlite" or sqlite3.sqlite_version_info >= FIRST_SQLITE_WITHOUT_WAL_BUG:
        return []
    fixed = ".".join(map(str, FIRST_SQLITE_WITHOUT_WAL_BUG))
    return [f"SQLite {sqlite3.sqlite_version} has a rare bug in its write-ahead log, fixed in {fixed}."]
