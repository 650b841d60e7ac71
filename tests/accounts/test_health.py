"""Health: is it alive, can it serve."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from chatapp.models import User
from chatapp.views import health

# The readiness is found out by a thread of its own, which waits for a transaction that a test would hold.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def condition() -> Iterator[Callable[[Callable[[], str]], None]]:
    """Adds a condition for being ready, for the length of a test."""
    before = list(health.conditions)
    yield health.conditions.append
    health.conditions[:] = before


@pytest.mark.parametrize("address", ["/up", "/ready"])
def test_health_is_open_and_answers_head(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store, private")
    assert (visitor.head(address).status_code, visitor.head(address).content) == (200, b"")


def test_being_up_takes_no_database(visitor: Client, alice: User, client_of, django_assert_num_queries) -> None:
    for browser in (visitor, client_of(alice)):
        with django_assert_num_queries(0):
            assert browser.get("/up").json() == {"up": True}


def test_an_old_sqlite_is_named(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.sqlite3, "sqlite_version_info", (3, 51, 2))
    assert "write-ahead log, fixed in 3.51.3" in visitor.get("/ready").json()["notes"][0]
    monkeypatch.setattr(health.sqlite3, "sqlite_version_info", (3, 51, 3))
    assert visitor.get("/ready").json() == {"ready": True, "notes": []}


def test_tables_that_lack_a_migration_are_not_ready(visitor: Client) -> None:
    recorder = MigrationRecorder(connection)
    newest = max(name for app, name in recorder.applied_migrations() if app == "chatapp")
    recorder.record_unapplied("chatapp", newest)
    try:
        answer = visitor.get("/ready")
    finally:
        recorder.record_applied("chatapp", newest)
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "migrations"})
    assert visitor.get("/ready").status_code == 200


def test_the_first_condition_that_fails_is_the_reason(visitor: Client, condition) -> None:
    for word in ("", "draining", "full"):
        condition(lambda word=word: word)
    assert visitor.get("/ready").json() == {"ready": False, "reason": "draining"}


@pytest.mark.parametrize(
    ("error", "reason"), [(OperationalError("/secret/path is locked"), "database"), (KeyError("secret"), "error")]
)
def test_an_error_is_a_word_without_details(visitor: Client, condition, error: Exception, reason: str) -> None:
    def fails() -> str:
        raise error

    condition(fails)
    answer = visitor.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": reason})


def test_a_database_that_hangs_is_asked_once_and_not_waited_for(
    visitor: Client, condition, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []
    goes_on = Event()

    def hangs() -> str:
        asked.append(None)
        assert goes_on.wait(30)
        return ""

    condition(hangs)
    monkeypatch.setattr(health, "ANSWER_WITHIN_SECONDS", 0.05)
    for _ in range(3):
        assert visitor.get("/ready").json() == {"ready": False, "reason": "database"}
    goes_on.set()
    monkeypatch.setattr(health, "ANSWER_WITHIN_SECONDS", 30)
    assert visitor.get("/ready").status_code == 200
    assert len(asked) <= 2
