"""Making an account."""

from threading import Barrier, Thread

import pytest
from django.db import connections
from django.db.models.signals import pre_save
from django.http import HttpResponse
from django.test import Client

from chatapp.models import User
from tests.accounts.conftest import event, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

GOOD = "a good password"


def sign_up(visitor: Client, email: str, password: str = GOOD, **headers: str) -> HttpResponse:
    return visitor.post("/accounts/signup/", {"email": email, "password1": password}, headers=headers)


def test_somebody_makes_an_account_and_is_signed_in(visitor: Client, alice: User, security) -> None:
    response = sign_up(visitor, " New@Example.COM ")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert is_signed_in(visitor)
    new = User.objects.get(email="new@example.com")
    assert (new.is_staff, new.is_superuser, new.is_founder) == (False, False, False)
    assert security() == [event("account made", new), event("signed in", new)]


def test_nobody_makes_more_of_themselves_than_the_form_asks(visitor: Client, alice: User) -> None:
    form = {"email": "new@example.com", "password1": GOOD, "is_staff": "1", "is_superuser": "1", "is_founder": "1"}
    visitor.post("/accounts/signup/", form | {"public_id": str(alice.public_id), "id": str(alice.pk)})
    new = User.objects.get(email="new@example.com")
    assert (new.is_staff, new.is_superuser, new.is_founder) == (False, False, False)
    assert new.public_id != alice.public_id


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_where_sign_up_is_closed_nobody_can(visitor: Client, alice: User, settings, accept: str) -> None:
    settings.SIGNUP = "closed"
    assert "Sign-up is closed" in visitor.get("/accounts/signup/", headers={"Accept": accept}).content.decode()
    sign_up(visitor, "new@example.com", Accept=accept)
    assert list(User.objects.all()) == [alice]
    assert "/accounts/signup/" not in visitor.get("/accounts/login/").content.decode()


def test_before_the_first_administrator_nobody_can(visitor: Client, db: None) -> None:
    assert sign_up(visitor, "new@example.com").headers["Location"] == "/setup/"
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["alice@example.com", "ALICE@EXAMPLE.COM", " alice@example.com"])
def test_an_address_is_one_persons(visitor: Client, alice: User, email: str) -> None:
    response = sign_up(visitor, email)
    assert response.status_code == 200
    assert "This address cannot be used." in response.content.decode()
    assert User.objects.count() == 1


def test_nobody_learns_that_an_address_is_taken_without_a_sound_password(visitor: Client, alice: User) -> None:
    taken = sign_up(visitor, alice.email, "short", Accept="application/json").json()
    free = sign_up(visitor, "free@example.com", "short", Accept="application/json").json()
    assert taken == free
    assert list(taken["error"]["fields"]) == ["password1"]


BAD_ADDRESSES = [
    "",
    " ",
    "a",
    "a@b",
    "@example.com",
    "a@example.com\0",
    "a\r\nBcc: x@y.z@example.com",
    "a b@example.com",
]
BAD_ADDRESSES += [
    "<img src=x onerror=alert(1)>@example.com",
    "a@example.com, b@example.com",
    "a" * 250 + "@example.com",
]


@pytest.mark.parametrize("email", BAD_ADDRESSES)
def test_a_bad_address_is_a_complaint_at_its_field(visitor: Client, alice: User, email: str) -> None:
    response = sign_up(visitor, email, Accept="application/json")
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["email"]
    page = sign_up(visitor, email)
    assert page.status_code == 200
    assert "<img src=x" not in page.content.decode()
    assert User.objects.count() == 1


BAD_PASSWORDS = [
    "",
    "123456789",
    "password1234567890\0",
    "0123456789",
    "password123",
    "new-person",
    "x" * 1025,
    "x" * 900_000,
]


@pytest.mark.parametrize("password", BAD_PASSWORDS, ids=lambda password: f"{password[:12]!r}-{len(password)}")
def test_a_bad_password_is_a_complaint_at_its_field(visitor: Client, alice: User, password: str) -> None:
    response = sign_up(visitor, "new-person@example.com", password, Accept="application/json")
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["password1"]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "password", ["x0y1z2a3b4", "mit Leerzeichen", "🦉🦊🐻🐼🐨🐯🦁🐮🐷🐸", "ab" * 512, " 9 spaces "]
)
def test_any_other_password_is_taken_whole(visitor: Client, alice: User, password: str) -> None:
    sign_up(visitor, "new@example.com", password)
    assert User.objects.get(email="new@example.com").check_password(password)
    assert sign_in(Client(), "new@example.com", password).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_at_once_for_one_address_make_one_account(alice: User) -> None:
    both_have_looked = Barrier(2, timeout=10)
    answers: list[tuple[int, str]] = []

    def wait_for_the_other(instance: User, **_: object) -> None:
        # Here both forms have found the address free.
        if instance.email == "new@example.com" and instance.pk is None:
            both_have_looked.wait()

    def ask() -> None:
        response = sign_up(Client(), "new@example.com")
        answers.append((response.status_code, response.content.decode()))
        connections.close_all()

    pre_save.connect(wait_for_the_other, sender=User)
    try:
        threads = [Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        pre_save.disconnect(wait_for_the_other, sender=User)
    assert sorted(status for status, _ in answers) == [200, 302]
    assert "This address cannot be used." in next(body for status, body in answers if status == 200)
    assert User.objects.filter(email="new@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_loses_that_race_in_json_is_told_in_json(visitor: Client, alice: User) -> None:
    def rival(instance: User, **_: object) -> None:
        if instance.email == "new@example.com" and not User.objects.filter(email=instance.email).exists():
            User.objects.bulk_create([User(email=instance.email, password="!")])

    pre_save.connect(rival, sender=User)
    try:
        response = sign_up(visitor, "new@example.com", Accept="application/json")
    finally:
        pre_save.disconnect(rival, sender=User)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["email"]
