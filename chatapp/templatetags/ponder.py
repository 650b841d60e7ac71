"""What the templates need beyond Django's own tags: static addresses, the import map, bare form fields."""

import json
from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BoundField
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatapp import presentation
from chatapp.images.limits import MOST_BYTES
from chatapp.images.refusals import TooManyBytes
from chatapp.presentation import ConversationLink

register = template.Library()

_MODULES = "js/"
_NOBODY = UUID(int=0)
# JSON inside a script element: nothing in it may look like markup.
_JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file. One the manifest does not know gets its plain address, so that the page
    for an error of the server never fails for want of a style sheet."""
    return _found(path) if settings.DEBUG else _kept(path)


def _found(path: str) -> str:
    try:
        return str(staticfiles_storage.url(path))
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


_kept = lru_cache(maxsize=500)(_found)


@register.simple_tag
def address(view: str, key: UUID) -> str:
    """The address of a view that takes one id: as `url` gives it, for lists, where that is a third of the work."""
    return _pattern(view).format(key)


@lru_cache
def _pattern(view: str) -> str:
    return reverse(view, args=[_NOBODY]).replace(str(_NOBODY), "{}")


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """The import map, with the page's nonce: each own module under its path below static/js (`lib/html.js`).

    Browsers resolve the names in our modules through it, so no file is rewritten when its address changes.
    """
    # Made when it is first read as text; until then it is false.
    nonce = str(getattr(context.get("request"), "csp_nonce", ""))
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, _import_map())


@register.simple_tag
def elements(*tags: str) -> SafeString:
    """Scripts of the custom elements that must work when the page has loaded; app.js fetches the others after it."""
    sources = [(asset(f"{_MODULES}elements/{tag}.js"),) for tag in tags]
    return format_html_join("\n", '<script type="module" src="{}"></script>', sources)


@register.simple_tag(takes_context=True)
def piece(context: Context, template_name: str, **values: Hashable) -> SafeString:
    """`{% piece "a/_b.html" name=value %}`: what `include` gives for these values alone, kept for the next page."""
    return presentation.piece(template_name, token=_token(context), **values)


@register.simple_tag(takes_context=True)
def pieces(context: Context, template_name: str, **values: Iterable[Hashable]) -> SafeString:
    """`{% pieces "a/_b.html" name=values %}`: the same for each of the values."""
    ((name, given),) = values.items()
    return presentation.pieces(template_name, name, given, token=_token(context))


def _token(context: Context) -> str:
    return str(context.get("csrf_token") or "")


@register.simple_tag
def conversation_links(conversations: Iterable[Any], current: Any) -> SafeString:
    """The sidebar's lines for these conversations, of which `current` is the one that is shown."""
    shown = current and current.public_id
    links = [
        ConversationLink(key=each.public_id, title=each.title, is_current=each.public_id == shown)
        for each in conversations
    ]
    return presentation.pieces("conversation/_link.html", "link", links)


@register.simple_tag
def picture_bounds() -> dict[str, Any]:
    """What a script must know to refuse a file before it is sent: `bytes` at most, and the `sentence` that says so."""
    return {"bytes": MOST_BYTES, "sentence": str(TooManyBytes())}


@register.filter
def clock(milliseconds: int | None) -> str:
    """A running time for reading: `0:12`, `1:02`, `1:00:02`."""
    seconds = max(0, int(milliseconds or 0)) // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def bare(field: BoundField) -> SafeString:
    """The field's control without a placeholder: one that repeats the label only looks like an entry."""
    attributes: dict[str, Any] = {"placeholder": False}
    return field.as_widget(attrs=attributes)


def _import_map() -> SafeString:
    return _cached_import_map() if not settings.DEBUG else _written_import_map()


def _written_import_map() -> SafeString:
    imports = {path.removeprefix(_MODULES): asset(path) for path in _modules()}
    return SafeString(json.dumps({"imports": imports}, separators=(",", ":")).translate(_JSON_ESCAPES))


@lru_cache(maxsize=1)
def _cached_import_map() -> SafeString:
    return _written_import_map()


def _modules() -> list[str]:
    """Paths of all own modules below static/, from the manifest or, where there is none, from the folders."""
    known = getattr(staticfiles_storage, "hashed_files", None) or [
        path for finder in get_finders() for path, _ in finder.list([])
    ]
    return sorted(path for path in known if path.startswith(_MODULES) and path.endswith(".js"))
