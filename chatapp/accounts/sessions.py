"""What happens to sessions: each event goes to the log, and each end of sessions to whoever wants to know."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed, password_reset, user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from chatapp.models import User

logger = logging.getLogger("chatapp.security")

_listeners: list[Callable[[int], None]] = []


def note(event: str, request: HttpRequest, user: User | None = None) -> None:
    """Log a security event: who by public id, and from where; never an address, a password or a token."""
    who = user.public_id if user is not None else "-"
    logger.info("%s user=%s ip=%s", event, who, get_adapter().get_client_ip(request))


def on_session_end(callback: Callable[[int], None]) -> Callable[[], None]:
    """Call `callback` with a user's pk after sessions of theirs ended: signed out, password changed or reset,
    switched off, deleted. It runs after the commit, in the thread that ended them. Returns its taking back.

    A bulk `update(is_active=False)` tells nobody: switch people off by saving them.
    """
    _listeners.append(callback)
    return partial(_listeners.remove, callback)


def sessions_end(pk: int) -> None:
    """Tell the listeners, once the transaction is committed."""
    transaction.on_commit(lambda: _tell(pk))


def _tell(pk: int) -> None:
    for callback in tuple(_listeners):
        try:
            callback(pk)
        except Exception:
            # The session has ended all the same, and the others want to know.
            logging.getLogger(__name__).exception("A listener to the ends of sessions failed")


@receiver(user_logged_in, dispatch_uid="chatapp.signed_in")
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    note("signed in", request, user)


@receiver(user_signed_up, dispatch_uid="chatapp.signed_up")
def _signed_up(request: HttpRequest, user: User, **_: Any) -> None:
    note("account made", request, user)


@receiver(password_changed, dispatch_uid="chatapp.password_changed")
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    note("password changed", request, user)
    sessions_end(user.pk)


@receiver(password_reset, dispatch_uid="chatapp.password_reset")
def _password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    note("password reset", request, user)
    sessions_end(user.pk)


@receiver(post_save, sender=User, dispatch_uid="chatapp.switched_off")
def _switched_off(instance: User, created: bool, **_: Any) -> None:
    if not created and not instance.is_active:
        sessions_end(instance.pk)


@receiver(post_delete, sender=User, dispatch_uid="chatapp.deleted")
def _deleted(instance: User, **_: Any) -> None:
    sessions_end(instance.pk)
