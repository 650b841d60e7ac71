"""Signing in and out."""

import pytest
from django.conf import settings
from django.test import Client

from chatapp.models import User
from tests.accounts.conftest import event, is_signed_in, masked, sign_in

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def test_somebody_signs_in_with_address_and_password(visitor: Client, alice: User, security) -> None:
    response = sign_in(visitor, "alice@example.com")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert is_signed_in(visitor)
    assert security() == [event("signed in", alice)]


@pytest.mark.parametrize("typed", ["ALICE@example.com", "Alice@Example.Com", "  alice@example.com "])
def test_case_and_spaces_around_the_address_do_not_matter(visitor: Client, alice: User, typed: str) -> None:
    assert sign_in(visitor, typed).status_code == 302


def test_the_password_is_taken_as_it_is(visitor: Client, alice: User) -> None:
    password = "  ünï🦉 spaces at both ends  " + "x" * 900
    alice.set_password(password)
    alice.save()
    assert sign_in(visitor, alice.email, password.strip()).status_code == 200
    assert sign_in(visitor, alice.email, password[:128]).status_code == 200
    assert sign_in(visitor, alice.email, password).status_code == 302


def test_nobody_can_tell_a_wrong_password_from_an_unknown_address(visitor: Client, alice: User, security) -> None:
    known = sign_in(visitor, alice.email, "wrong password")
    unknown = sign_in(visitor, "nobody@example.com", "wrong password")
    assert masked(known, alice.email) == masked(unknown, "nobody@example.com")
    assert "The address or the password is not right." in known.content.decode()
    assert security() == [event("sign-in failed", alice), event("sign-in failed")]


def test_somebody_switched_off_looks_unknown_without_the_password(visitor: Client, alice: User) -> None:
    alice.is_active = False
    alice.save()
    known = sign_in(visitor, alice.email, "wrong password")
    assert masked(known, alice.email) == masked(sign_in(visitor, "no@example.com", "wrong password"), "no@example.com")


def test_somebody_switched_off_is_told_with_the_right_password(visitor: Client, alice: User, security) -> None:
    alice.is_active = False
    alice.save()
    assert sign_in(visitor, alice.email).headers["Location"] == "/accounts/inactive/"
    assert not is_signed_in(visitor)
    assert event("sign-in refused", alice) in security()


def test_in_json_it_says_where_to_go_or_what_is_wrong(visitor: Client, alice: User) -> None:
    wrong = sign_in(visitor, alice.email, "wrong password", **JSON)
    assert wrong.status_code == 400
    assert wrong.json()["error"] == {
        "code": "invalid",
        "message": "The address or the password is not right.",
        "fields": {"__all__": ["The address or the password is not right."]},
    }
    right = sign_in(visitor, alice.email, **JSON)
    assert (right.status_code, right.json()) == (200, {"url": "/"})
    assert is_signed_in(visitor)
    assert visitor.get("/accounts/login/", headers=JSON).json() == {"url": "/"}
    assert visitor.post("/accounts/logout/", headers=JSON).json() == {"url": "/accounts/login/"}
    assert visitor.get("/accounts/login/", headers=JSON).status_code == 406


def test_a_session_chosen_before_is_not_the_session_after(visitor: Client, alice: User) -> None:
    name = settings.SESSION_COOKIE_NAME
    visitor.cookies[name] = chosen = "attackerchosenattackerchosen1234"
    sign_in(visitor, alice.email)
    assert visitor.cookies[name].value != chosen
    other = Client()
    other.cookies[name] = chosen
    assert not is_signed_in(other)


def test_a_session_from_before_dies_when_somebody_signs_in(visitor: Client, alice: User, bob: User) -> None:
    sign_in(visitor, bob.email)
    before = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    visitor.post("/accounts/logout/")
    sign_in(visitor, alice.email)
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not is_signed_in(other)


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Client, alice: User) -> None:
    cookie = sign_in(visitor, alice.email).cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert cookie["max-age"] == 14 * 24 * 3600


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https:evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "http://127.0.0.1:9999/",
    "http://localhost/",
    "http://testserver/",
    "evil.example",
    "/\tevil",
    "/\x00",
    "/a\r\nSet-Cookie: a=b",
    "/\u2028",
    "/" + "a" * 5000,
    " //evil.example",
    "",
]


@pytest.mark.parametrize("next_", ELSEWHERE)
def test_nobody_is_led_elsewhere_after_signing_in(visitor: Client, alice: User, next_: str) -> None:
    form = {"login": alice.email, "password": "correct horse battery", "next": next_}
    assert visitor.get("/accounts/login/", {"next": next_}).status_code == 200
    assert visitor.post("/accounts/login/", form).headers["Location"] == "/"
    # Also who is signed in already, and who signs out.
    assert visitor.get("/accounts/login/", {"next": next_}).headers["Location"] == "/"
    assert visitor.post("/accounts/logout/", {"next": next_}).headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize("next_", ["/settings/", "/c/1?a=b#c", "/c/für"])
def test_an_own_path_is_led_back_to(visitor: Client, alice: User, next_: str) -> None:
    form = {"login": alice.email, "password": "correct horse battery", "next": next_}
    location = visitor.post("/accounts/login/", form).headers["Location"]
    assert location == next_.replace("ü", "%C3%BC")


def test_signing_out_ends_the_session_and_clears_the_cache(visitor: Client, alice: User, security) -> None:
    sign_in(visitor, alice.email)
    key = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    assert visitor.get("/accounts/logout/").status_code == 200
    assert is_signed_in(visitor)
    response = visitor.post("/accounts/logout/")
    assert response.headers["Location"] == "/accounts/login/"
    assert response.headers["Clear-Site-Data"] == '"cache"'
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_signed_in(other)
    assert security() == [event("signed in", alice), event("signed out", alice)]


def test_other_pages_leave_the_cache_alone(visitor: Client, alice: User) -> None:
    assert "Clear-Site-Data" not in sign_in(visitor, alice.email).headers
    assert "Clear-Site-Data" not in Client().post("/accounts/logout/").headers
