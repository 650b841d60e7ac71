"""Who may open a socket: exact origin, right host, living session. Everyone else is refused at the handshake."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from chatapp.generation.offload import offload
from chatapp.models import User

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose socket it is."""

    pk: int
    session_key: str


class Guard:
    """Lets a handshake through to `inner` with `scope["visitor"]` set, or denies it (HTTP 403)."""

    def __init__(self, inner: Application, *, origins: Collection[str], hosts: Collection[str]) -> None:
        self._inner, self._origins, self._hosts = inner, frozenset(origins), list(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        host, _ = split_domain_port(headers.get(b"host", b"").decode("latin1"))
        visitor = None
        if headers.get(b"origin", b"").decode("latin1") in self._origins and validate_host(host, self._hosts):
            visitor = await offload(identify, session_key_in(headers.get(b"cookie", b"").decode("latin1")))
        if visitor is None:
            await receive()
            await send({"type": "websocket.close"})
            return
        await self._inner({**scope, "visitor": visitor}, receive, send)


def session_key_in(cookies: str) -> str:
    """The session key among the request's cookies, or ""."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def identify(session_key: str) -> Visitor | None:
    """Whose living session this is: not expired, its password unchanged, the person active."""
    if not session_key:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(cast(HttpRequest, SimpleNamespace(session=store)))
    if not isinstance(user, User) or not user.is_active:
        return None
    return Visitor(pk=user.pk, session_key=session_key)
