"""The database wrapper: Django's, plus one lock per process from BEGIN IMMEDIATE to the end of the transaction, and a
cursor with fewer calls between a statement and the library."""

import threading
from collections.abc import Mapping
from functools import lru_cache
from sqlite3 import dbapi2
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError
from django.utils.asyncio import async_unsafe

TURN_TIMEOUT_SECONDS = 15.0
_turn = threading.Lock()


class Cursor(CursorWrapper):
    """Django's cursor, but it goes straight to the library's, and a statement is put into SQLite's words once."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        if params is None or self.db.execute_wrappers or isinstance(params, Mapping):
            return super().execute(sql, params)
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            return _execute(self.cursor, _in_its_words(sql), params)


_execute = dbapi2.Cursor.execute


@lru_cache(maxsize=1000)
def _in_its_words(sql: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite wrapper; a transaction holds the turn to write until it commits, rolls back or closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

    @async_unsafe
    def cursor(self) -> Any:
        if self.connection is None or self.queries_logged:
            return super().cursor()
        self.validate_thread_sharing()
        with self.wrap_database_errors:
            return Cursor(self.connection.cursor(factory=base.SQLiteCursorWrapper), self)

    def _start_transaction_under_autocommit(self) -> None:
        if not _turn.acquire(timeout=TURN_TIMEOUT_SECONDS):
            raise OperationalError("database is locked")
        self._has_turn = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        # After a failed COMMIT the transaction is still open: Django rolls it back next, and that ends the turn.
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()
