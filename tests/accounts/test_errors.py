"""Errors as pages and as JSON, headers, and what is refused at the edge."""

import logging
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from chatapp.models import User
from chatapp.replies import TURNS_TYPE, wants_json
from chatapp.urls import *  # noqa: F403
from chatapp.urls import urlpatterns as site
from chatapp.views import errors
from tests.accounts.conftest import event

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def broken(request: HttpRequest) -> HttpResponse:
    secret = "hunter2"  # noqa: F841
    raise RuntimeError("what went wrong")


urlpatterns = [path("broken/", broken, name="broken"), *site]
handler429 = "chatapp.views.errors.too_many_requests"
with_a_broken_page = override_settings(ROOT_URLCONF=__name__)


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("", False),
        ("*/*", False),
        ("text/html", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", False),
        ("application/json", True),
        ("application/json, */*;q=0.1", True),
        ("application/json;q=0.5, text/html", False),
        (TURNS_TYPE, True),
        (f"{TURNS_TYPE}, application/json", True),
        ("image/png", False),
        ("nonsense", False),
        (";;;,,,;q=x", False),
        ("application/json;q=nan", True),
    ],
)
def test_json_goes_to_who_prefers_it(rf: RequestFactory, accept: str, json: bool) -> None:
    assert wants_json(rf.get("/", headers={"Accept": accept})) is json


def test_what_is_not_there_and_what_is_not_yours_look_the_same(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    visitor = client_of(alice)
    pages = [visitor.get(f"/c/{uuid4()}/"), visitor.get("/nowhere"), visitor.get(f"/messages/{uuid4()}/")]
    assert {(page.status_code, page.content) for page in pages} == {(404, pages[0].content)}
    answers = [visitor.get(f"/c/{uuid4()}/", headers=JSON).json(), visitor.get("/nowhere", headers=JSON).json()]
    assert answers[0] == answers[1]
    assert answers[0]["error"]["code"] == "not_found"


@with_a_broken_page
@pytest.mark.parametrize("headers", [{}, JSON])
def test_an_error_of_the_server_is_a_page_that_tells_nothing_and_a_trace_in_the_log(
    alice: User, client_of: Callable[[User], Client], caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    visitor = client_of(alice)
    visitor.raise_request_exception = False
    response = visitor.get("/broken/", headers=headers)
    assert response.status_code == 500
    for secret in ("what went wrong", "hunter2", "Traceback", alice.email):
        assert secret not in response.content.decode()
    if headers:
        assert response.json()["error"]["code"] == "server_error"
    traces = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in traces] == [logging.ERROR]
    assert isinstance(traces[0].exc_info[1], RuntimeError)


def test_the_page_of_an_error_of_the_server_needs_no_database(rf: RequestFactory, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert errors.server_error(rf.get("/")).status_code == 500


@pytest.mark.parametrize("status", sorted(errors.CODES))
def test_every_error_has_a_page_and_a_word(rf: RequestFactory, status: int) -> None:
    page = errors.answer(rf.get("/"), status, message="Words of <its> own.")
    assert (page.status_code, "Words of &lt;its&gt; own." in page.content.decode()) == (status, True)
    answer = errors.answer(rf.get("/", headers=JSON), status)
    assert (answer.status_code, "application/json") == (status, answer.headers["Content-Type"])


@with_a_broken_page
@pytest.mark.parametrize("headers", [{}, JSON])
def test_too_many_requests_are_told_when_to_try_again(
    visitor: Client, alice: User, security: Callable[[], list[str]], headers: dict[str, str]
) -> None:
    for _ in range(6):
        response = visitor.post("/accounts/password/reset/", {"email": alice.email}, headers=headers)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert not headers or response.json()["error"]["code"] == "too_many_requests"
    assert security() == [event("limited")]


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_a_body_above_the_bound_is_refused_before_it_is_looked_at(visitor: Client, alice: User, address: str) -> None:
    form = {"login": "x" * 1_000_001, "email": "x"}
    assert visitor.post(address, form).status_code == 413
    refused = visitor.post(address, form, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_too_many_fields_are_refused(visitor: Client, alice: User) -> None:
    assert visitor.post("/accounts/login/", {f"f{n}": "" for n in range(201)}).status_code == 400


HALF_A_PAIR = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\na\\ud800@example.com\r\n--x--\r\n'


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "latin-1", "rot13", "nonsense", "é"]
)
@pytest.mark.parametrize("address", ["/accounts/login/", "/setup/", "/settings/"])
def test_bodies_that_could_smuggle_half_characters_in_are_refused(
    visitor: Client, alice: User, address: str, charset: str
) -> None:
    response = visitor.generic("POST", address, HALF_A_PAIR, f"multipart/form-data; boundary=x; charset={charset}")
    assert response.status_code == 400


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"'])
def test_utf_8_by_any_name_is_taken(visitor: Client, alice: User, charset: str) -> None:
    form = b"login=a%ED%A0%80%00%FF%40example.com&password=%ED%A0%80%FF" + b"x" * 20
    response = visitor.generic("POST", "/accounts/login/", form, f"application/x-www-form-urlencoded{charset}")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"\xff" * 100, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n']
)
def test_broken_bodies_are_no_error_of_the_server(visitor: Client, alice: User, body: bytes) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "nonsense"):
        assert visitor.post("/accounts/login/", body, content_type=kind).status_code in {200, 400}


@with_a_broken_page
@pytest.mark.parametrize(
    "address", ["/settings/", "/accounts/login/", "/nowhere", "/up", "/accounts/logout/", "/broken/"]
)
def test_no_answer_is_kept_by_a_cache(alice: User, client_of: Callable[[User], Client], address: str) -> None:
    visitor = client_of(alice)
    visitor.raise_request_exception = False
    headers = visitor.get(address).headers
    assert {"no-store", "private"} <= set(headers["Cache-Control"].split(", "))
    assert "Cookie" in headers["Vary"]
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers


def test_an_answer_may_say_itself_how_it_is_kept(rf: RequestFactory) -> None:
    from chatapp.middleware import PrivatePages

    own = HttpResponse(headers={"Cache-Control": "private, max-age=3600", "Vary": "Accept"})
    answered = PrivatePages(lambda _: own)(rf.get("/"))
    assert answered.headers["Cache-Control"] == "private, max-age=3600"
    assert answered.headers["Vary"] == "Accept, Cookie"


async def test_private_pages_work_without_threads_too(rf: RequestFactory) -> None:
    from chatapp.middleware import PrivatePages

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    answered = await PrivatePages(view)(rf.get("/"))
    assert answered.headers["Cache-Control"] == "no-store, private"
