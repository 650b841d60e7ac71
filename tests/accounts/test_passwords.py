"""Changing a password, and setting a new one by a link from a mail."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from chatapp import accounts
from chatapp.accounts.passwords import PasswordHasher
from chatapp.models import User
from tests.accounts.conftest import event, is_signed_in, masked, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "an entirely new one"
ORIGIN = "http://127.0.0.1:8000"
JSON = {"Accept": "application/json"}


def change(visitor: Client, old: str = PASSWORD, new: str = NEW, **headers: str) -> HttpResponse:
    form = {"oldpassword": old, "password1": new}
    return visitor.post("/accounts/password/change/", form, headers=headers)


def ask_for_link(visitor: Client, email: str, **headers: str) -> HttpResponse:
    return visitor.post("/accounts/password/reset/", {"email": email}, headers=headers)


def link() -> str:
    """The path in the mail sent last."""
    assert accounts.mailer.flush()
    address = next(word for word in mail.outbox[-1].body.split() if word.startswith("http"))
    assert address.startswith(f"{ORIGIN}/accounts/password/reset/key/")
    return address.removeprefix(ORIGIN)


def open_form(visitor: Client, path: str) -> str:
    """Follow the link: the token goes into the session, and out of the address."""
    form = visitor.get(path).headers["Location"]
    assert form.endswith("-set-password/")
    return form


def is_used_up(path: str) -> bool:
    return "used already" in Client().get(path).content.decode()


def test_after_a_change_this_session_goes_on_and_others_end(client_of, alice: User, security) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    assert change(here).headers["Location"] == "/settings/"
    assert "The password is changed." in here.get("/settings/").content.decode()
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(), alice.email).status_code == 200
    assert sign_in(Client(), alice.email, NEW).status_code == 302
    assert event("password changed", alice) in security()


def test_the_person_gets_a_mail_about_the_change(client_of, alice: User) -> None:
    change(client_of(alice))
    assert accounts.mailer.flush()
    assert mail.outbox[0].to == [alice.email]
    assert "was changed" in mail.outbox[0].subject
    assert "127.0.0.1" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong password", NEW, "oldpassword"),
        ("x" * 1025, NEW, "oldpassword"),
        ("\0", NEW, "oldpassword"),
        (PASSWORD, "short", "password1"),
        (PASSWORD, "x" * 1025, "password1"),
        (PASSWORD, "alice@example.com", "password1"),
        (PASSWORD, "nul\0nul\0nul\0", "password1"),
    ],
)
def test_a_bad_change_is_a_complaint_at_its_field(client_of, alice: User, old: str, new: str, field: str) -> None:
    response = change(client_of(alice), old, new, **JSON)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, [field])
    assert sign_in(Client(), alice.email).status_code == 302


def test_guessing_the_old_password_is_limited(client_of, alice: User) -> None:
    here = client_of(alice)
    assert [change(here, f"guess number {n}").status_code for n in range(6)] == [200] * 5 + [429]


def test_a_link_sets_a_new_password_and_ends_all_sessions(client_of, alice: User, security) -> None:
    elsewhere, visitor = client_of(alice), Client()
    ask_for_link(visitor, alice.email)
    response = visitor.post(open_form(visitor, link()), {"password1": NEW})
    assert response.headers["Location"] == "/accounts/password/reset/key/done/"
    assert not is_signed_in(visitor)
    assert not is_signed_in(elsewhere)
    assert sign_in(visitor, alice.email, NEW).status_code == 302
    assert event("password reset", alice) in security()


def test_a_link_works_once(visitor: Client, alice: User) -> None:
    ask_for_link(visitor, alice.email)
    path = link()
    visitor.post(open_form(visitor, path), {"password1": NEW})
    assert is_used_up(path)


def test_a_link_dies_when_the_password_is_changed(visitor: Client, alice: User, client_of) -> None:
    ask_for_link(visitor, alice.email)
    path = link()
    change(client_of(alice))
    assert is_used_up(path)


def test_a_link_dies_when_the_person_signs_in(visitor: Client, alice: User) -> None:
    ask_for_link(visitor, alice.email)
    path = link()
    sign_in(Client(), alice.email)
    assert is_used_up(path)


def test_a_link_lives_for_an_hour(visitor: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_link(visitor, alice.email)
    path = link()
    later = datetime.now() + timedelta(minutes=59)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: later)
    assert not is_used_up(path)
    later = datetime.now() + timedelta(minutes=61)
    assert is_used_up(path)


@pytest.mark.parametrize(
    "key", ["1-abc-def", "zzzzzzzzzzzzz-abc-def", "0-set-password", "1-" + "a" * 3000, "1-é", "1-%00"]
)
def test_a_forged_link_says_that_it_is_no_good(visitor: Client, alice: User, key: str) -> None:
    for method in (visitor.get, visitor.post):
        response = method(f"/accounts/password/reset/key/{key}/")
        assert response.status_code == 200
        assert "used already" in response.content.decode()
    assert visitor.get(f"/accounts/password/reset/key/{key}/", headers=JSON).status_code == 400


@pytest.mark.parametrize("password", ["", "short", "x" * 1025, "nul\0nul\0nul\0", "alice@example.com"])
def test_a_bad_new_password_leaves_the_link_usable(visitor: Client, alice: User, password: str) -> None:
    ask_for_link(visitor, alice.email)
    form = open_form(visitor, link())
    assert visitor.post(form, {"password1": password}).status_code == 200
    assert visitor.post(form, {"password1": NEW}).status_code == 302


def test_nobody_can_tell_from_the_page_who_is_known(visitor: Client, alice: User) -> None:
    known, unknown = ask_for_link(visitor, alice.email), ask_for_link(visitor, "nobody@example.com")
    assert masked(known) == masked(unknown)
    assert known.headers["Location"] == unknown.headers["Location"] == "/accounts/password/reset/done/"
    in_json = [ask_for_link(visitor, email, **JSON).json() for email in (alice.email, "nobody@example.com")]
    assert in_json == [{"url": "/accounts/password/reset/done/"}] * 2


def test_somebody_unknown_or_switched_off_gets_no_link(visitor: Client, alice: User, bob: User) -> None:
    bob.is_active = False
    bob.save()
    for email in ("nobody@example.com", bob.email):
        ask_for_link(visitor, email)
        assert accounts.mailer.flush()
        assert mail.outbox[-1].to == [email]
        assert "reset/key" not in mail.outbox[-1].body


def test_links_do_not_follow_the_host_that_was_asked(visitor: Client, alice: User) -> None:
    assert ask_for_link(visitor, alice.email, Host="evil.example").status_code == 400
    ask_for_link(visitor, alice.email, Host="localhost:6666", **{"X-Forwarded-Host": "evil.example"})
    link()
    ask_for_link(visitor, "nobody@example.com", Host="localhost:6666")
    assert accounts.mailer.flush()
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "evil.example" not in message.body
        assert "localhost" not in message.body
    assert f"{ORIGIN}/accounts/signup/" in mail.outbox[1].body


def test_a_link_opened_by_somebody_else_signs_them_out_first(client_of, alice: User, bob: User) -> None:
    ask_for_link(Client(), alice.email)
    other = client_of(bob)
    form = open_form(other, link())
    other.get(form)
    assert not is_signed_in(other)


def test_a_password_is_kept_as_django_keeps_it():
    ours, djangos = PasswordHasher(), Argon2PasswordHasher()
    kept = ours.encode(PASSWORD, ours.salt())
    assert djangos.verify(PASSWORD, kept)
    assert ours.verify(PASSWORD, djangos.encode(PASSWORD, djangos.salt()))
    assert not ours.verify(NEW, kept)
