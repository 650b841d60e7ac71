"""Whoever wants to know is told when sessions end, after the commit; and nothing secret gets into a log."""

import logging
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from chatapp import accounts
from chatapp.models import User
from tests.accounts.conftest import sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """The people whose sessions ended, in order."""
    told: list[int] = []
    take_back = accounts.on_session_end(told.append)
    yield told
    take_back()


def test_signing_out_is_told_when_the_session_is_gone(client_of, alice: User) -> None:
    visitor, sessions_left = client_of(alice), []
    store = visitor.session
    take_back = accounts.on_session_end(lambda _: sessions_left.append(store.exists(store.session_key)))
    visitor.post("/accounts/logout/")
    take_back()
    assert sessions_left == [False]


def test_every_way_a_session_ends_is_told(client_of, alice: User, ended: list[int]) -> None:
    pk = alice.pk
    client_of(alice).post("/accounts/logout/")
    assert ended == [pk]
    client_of(alice).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "an entirely new one"})
    assert ended == [pk] * 2
    alice.refresh_from_db()
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert ended == [pk] * 3
    alice.delete()
    assert ended == [pk] * 4


def test_a_reset_is_told(visitor: Client, alice: User, ended: list[int]) -> None:
    visitor.post("/accounts/password/reset/", {"email": alice.email})
    assert accounts.mailer.flush()
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))
    form = visitor.get(link.removeprefix("http://127.0.0.1:8000")).headers["Location"]
    visitor.post(form, {"password1": "short"})
    assert ended == []
    visitor.post(form, {"password1": "an entirely new one"})
    assert ended == [alice.pk]


def test_what_ends_no_session_is_not_told(visitor: Client, alice: User, ended: list[int]) -> None:
    sign_in(visitor, alice.email, "wrong password")
    sign_in(visitor, alice.email)
    visitor.post("/settings/", {"thinking_pane": "open"})
    Client().post("/accounts/logout/")
    assert ended == []


def test_it_is_told_after_the_commit_and_not_when_nothing_came_of_it(alice: User, ended: list[int]) -> None:
    alice.is_active = False
    with transaction.atomic():
        alice.save()
        assert ended == []
    assert ended == [alice.pk]
    with transaction.atomic():
        alice.save()
        transaction.set_rollback(True)
    assert ended == [alice.pk]


def test_a_listener_that_fails_stops_neither_the_others_nor_the_person(
    client_of, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    take_back = [accounts.on_session_end(lambda _: 1 // 0), accounts.on_session_end(told.append)]
    response = client_of(alice).post("/accounts/logout/")
    for undo in take_back:
        undo()
    assert response.status_code == 302
    assert told == [alice.pk]
    assert any(record.exc_info for record in caplog.records)


def test_who_took_the_callback_back_is_not_told(client_of, alice: User) -> None:
    told: list[int] = []
    accounts.on_session_end(told.append)()
    client_of(alice).post("/accounts/logout/")
    assert told == []


def test_no_password_address_session_or_token_gets_into_a_log(
    visitor: Client, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    new = "canary-of-the-new-password"
    sign_in(visitor, alice.email, "canary-of-a-wrong-password")
    sign_in(visitor, alice.email)
    session = visitor.session.session_key
    visitor.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new})
    visitor.post("/accounts/logout/")
    visitor.post("/accounts/signup/", {"email": "canary-new@example.com", "password1": new})
    visitor.post("/accounts/logout/")
    visitor.post("/accounts/password/reset/", {"email": alice.email})
    assert accounts.mailer.flush()
    link = next(word for word in mail.outbox[-1].body.split() if word.startswith("http"))
    path = link.removeprefix("http://127.0.0.1:8000")
    visitor.post(visitor.get(path).headers["Location"], {"password1": new + "er"})
    visitor.get(path)
    secrets = ["canary", alice.email, PASSWORD, session, path.split("-", 1)[1].strip("/")]
    assert "signed in" in caplog.text
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_a_forged_line_stays_in_its_line(visitor: Client, alice: User, security) -> None:
    forged = "x\n2026-01-01 ERROR fake"
    visitor.post("/accounts/login/", {"login": forged, "password": forged}, headers={"User-Agent": "\x1b[31m"})
    sign_in(visitor, alice.email, forged)
    assert all("\n" not in line and "fake" not in line for line in security())
