"""Reading requests: what may come, fields from a form or from JSON, and whether the page's script asks."""

import json
from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from chatapp.replies import TURNS_TYPE

View = TypeVar("View", bound=Callable[..., object])


class Brings(Enum):
    """What the requests for a view may bring: by that the server bounds their bodies, and chooses their threads."""

    TEXT = auto()
    FILES = auto()
    LITTLE = auto()
    PASSWORD = auto()


def takes_files(view: View) -> View:
    """Mark a view whose requests may bring files: the server lets their bodies be large."""
    return _marked(view, Brings.FILES)


def takes_little(view: View) -> View:
    """Mark a view for strangers, of a few short fields: large forms take long to read, and nobody has to mean them."""
    return _marked(view, Brings.LITTLE)


def takes_a_password(view: View) -> View:
    """Mark a view of a few short fields whose POST hashes a password, which takes long and much memory."""
    return _marked(view, Brings.PASSWORD)


@lru_cache(maxsize=1024)
def may_bring(path: str) -> Brings:
    """What requests for this path, which begins after the site's own prefix, may bring."""
    try:
        found: Brings = getattr(resolve(path).func, "brings", Brings.TEXT)
    except Resolver404:
        return Brings.TEXT
    return found


def _marked(view: View, brings: Brings) -> View:
    view.__dict__["brings"] = brings
    return view


def fields(request: HttpRequest) -> Mapping[str, Any]:
    """The fields of a POST, whether sent as a form or as a JSON object. Raises BadRequest for other JSON."""
    if not is_typed(request):
        return request.POST
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as wrong:
        raise BadRequest("The body is not JSON.") from wrong
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def is_typed(request: HttpRequest) -> bool:
    """Whether the fields come as JSON, where a number is a number."""
    return request.content_type == "application/json"


def wants_turns(request: HttpRequest) -> bool:
    """Whether the page's script asks for the new turns as HTML, to add them where it is."""
    return TURNS_TYPE in request.headers.get("Accept", "")


def typed(request: HttpRequest) -> str:
    """The text of a refused question, to be shown again."""
    return request.POST.get("text", "")
