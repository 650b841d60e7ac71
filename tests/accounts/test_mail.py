"""Mail: sent in threads, and no page breaks when it cannot be."""

import logging
import socket
from pathlib import Path
from threading import Event

import pytest
from django.core import mail
from django.test import Client

from chatapp import accounts
from chatapp.accounts.mail import Mailer
from chatapp.models import User
from tests.accounts.conftest import masked

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_mail_server_that_refuses_is_a_line_in_the_log_and_no_more(
    visitor: Client, alice: User, settings, refused_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", refused_port
    response = visitor.post("/accounts/password/reset/", {"email": alice.email})
    assert response.headers["Location"] == "/accounts/password/reset/done/"
    assert accounts.mailer.flush()
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["A mail could not be sent: ConnectionRefusedError."]
    assert alice.email not in caplog.text
    assert "reset/key" not in caplog.text


def test_a_folder_that_cannot_be_written_is_no_matter_of_the_pages_either(
    visitor: Client, alice: User, settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "file" / "mail"
    (tmp_path / "file").write_text("in the way")
    assert visitor.post("/accounts/password/reset/", {"email": alice.email}).status_code == 302
    assert accounts.mailer.flush()
    assert "A mail could not be sent" in caplog.text


def test_a_mail_says_plainly_who_where_and_for_how_long(visitor: Client, alice: User, settings) -> None:
    settings.SITE_NAME = "Tom & Jerry's <lab>"
    visitor.post("/accounts/password/reset/", {"email": alice.email})
    assert accounts.mailer.flush()
    message = mail.outbox[0]
    assert "password" in message.subject
    assert "alice@example.com on Tom & Jerry's <lab>" in message.body
    assert message.to == ["alice@example.com"]
    assert message.body.count("http://127.0.0.1:8000/") == 1


def test_known_and_unknown_addresses_take_the_same_steps(visitor: Client, alice: User) -> None:
    for email in (alice.email, "nobody@example.com"):
        before = masked(visitor.post("/accounts/password/reset/", {"email": email}), email)
        assert before == (302, "")
    assert accounts.mailer.flush()
    assert sorted(message.to for message in mail.outbox) == [["alice@example.com"], ["nobody@example.com"]]


class SlowServer:
    """A mail that takes as long as it likes to be sent."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.sent = Event(), Event(), False

    def send(self) -> None:
        self.begun.set()
        assert self.may_end.wait(30)
        self.sent = True


def test_stopping_waits_for_mail_that_goes_out(caplog: pytest.LogCaptureFixture) -> None:
    mailer, mails = Mailer(), [SlowServer() for _ in range(5)]
    for slow in mails:
        mailer.send(slow)
        slow.may_end.set()
    mailer.stop()
    assert all(slow.sent for slow in mails)
    assert caplog.text == ""


def test_stopping_gives_up_what_a_hanging_server_never_took(caplog: pytest.LogCaptureFixture) -> None:
    mailer, mails = Mailer(), [SlowServer() for _ in range(5)]
    for slow in mails:
        mailer.send(slow)
    mails[0].begun.wait(30)
    mailer.stop(timeout=0)
    for slow in mails:
        slow.may_end.set()
    assert mailer.flush()
    assert "Mails were not sent: 5." in caplog.text
    assert not mails[4].begun.is_set()
    mailer.send(SlowServer())
    assert "the server is stopping" in caplog.text


def test_sign_up_is_offered_in_a_mail_only_where_it_is_open(visitor: Client, alice: User, settings) -> None:
    for signup, offered in (("open", True), ("closed", False)):
        settings.SIGNUP = signup
        visitor.post("/accounts/password/reset/", {"email": "nobody@example.com"})
        assert accounts.mailer.flush()
        assert ("http://127.0.0.1:8000/accounts/signup/" in mail.outbox[-1].body) is offered


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@example.com\0", "a\nBcc: b@example.com", "a@example.com,b@example.com", "x" * 300 + "@example.com"],
)
def test_a_bad_address_gets_no_mail(visitor: Client, alice: User, email: str) -> None:
    response = visitor.post("/accounts/password/reset/", {"email": email})
    assert response.status_code == 200
    assert accounts.mailer.flush()
    assert mail.outbox == []
