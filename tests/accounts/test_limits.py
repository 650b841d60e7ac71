"""Attempts are counted, in the database: by address and person, so that nobody can lock another out."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from chatapp import accounts
from chatapp.models import User
from tests.accounts.conftest import event, is_signed_in, masked, sign_in

pytestmark = pytest.mark.django_db

HERE = "127.0.0.1"
ELSEWHERE = "198.51.100.7"


@pytest.fixture(autouse=True)
def _counted_in_the_database(settings) -> None:
    settings.CACHES = {"default": settings.CACHES["shared"]}
    assert cache._table == "chatapp_cache"


def test_twenty_wrong_passwords_lock_this_address_out_of_this_account(visitor: Client, alice: User, security) -> None:
    for _ in range(20):
        assert sign_in(visitor, alice.email, "wrong password").status_code == 200
    refused = sign_in(visitor, alice.email)
    assert "Too many attempts" in refused.content.decode()
    assert not is_signed_in(visitor)
    assert security() == [event("sign-in failed", alice)] * 5 + [event("sign-in limited", alice)] * 16


def test_others_are_not_locked_out_by_it(visitor: Client, alice: User, bob: User) -> None:
    for _ in range(20):
        sign_in(visitor, alice.email, "wrong password")
    assert sign_in(visitor, bob.email).status_code == 302


def test_the_person_is_not_locked_out_elsewhere(visitor: Client, alice: User) -> None:
    for _ in range(20):
        sign_in(visitor, alice.email, "wrong password")
    assert sign_in(Client(REMOTE_ADDR=ELSEWHERE), alice.email).status_code == 302


def test_one_password_tried_on_many_people_is_stopped(visitor: Client, alice: User) -> None:
    answers = [sign_in(visitor, f"p{n}@example.com", "Password123!").content.decode() for n in range(20)]
    assert ["Too many attempts" in answer for answer in answers] == [False] * 10 + [True] * 10
    assert "Too many attempts" in sign_in(visitor, alice.email).content.decode()


def test_nobody_can_tell_from_the_limit_who_is_known(visitor: Client, alice: User) -> None:
    for _ in range(5):
        sign_in(visitor, alice.email, "wrong password")
        sign_in(Client(REMOTE_ADDR=ELSEWHERE), "no@example.com", "wrong password")
    known = sign_in(visitor, alice.email, "wrong password")
    unknown = sign_in(Client(REMOTE_ADDR=ELSEWHERE), "no@example.com", "wrong password")
    assert masked(known, alice.email) == masked(unknown, "no@example.com")


def test_a_forged_address_does_not_help(visitor: Client, alice: User) -> None:
    for n in range(20):
        sign_in(
            visitor, alice.email, "wrong password", **{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"10.0.0.{n}"}
        )
    response = sign_in(visitor, alice.email, **{"X-Forwarded-For": "192.0.2.1"})
    assert "Too many attempts" in response.content.decode()


def test_neighbours_in_one_ipv6_network_count_as_one(alice: User) -> None:
    for n in range(5):
        sign_in(Client(REMOTE_ADDR=f"2001:db8:1:2::{n:x}"), alice.email, "wrong password")
    response = sign_in(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), alice.email)
    assert "Too many attempts" in response.content.decode()
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), alice.email).status_code == 302


@pytest.mark.parametrize(
    ("trusted", "header", "address"),
    [
        (0, "203.0.113.9", HERE),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", HERE),
        (1, "", HERE),
        (1, "nonsense\x1b[31m", HERE),
        (1, "a" * 5000, HERE),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_named(rf, settings, trusted: int, header: str, address: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    request = rf.get("/", headers={"X-Forwarded-For": header})
    assert accounts.AccountAdapter().get_client_ip(request) == address


def test_a_server_without_addresses_counts_all_as_one(rf) -> None:
    assert accounts.AccountAdapter().get_client_ip(rf.get("/", REMOTE_ADDR="")) == "unknown"


def test_the_count_survives_a_restart(visitor: Client, alice: User, settings) -> None:
    for _ in range(5):
        sign_in(visitor, alice.email, "wrong password")
    settings.CACHES = dict(settings.CACHES)
    assert "Too many attempts" in sign_in(Client(), alice.email).content.decode()


def test_a_right_password_does_not_count(visitor: Client, alice: User) -> None:
    for _ in range(20):
        assert sign_in(visitor, alice.email).status_code == 302
        visitor.post("/accounts/logout/")


def test_a_new_password_opens_the_door_again(visitor: Client, alice: User) -> None:
    for _ in range(6):
        sign_in(visitor, alice.email, "wrong password")
    visitor.post("/accounts/password/reset/", {"email": alice.email})
    assert accounts.mailer.flush()
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))
    form = visitor.get(link.removeprefix("http://127.0.0.1:8000")).headers["Location"]
    visitor.post(form, {"password1": "an entirely new one"})
    assert sign_in(visitor, alice.email, "an entirely new one").status_code == 302


def test_six_mails_an_hour_to_one_address_are_too_many(visitor: Client, alice: User) -> None:
    def ask(email: str, **headers: str) -> tuple[int, str]:
        response = visitor.post("/accounts/password/reset/", {"email": email}, headers=headers)
        return masked(response, email)

    known, unknown = [[ask(email) for _ in range(6)] for email in (alice.email, "nobody@example.com")]
    assert known == unknown
    assert [status for status, _ in known] == [302] * 5 + [429]
    assert ask("ALICE@EXAMPLE.COM")[0] == 429
    assert accounts.mailer.flush()
    assert len(mail.outbox) == 10


def test_sign_ups_from_one_address_are_limited(visitor: Client, alice: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/h/ip"}
    statuses = []
    for n in range(3):
        form = {"email": f"new{n}@example.com", "password1": "a good password"}
        statuses.append(Client().post("/accounts/signup/", form).status_code)
    assert statuses == [302, 302, 429]
