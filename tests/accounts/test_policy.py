"""The Content-Security-Policy is what the library makes of the settings."""

import re
from collections.abc import Callable

import pytest
from csp.decorators import csp_exempt, csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from chatapp.middleware import ContentPolicy
from chatapp.models import User

HEADER = "Content-Security-Policy"


def asked(kind: type[CSPMiddleware], view, request: HttpRequest) -> str | None:
    """The policy of the view's answer."""
    request._csp_nonce = getattr(request, "nonce", None)
    return kind(view)(request).headers.get(HEADER)


def plain(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


def own(_: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={HEADER: "default-src 'none'; sandbox"})


def missing(_: HttpRequest) -> HttpResponse:
    return HttpResponse(status=404)


def rules(policy: str | None) -> set[str] | None:
    return policy if policy is None else set(policy.split("; "))


@pytest.mark.parametrize(
    "view", [plain, own, missing, csp_exempt()(plain), csp_update({"img-src": ["https://example.org"]})(plain)]
)
@pytest.mark.parametrize("nonce", [None, "q83vASNFZ4mrze8BI0VniQ=="])
@pytest.mark.parametrize("debug", [False, True])
def test_it_says_what_the_librarys_says(rf: RequestFactory, settings, view, nonce: str | None, debug: bool) -> None:
    settings.DEBUG = debug
    ours, theirs = rf.get("/"), rf.get("/")
    ours.nonce = theirs.nonce = nonce
    assert rules(asked(ContentPolicy, view, ours)) == rules(asked(CSPMiddleware, view, theirs))


def test_each_page_has_a_nonce_of_its_own_and_what_has_none_is_not_given_one(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    nonces, client = set(), client_of(alice)
    for _ in range(2):
        page = client.get("/")
        [nonce] = re.findall(r'nonce="([^"]+)"', page.content.decode())
        assert f"'nonce-{nonce}'" in page.headers[HEADER]
        nonces.add(nonce)
    assert len(nonces) == 2
    assert "nonce" not in client.get("/up").headers[HEADER]
