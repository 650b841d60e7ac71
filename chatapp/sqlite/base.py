"""The database wrapper: Django's, plus one lock per process from BEGIN IMMEDIATE to the end of the transaction."""

import threading
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

TURN_TIMEOUT_SECONDS = 15.0
_turn = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite wrapper; a transaction holds the turn to write until it commits, rolls back or closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

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
