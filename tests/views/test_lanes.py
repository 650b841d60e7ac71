"""Which threads a request takes, and how much it may bring: by what its view is for, not by what it says it is."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from chatapp import http
from chatapp.models import User
from chatapp.server.refusals import most_bytes
from chatapp.views.requests import Brings, may_bring
from tests.routes import routes
from tests.views.test_http import FORM, MULTIPART

KEY = "00000000-0000-4000-8000-000000000000"
WITH_PASSWORD = [
    "/setup/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/change/",
    "/accounts/password/reset/key/1-set-password/",
    "/settings/leave/",
]
LITTLE = ["/accounts/logout/", "/accounts/password/reset/", "/accounts/inactive/"]
WITH_FILES = [
    "/images/",
    "/conversations/",
    f"/conversations/{KEY}/messages/",
    f"/messages/{KEY}/edit/",
]
WITH_TEXT = ["/", "/settings/", "/nowhere/", "/images", "/accounts/nowhere/", f"/images/{KEY}/", "*", ""]


def lane_of(path: str, headers: Any = FORM, *, method: str = "POST", prefix: str = "") -> http.Lane:
    scope = {"type": "http", "method": method, "path": prefix + path, "root_path": prefix, "headers": headers}
    return http._lane(scope)


@pytest.mark.parametrize("prefix", ["", "/chat"])
@pytest.mark.parametrize("headers", [(), FORM, MULTIPART], ids=["plain", "form", "files"])
@pytest.mark.parametrize("path", WITH_PASSWORD)
def test_passwords_have_a_lane_of_their_own_whatever_they_come_in(path: str, headers: Any, prefix: str) -> None:
    assert lane_of(path, headers, prefix=prefix) is http.passwords
    assert lane_of(path, headers, prefix=prefix, method="post") is http.passwords
    # The form itself is a page.
    assert lane_of(path, headers, prefix=prefix, method="GET") is http.pages


@pytest.mark.parametrize("prefix", ["", "/chat"])
@pytest.mark.parametrize("path", WITH_FILES)
def test_files_have_theirs_where_files_are_taken(path: str, prefix: str) -> None:
    assert lane_of(path, MULTIPART, prefix=prefix) is http.uploads
    assert lane_of(path, [(b"content-type", b"Multipart/Form-Data; boundary=x")], prefix=prefix) is http.uploads
    assert lane_of(path, FORM, prefix=prefix) is http.pages
    assert lane_of(path, MULTIPART, prefix=prefix, method="GET") is http.pages


@pytest.mark.parametrize("path", [*WITH_TEXT, *LITTLE])
def test_what_says_that_it_brings_files_where_none_are_taken_is_a_page(path: str) -> None:
    assert lane_of(path, MULTIPART) is http.pages


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("prefix", ["", "/chat"])
def test_health_waits_for_nobody(prefix: str, method: str) -> None:
    assert lane_of("/up", MULTIPART, prefix=prefix, method=method) is http.health


@pytest.mark.parametrize(
    ("paths", "most"),
    [(WITH_PASSWORD, 64_000), (LITTLE, 64_000), (WITH_FILES, 12_000_000), (WITH_TEXT, 1_000_000)],
)
def test_bodies_are_as_large_as_their_views_need(paths: list[str], most: int) -> None:
    assert {path: most_bytes(path) for path in paths} == dict.fromkeys(paths, most)
    assert settings.SHORT_BODY_BYTES == 64_000


@pytest.mark.django_db
def test_wherever_a_password_is_typed_the_view_says_so(
    client: Client, client_of: Callable[[User], Client], django_user_model: type[User]
) -> None:
    plain = (route for route in routes() if not route.pattern.regex.groups)
    paths = [reverse(str(route.name)) for route in plain]

    def typed(visitor: Client) -> set[str]:
        return {path for path in paths if 'type="password"' in visitor.get(path).content.decode()}

    found = typed(client)
    alice = django_user_model.objects.create_user("alice@example.com", "correct horse battery")
    found |= typed(client) | typed(client_of(alice))
    assert found == {path for path in paths if may_bring(path) is Brings.PASSWORD}
    assert len(found) == 5


class Slow(http.Handler):
    """Takes its time over passwords, as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on, self.at_once, self.most = threading.Event(), 0, 0
        self._counting = threading.Lock()

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST":
            with self._counting:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            assert self.go_on.wait(60)
            with self._counting:
                self.at_once -= 1
        return HttpResponse(b"done")


async def test_a_crowd_that_signs_in_keeps_no_page_waiting_and_hashes_two_at_once() -> None:
    handler, done = Slow(), []

    async def asks(method: str, path: str, headers: Any) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                done.append(path)

        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [*headers]}
        await handler(scope, receive, send)

    crowd = [
        asyncio.create_task(asks("POST", "/accounts/login/", headers))
        for headers in [FORM, MULTIPART]
        for _ in range(20)
    ]
    try:
        async with asyncio.timeout(60):
            while handler.most < 2:
                await asyncio.sleep(0.01)
            # All eight threads of pages, several times.
            await asyncio.gather(*(asks("GET", "/accounts/login/", ()) for _ in range(30)))
            assert len(done) == 30
            assert handler.most == 2
    finally:
        handler.go_on.set()
        await asyncio.gather(*crowd)
    assert handler.most == 2
