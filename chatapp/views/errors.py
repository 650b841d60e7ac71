"""Errors, said as a page or as JSON, and the preconditions of views that answer with them.

The pages are rendered without the request: no context processor, no database, the same text for everyone.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from chatapp.accounts import note
from chatapp.models import User
from chatapp.replies import ask_to_sign_in, json_error, wants_json

__all__ = ["answer", "json_error", "only", "sign_in_required", "wants_json"]

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
    500: "server_error",
    503: "busy",
}
SENTENCES = {
    400: "This request was not understood. Nothing was changed.",
    403: "This was refused. Nothing was changed.",
    404: "There is nothing here, or it is not yours to see.",
    405: "This address does not answer to that kind of request.",
    413: "That is too much at once. Nothing was changed.",
    429: "Too many requests. Wait a minute, then try again.",
    500: "Something went wrong here. Try again; what was stored before is kept.",
    503: "The site is busy. Try again in a moment.",
}
STALE = "The page is too old, or cookies are blocked. Nothing was changed. Reload the page and try again."
NOT_NOW = "The site cannot save or read at the moment. Nothing was changed. Try again in a moment."
RETRY_AFTER_SECONDS = 60


def answer(request: HttpRequest, status: int, *, code: str = "", message: str = "") -> HttpResponse:
    """An error as JSON or as a page; `status` is one of CODES, `code` and `message` replace its words."""
    response: HttpResponse
    if wants_json(request):
        response = json_error(status, code or CODES[status], message or SENTENCES[status])
    else:
        context = {"code": status, "message": message}
        response = HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The handler for 400. A body above the bound is 413."""
    return answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The handler for 403."""
    return answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old, was not ours, or came without cookies."""
    return answer(request, 403, code="csrf", message=STALE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The handler for 404: the same for what is not there and what is not yours."""
    return answer(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The handler for 429, called by allauth's limits."""
    note("limited", request, request.user if isinstance(request.user, User) else None)
    return answer(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """The handler for 500, called while the exception is handled. The trace is in the log already.

    A database that is locked, full or away is no defect of ours: 503.
    """
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return answer(request, 503, message=NOT_NOW)
    return answer(request, 500)


def only(*methods: str) -> Callable[[View[P]], View[P]]:
    """Let only these methods through (`GET` brings `HEAD`), others get 405."""
    allowed = {*methods, "HEAD"} if "GET" in methods else {*methods}

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method in allowed:
                return view(request, *args, **kwargs)
            response = answer(request, 405)
            response.headers["Allow"] = ", ".join(sorted(allowed))
            return response

        return checked

    return decorate


def sign_in_required(view: View[P]) -> View[P]:
    """Let only people in who are signed in: others get 401 as JSON, or the sign-in page that leads back."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return ask_to_sign_in(request)

    return checked
