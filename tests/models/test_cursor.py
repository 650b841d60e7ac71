"""The cursor for SQLite does what Django's does."""

import asyncio
import threading
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from chatapp.models import User
from chatapp.sqlite.base import Cursor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the cursor is for SQLite"),
]


def test_it_is_the_one_in_use() -> None:
    with connection.cursor() as cursor:
        assert type(cursor) is Cursor


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("SELECT %s || '%%s' || %s", ["a", "b"], "a%sb"),
        ("SELECT '100%%' || %s", ("x",), "100%x"),
        ("SELECT %(word)s || %(word)s", {"word": "so"}, "soso"),
        ("SELECT '%s'", None, "%s"),
        ("SELECT '%%'", [], "%"),
    ],
)
def test_places_are_written_as_in_django(statement: str, values: Any, expected: str) -> None:
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(statement, values)
            assert cursor.fetchall() == [(expected,)]


def test_errors_are_djangos(alice: User) -> None:
    with connection.cursor() as cursor, pytest.raises(OperationalError, match="no such table"):
        cursor.execute("SELECT * FROM nowhere WHERE x = %s", [1])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO chatapp_user SELECT * FROM chatapp_user WHERE id = %s", [alice.pk])


def test_a_transaction_that_is_broken_takes_nothing_more(alice: User) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with connection.cursor() as cursor, pytest.raises(TransactionManagementError):
            cursor.execute("SELECT %s", [1])
        transaction.set_rollback(False)


def test_who_listens_to_statements_hears_them() -> None:
    heard: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        heard.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen), connection.cursor() as cursor:
        cursor.execute("SELECT %s", [1])
    assert heard == [("SELECT %s", [1])]


def test_it_is_not_for_the_event_loop() -> None:
    async def ask() -> None:
        connection.cursor()

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(ask())


def test_it_is_not_for_another_thread() -> None:
    caught: list[Exception] = []
    ours = connection.cursor

    def ask() -> None:
        try:
            ours()
        except DatabaseError as wrong:
            caught.append(wrong)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert "can only be used in that same thread" in str(caught[0])
