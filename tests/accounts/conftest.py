"""What the tests of accounts share."""

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client

from chatapp import accounts
from chatapp.models import User
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def _no_mail_left_over() -> Iterator[None]:
    yield
    assert accounts.mailer.flush()


@pytest.fixture
def visitor() -> Client:
    """A browser of somebody who is not signed in."""
    return Client()


@pytest.fixture
def strict() -> Client:
    """A browser whose forms must carry the CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def security(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The security events logged so far."""
    caplog.set_level(logging.INFO, "chatapp.security")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "chatapp.security"]


def sign_in(visitor: Client, email: str, password: str = PASSWORD, **headers: str) -> HttpResponse:
    return visitor.post("/accounts/login/", {"login": email, "password": password}, headers=headers)


def is_signed_in(visitor: Client) -> bool:
    return visitor.get("/settings/").status_code == 200


def event(what: str, user: User | None = None, ip: str = "127.0.0.1") -> str:
    return f"{what} user={user.public_id if user else '-'} ip={ip}"


def masked(response: HttpResponse, *words: str) -> tuple[int, str]:
    """Status and body without what differs each time: the CSRF token, and the words given."""
    body = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())
    for word in words:
        body = body.replace(word, "…")
    return response.status_code, body
