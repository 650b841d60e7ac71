"""Pages for those who run and build the site. To everyone else they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from chatapp import presentation
from chatapp.presentation import specimens
from chatapp.views.access import signed_in
from chatapp.views.errors import only, sign_in_required

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]

CONNECTIONS = ("off", "live", "reconnecting", "offline", "polling", "outdated", "signed-out", "gone")
ERRORS = (400, 403, 404, 405, 413, 429, 500, 503)


def administrators_only(view: Page[P]) -> Page[P]:
    """Let only administrators in. Raises Http404 for others."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not signed_in(request).is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@only("GET", "HEAD")
@sign_in_required
@administrators_only
def partials(request: HttpRequest) -> HttpResponse:
    """Every partial in every state, for those who change how the site looks."""
    context = {
        "questions": specimens.questions(),
        "running_answers": specimens.running(),
        "endings": specimens.endings(),
        "pictures_kept": specimens.pictures_kept(),
        "connections": CONNECTIONS,
        "errors": [f"errors/{status}.html" for status in ERRORS],
        "fields": presentation.drawer(signed_in(request), chosen={"seed": 3, "reasoning": {"effort": "low"}}),
        "client_id": uuid4(),
    }
    return render(request, "staff/partials.html", context)
