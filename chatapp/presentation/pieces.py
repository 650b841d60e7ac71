"""Pieces of pages, kept as they were rendered: of the same values a template makes the same HTML.

A piece's template gets its values and nothing else of the page, so there is nothing that could be forgotten in what it
is kept by. Values are compared as a whole; they must not be able to change.
"""

import secrets
import sys
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from threading import Lock

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from chatapp import rendering

# In memory, of all pieces together. A conversation's page of 50 turns takes some 600 kB.
MOST_BYTES = 12_000_000
# A page's forms carry its own token, a piece's this word in its place; nobody outside can know it.
_TOKEN = secrets.token_hex(16)

_Key = tuple[str, tuple[tuple[str, Hashable], ...], str]


class Shelf:
    """What was rendered last, up to a number of bytes. Safe to use from several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[_Key, str] = OrderedDict()
        self._lock = Lock()

    def find(self, keys: Sequence[_Key]) -> list[str | None]:
        with self._lock:
            found = [self._kept.get(key) for key in keys]
            for key, html in zip(keys, found, strict=True):
                if html is not None:
                    self._kept.move_to_end(key)
        return found

    def keep(self, key: _Key, html: str) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = html
            self._size += _cost(html)
            while self._size > self._most:
                self._size -= _cost(self._kept.popitem(last=False)[1])


_shelf = Shelf(MOST_BYTES)


def piece(template: str, *, token: str = "", **values: Hashable) -> SafeString:
    """The template's HTML for the values. `token` is what its forms send with them."""
    return _shown(template, [tuple(values.items())], token)


def pieces(template: str, name: str, values: Iterable[Hashable], *, token: str = "") -> SafeString:
    """The template's HTML for each of the values, which it gets under this name, one after the other."""
    return _shown(template, [((name, value),) for value in values], token)


def _shown(template: str, values: Iterable[tuple[tuple[str, Hashable], ...]], token: str) -> SafeString:
    zone = _zone()
    keys = [(template, each, zone) for each in values]
    found = [_made(key) if html is None else html for key, html in zip(keys, _shelf.find(keys), strict=True)]
    return rendering.trusted("".join(found).replace(_TOKEN, token))


def _made(key: _Key) -> str:
    template, values, _ = key
    html = render_to_string(template, {**dict(values), "csrf_token": _TOKEN}) + ""
    _shelf.keep(key, html)
    return html


def _zone() -> str:
    """Dates are written in it."""
    return timezone.get_current_timezone_name()


def _cost(html: str) -> int:
    """Bytes of a piece, about: what it was made of is kept with it and is as long."""
    return 2 * sys.getsizeof(html) + 500
