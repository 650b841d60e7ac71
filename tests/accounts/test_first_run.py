"""The first page: exactly one first administrator, made by whoever knows the code."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from chatapp import accounts
from chatapp.models import User
from chatapp.settings import BASE_DIR
from tests.accounts.conftest import event, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

PASSWORD = "the first password"
JSON = {"Accept": "application/json"}


@pytest.fixture
def code(settings, tmp_path: Path) -> str:
    """The code of a site that others can reach."""
    settings.SETUP_NEEDS_CODE = True
    settings.DATA_DIR = tmp_path
    return accounts.setup_code()


def found(visitor: Client, email: str = "first@example.com", password: str = PASSWORD, **more: str) -> HttpResponse:
    return visitor.post("/setup/", {"email": email, "password1": password, **more})


@pytest.mark.parametrize(
    "address", ["/", "/settings/", "/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/nowhere"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_until_there_is_an_account_every_page_leads_to_the_first(visitor: Client, address: str, method: str) -> None:
    response = getattr(visitor, method)(address)
    assert (response.status_code, response.headers["Location"]) == (302, "/setup/")


def test_programs_are_told_in_json(visitor: Client) -> None:
    response = visitor.get("/", headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "setup_required")


@pytest.mark.parametrize("address", ["/setup/", "/up"])
def test_the_first_page_itself_and_health_are_open(visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_whether_it_is_ready_is_open_too(visitor: Client) -> None:
    # Asked from a thread of its own, which must be able to write: the test may hold no transaction.
    assert visitor.get("/ready").status_code == 200


def test_static_files_are_not_led_astray(visitor: Client) -> None:
    assert visitor.get("/static/nowhere.css").status_code == 404


def test_who_fills_it_in_is_the_first_administrator_and_signed_in(visitor: Client, security) -> None:
    response = found(visitor, " First@Example.com ")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    founder = User.objects.get()
    assert (founder.email, founder.is_founder, founder.is_superuser) == ("first@example.com", True, True)
    assert is_signed_in(visitor)
    assert security() == [event("founder made", founder), event("signed in", founder)]
    assert sign_in(Client(), "first@example.com", PASSWORD).status_code == 302


def test_afterwards_the_page_leads_to_the_sign_in_page(visitor: Client, alice: User) -> None:
    assert visitor.get("/setup/").headers["Location"] == "/accounts/login/"
    assert found(visitor).headers["Location"] == "/accounts/login/"
    assert visitor.post("/setup/", headers=JSON).json() == {"url": "/accounts/login/"}
    assert list(User.objects.all()) == [alice]


def test_once_there_is_an_account_the_database_is_not_asked_again(
    visitor: Client, alice: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    visitor.get("/accounts/inactive/")
    with django_assert_num_queries(0):
        assert visitor.get("/accounts/inactive/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_administrator() -> None:
    together = Barrier(2, timeout=10)
    answers: list[tuple[str, bool, str]] = []

    def ask(email: str) -> None:
        visitor = Client()
        visitor.get("/setup/")
        together.wait()
        location = found(visitor, email).headers["Location"]
        answers.append((location, is_signed_in(visitor), visitor.get("/accounts/login/").content.decode()))
        connections.close_all()

    threads = [Thread(target=ask, args=[f"{name}@example.com"]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(location for location, _, _ in answers) == ["/", "/accounts/login/"]
    assert sorted(signed_in for _, signed_in, _ in answers) == [False, True]
    assert User.objects.filter(is_founder=True, is_superuser=True).count() == User.objects.count() == 1


class SomebodyIsQuicker:
    """A check of passwords that takes as long as somebody else needs to fill the page in."""

    def validate(self, password: str, user: User | None = None) -> None:
        User.objects.create_founder("quicker@example.com", PASSWORD)


def test_who_was_beaten_while_filling_it_in_is_told_so(visitor: Client, settings) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": f"{__name__}.SomebodyIsQuicker"}]
    assert found(visitor).headers["Location"] == "/accounts/login/"
    assert "Somebody was quicker" in visitor.get("/accounts/login/").content.decode()
    assert User.objects.get().email == "quicker@example.com"


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("", PASSWORD, "email"),
        ("nobody", PASSWORD, "email"),
        ("a@example.com\0", PASSWORD, "email"),
        ("a" * 250 + "@example.com", PASSWORD, "email"),
        ("first@example.com", "", "password1"),
        ("first@example.com", "short", "password1"),
        ("first@example.com", "first@example.com", "password1"),
        ("first@example.com", "nul\0nul\0nul\0", "password1"),
        ("first@example.com", "x" * 1025, "password1"),
        ("first@example.com", "x" * 900_000, "password1"),
    ],
    ids=lambda value: value[:20],
)
def test_bad_input_is_a_complaint_at_its_field(visitor: Client, email: str, password: str, field: str) -> None:
    assert found(visitor, email, password).status_code == 200
    response = visitor.post("/setup/", {"email": email, "password1": password}, headers=JSON)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, [field])
    assert not User.objects.exists()


def test_on_this_machine_alone_no_code_is_asked_for(visitor: Client) -> None:
    assert accounts.setup_code() == ""
    assert 'name="code"' not in visitor.get("/setup/").content.decode()


def test_the_code_is_the_operators_secret_and_stays_the_same(code: str, tmp_path: Path) -> None:
    path = tmp_path / "setup_code"
    assert len(code) == 12
    assert path.read_text() == code == accounts.setup_code()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_processes_agree_on_one_code(settings, tmp_path: Path) -> None:
    settings.SETUP_NEEDS_CODE, settings.DATA_DIR = True, tmp_path
    together, codes = Barrier(8, timeout=10), set()

    def ask() -> None:
        together.wait()
        codes.add(accounts.setup_code())

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["setup_code"]


def test_with_the_code_the_site_is_founded_and_the_code_forgotten(visitor: Client, code: str, tmp_path: Path) -> None:
    assert 'name="code"' in visitor.get("/setup/").content.decode()
    typed = f"{code[:4]}-{code[4:8]} {code[8:]}".lower()
    assert found(visitor, code=typed).headers["Location"] == "/"
    assert not (tmp_path / "setup_code").exists()


@pytest.mark.parametrize(
    "wrong", ["", "AAAAAAAAAAAA", "ä", "\0", "x" * 900_000, "'; drop table"], ids=lambda text: text[:12]
)
def test_without_the_code_nobody_founds_the_site(visitor: Client, code: str, wrong: str, security) -> None:
    response = found(visitor, code=wrong)
    assert response.status_code == 200
    assert not User.objects.exists()
    assert security() == [event("setup code wrong")]
    assert code not in response.content.decode()


def test_guessing_the_code_is_limited(visitor: Client, code: str) -> None:
    assert [found(visitor, code="AAAAAAAAAAAA").status_code for _ in range(11)] == [200] * 10 + [429]
    assert found(visitor, code=code).status_code == 429


@pytest.mark.parametrize("content", ["", "short"])
def test_a_broken_code_file_is_said_plainly_and_opens_no_door(
    visitor: Client, settings, tmp_path: Path, content: str
) -> None:
    settings.SETUP_NEEDS_CODE, settings.DATA_DIR = True, tmp_path
    (tmp_path / "setup_code").write_text(content)
    with pytest.raises(ImproperlyConfigured, match="Delete it and start again"):
        accounts.setup_code()
    assert not accounts.is_setup_code(content, content[:0])


def test_a_code_that_cannot_be_written_is_said_plainly(settings, tmp_path: Path) -> None:
    settings.SETUP_NEEDS_CODE, settings.DATA_DIR = True, tmp_path / "absent"
    with pytest.raises(ImproperlyConfigured, match="cannot be used"):
        accounts.setup_code()


@pytest.mark.parametrize(
    ("host", "origin", "needed"),
    [
        ("127.0.0.1", "", False),
        ("0.0.0.0", "http://localhost:8000", True),
        ("127.0.0.1", "https://ponder.example", True),
    ],
)
def test_a_code_is_asked_for_when_others_can_reach_the_site(
    host: str, origin: str, needed: bool, tmp_path: Path
) -> None:
    environment = {"HOST": host, "PUBLIC_ORIGIN": origin, "DATA_DIR": str(tmp_path), "PONDER_ENV_FILE": "none"}
    asked = subprocess.run(
        [sys.executable, "-c", "from chatapp import settings; print(settings.SETUP_NEEDS_CODE)"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == str(needed)
