"""What every page needs: the site's name, demo mode, the sidebar."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject

from chatapp.events import PROTOCOL
from chatapp.models import User
from chatapp.views.pages import SIDEBAR_CONVERSATIONS, recent


def site(request: HttpRequest) -> dict[str, Any]:
    """The context processor. The sidebar costs a query only on pages that show it."""
    context: dict[str, Any] = {
        "site_name": settings.SITE_NAME,
        "demo": settings.IS_DEMO,
        "release": settings.RELEASE,
        "protocol": PROTOCOL,
        "signup_open": settings.SIGNUP == "open",
        "current_conversation": None,
        "side": "folded" if request.COOKIES.get("side") == "folded" else "open",
    }
    if isinstance(getattr(request, "user", None), User):
        context["sidebar"] = SimpleLazyObject(lambda: _by_day(recent(request)[:SIDEBAR_CONVERSATIONS]))
        context["sidebar_more"] = SimpleLazyObject(lambda: len(recent(request)) > SIDEBAR_CONVERSATIONS)
    return context


def _by_day(conversations: list[Any]) -> list[dict[str, Any]]:
    zone = timezone.get_current_timezone()
    today = timezone.localdate()
    grouped = groupby(conversations, key=lambda each: _day_label(each.active_at.astimezone(zone).date(), today))
    return [{"label": label, "conversations": list(group)} for label, group in grouped]


def _day_label(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=7):
        return "Previous 7 days"
    if day > today - timedelta(days=30):
        return "Previous 30 days"
    return date_format(day, "F Y")
