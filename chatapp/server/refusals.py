"""What the server itself says and decides about bodies, in the site's words and by the site's numbers."""

from functools import cache
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from chatapp.replies import wants_json
from chatapp.views import errors
from chatapp.views.requests import Brings, may_bring


def most_bytes(path: str) -> int:
    """How large the body of a request for this path may be."""
    match may_bring(path):
        case Brings.FILES:
            return settings.BODY_WITH_FILES_BYTES
        case Brings.LITTLE | Brings.PASSWORD:
            return settings.SHORT_BODY_BYTES
        case Brings.TEXT:
            return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def too_large(accept: str) -> bytes:
    """The site's own 413, as JSON or as a page, as it goes over the wire."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    return _too_large(wants_json(request))


@cache
def _too_large(as_json: bool) -> bytes:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = "application/json" if as_json else "text/html"
    response: Any = errors.answer(request, 413)
    # A request that was not let in has passed no middleware; what those say holds for this page too.
    for middleware in (SecurityMiddleware, XFrameOptionsMiddleware, CSPMiddleware):
        response = middleware(errors.server_error).process_response(request, response)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Content-Length"] = len(response.content)
    response.headers["Connection"] = "close"
    return b"HTTP/1.1 413 %s\r\n%s\r\n\r\n%s" % (
        response.reason_phrase.encode(),
        response.serialize_headers(),
        response.content,
    )
