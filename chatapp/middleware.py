"""What holds for every request: private answers, text in UTF-8, a first administrator, a signed-in person."""

import codecs
from collections.abc import Callable
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import iscoroutinefunction
from csp.constants import HEADER as POLICY_HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

from chatapp import replies
from chatapp.models import User

Handler = Callable[[HttpRequest], HttpResponse]
View = Callable[..., object]


@sync_and_async_middleware
def PrivatePages(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802
    """Nothing that passes here is kept by a cache unless it says so; static files are answered before."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            return _private(request, await get_response(request))

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        return _private(request, get_response(request))

    return now


def _private(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "no-store, private")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    patch_vary_headers(response, ["Cookie"])
    if getattr(request, "signed_out", False):
        # Not "storage": what a person was writing is theirs, and the page's script clears it.
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


class ContentPolicy(CSPMiddleware):
    """The library's, but the site's policy is put into words once: a hundred sets and lists an answer otherwise."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # The library leaves Django's pages for mistakes in DEBUG without a policy.
        if settings.DEBUG or not _OWN_POLICY.isdisjoint(vars(response)):
            own: HttpResponseBase = super().process_response(request, response)
            return own
        nonce: str | None = getattr(request, "_csp_nonce", None)
        policy = _policy(has_nonce=nonce is not None)
        response.headers.setdefault(POLICY_HEADER, policy.replace(_NONCE, nonce) if nonce else policy)
        return response


# What the library's decorators leave at the answer of a view.
_OWN_POLICY = frozenset(
    f"_csp_{what}{kind}" for what in ("exempt", "config", "update", "replace") for kind in ("", "_ro")
)
_NONCE = "nonce of the page"


@cache
def _policy(*, has_nonce: bool) -> str:
    policy: str = build_policy(nonce=_NONCE if has_nonce else None)
    return policy


class CompressedPages(GZipMiddleware):
    """Pages are sent compressed, but for those that may hold words of a link's maker beside the reader's own: whoever
    sees the lengths of many such answers learns from them what the other words are. Every answer is a little longer
    by chance, and its tokens are new."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.status_code == HTTPStatus.OK and not response.streaming
        is_html = response.get("Content-Type", "").startswith("text/html")
        if not is_page or not is_html or request.method != "GET" or request.META["QUERY_STRING"]:
            return response
        return super().process_response(request, response)


class OnlyUtf8:
    """Refuses bodies in other charsets: some decode to text that can neither be stored nor shown."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        try:
            name = codecs.lookup(charset).name
        except (LookupError, ValueError):
            name = ""
        if name != "utf-8":
            return replies.json_error(400, "bad_request", "Only UTF-8 is understood here.")
        return self._get_response(request)


class ReadersZone:
    """Dates are of the reader's time zone, which the page's script names in a cookie; until then of the site's."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = unquote(request.COOKIES.get("zone", ""))
        with timezone.override(_zone(name) if name else None):
            return self._get_response(request)


@lru_cache(maxsize=600)
def _zone(name: str) -> ZoneInfo | None:
    # Names that lead out of the database's folder are ValueErrors.
    try:
        return ZoneInfo(name[:64])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class FirstRun:
    """While nobody has an account, every page leads to the first one, which makes the first administrator."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response
        self._founded = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Once there is an account this process never asks again.
        if self._founded or self._is_open(request.path):
            return self._get_response(request)
        self._founded = User.objects.exists()
        if self._founded:
            return self._get_response(request)
        if replies.wants_json(request):
            return replies.json_error(401, "setup_required", "Nobody has an account here yet.")
        return HttpResponseRedirect(reverse("setup"))

    def _is_open(self, path: str) -> bool:
        return path.startswith(settings.STATIC_URL) or path in map(reverse, ("setup", "up", "ready", "manifest"))


class SignInRequired:
    """Every view is for people who are signed in, unless it is marked with Django's `login_not_required`."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        # The mark is looked at first: an open page costs no session, and /up needs no database.
        if not getattr(view, "login_required", True):
            return None
        # Not Django's lazy one, which passes each look at it on by a call.
        request.user = get_user(request)
        return None if request.user.is_authenticated else replies.ask_to_sign_in(request)
