"""Who may go where: every route of the site is closed unless it is in the table of open ones."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from chatapp.models import User
from tests.routes import routes

pytestmark = pytest.mark.django_db

OPEN = {
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "manifest",
    "ready",
    "setup",
    "up",
}
# Where forms are sent without being signed in, and when signed in.
OPEN_FORMS = ["/setup/", "/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/accounts/password/reset/"]
OWN_FORMS = ["/settings/", "/accounts/password/change/", "/accounts/logout/"]


def _address(route: URLPattern) -> str:
    values: dict[str, Any] = {name: uuid4() for name in route.pattern.converters}
    if route.name == "account_reset_password_from_key":
        values = {"uidb36": "1", "key": "abc-def"}
    return reverse(str(route.name), kwargs=values)


def test_every_route_has_a_name_and_the_open_ones_exist() -> None:
    names = {route.name for route in routes()}
    assert None not in names
    assert names >= OPEN


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_a_stranger_is_led_to_the_sign_in_page_from_every_other_route(
    visitor: Client, alice: User, method: str
) -> None:
    for route in routes():
        if route.name not in OPEN:
            address = _address(route)
            response = getattr(visitor, method)(address)
            assert response.status_code == 302, address
            assert response.headers["Location"].startswith(reverse("account_login")), address


@pytest.mark.parametrize("accept", ["application/json", "text/vnd.ponder.turns+html"])
def test_a_stranger_who_wants_json_is_told_so_in_json(visitor: Client, alice: User, accept: str) -> None:
    for route in routes():
        if route.name not in OPEN:
            response = visitor.get(_address(route), headers={"Accept": accept})
            assert response.status_code == 401, route.name
            assert response.json()["error"]["code"] == "sign_in_required"


def test_the_way_back_is_kept_for_reading_only(visitor: Client, alice: User) -> None:
    assert (
        visitor.get("/settings/?a=1&b=2").headers["Location"] == "/accounts/login/?next=%2Fsettings%2F%3Fa%3D1%26b%3D2"
    )
    assert visitor.post("/settings/").headers["Location"] == "/accounts/login/"


def test_somebody_switched_off_is_a_stranger_at_the_next_request(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    visitor = client_of(alice)
    assert visitor.get("/settings/").status_code == 200
    alice.is_active = False
    alice.save()
    assert visitor.get("/settings/").status_code == 302


@pytest.mark.parametrize("address", OPEN_FORMS)
def test_an_open_form_without_a_token_is_refused(strict: Client, alice: User, address: str) -> None:
    response = strict.post(address, {"login": alice.email, "email": alice.email})
    assert response.status_code == 403
    assert "Reload the page" in response.content.decode()


@pytest.mark.parametrize("address", OWN_FORMS)
@pytest.mark.parametrize("token", ["", "a" * 32, "b" * 64, "\0", "é"])
def test_a_form_with_a_token_that_is_not_this_browsers_is_refused(
    strict: Client, alice: User, address: str, token: str
) -> None:
    strict.force_login(alice)
    strict.get("/settings/")
    response = strict.post(
        address, {"csrfmiddlewaretoken": token, "thinking_pane": "open"}, headers={"Accept": "application/json"}
    )
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "csrf"
    alice.refresh_from_db()
    assert alice.thinking_pane == "auto"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://testserver.evil.example"]
)
def test_a_form_from_another_origin_is_refused_in_spite_of_its_token(strict: Client, alice: User, origin: str) -> None:
    strict.force_login(alice)
    strict.get("/settings/")
    token = strict.cookies["csrf"].value
    own = {"csrfmiddlewaretoken": token, "thinking_pane": "open"}
    assert strict.post("/settings/", own, headers={"Origin": origin}).status_code == 403
    assert strict.post("/settings/", own).status_code == 302


def test_reading_changes_nothing(alice: User, client_of: Callable[[User], Client]) -> None:
    visitor = client_of(alice)
    before = list(User.objects.values())
    for route in routes():
        visitor.get(_address(route))
    assert list(User.objects.values()) == before
    assert visitor.get("/settings/").status_code == 200


@pytest.mark.parametrize(
    ("address", "allow"),
    [("/setup/", "GET, HEAD, POST"), ("/settings/", "GET, HEAD, POST"), ("/up", "GET, HEAD"), ("/ready", "GET, HEAD")],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused_by_name(
    alice: User, client_of: Callable[[User], Client], address: str, allow: str, method: str
) -> None:
    response = client_of(alice).generic(method, address, headers={"Accept": "application/json"})
    assert response.status_code == 405
    assert response.headers["Allow"] == allow
    assert response.json()["error"]["code"] == "method_not_allowed"
