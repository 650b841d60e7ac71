"""Reading requests: fields from a form or from JSON, and whether the page's script asks."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from chatapp.replies import TURNS_TYPE

View = TypeVar("View", bound=Callable[..., object])


def takes_files(view: View) -> View:
    """Mark a view whose requests may bring files: the server lets their bodies be large."""
    view.__dict__["takes_files"] = True
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
