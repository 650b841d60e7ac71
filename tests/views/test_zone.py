"""Dates are of the reader's time zone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from chatapp.models import Conversation, User


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("", "January 2020"),
        ("Pacific%2FKiritimati", "February 2020"),
        ("Pacific/Pago_Pago", "January 2020"),
        ("../../etc/passwd", "January 2020"),
        ("%00", "January 2020"),
        ("x" * 5_000, "January 2020"),
    ],
)
def test_the_list_goes_by_the_readers_days(
    alice: User, client_of: Callable[[User], Client], zone: str, label: str
) -> None:
    at = datetime(2020, 1, 31, 12, tzinfo=UTC)
    Conversation.objects.create(owner=alice, title="Figs", active_at=at)
    client = client_of(alice)
    client.cookies["zone"] = zone
    page = client.get("/").content.decode()
    assert f'<h2 class="side__label">{label}</h2>' in page
    assert timezone.get_current_timezone_name() == "UTC"
