"""The cast: Alice owns, Bob is shared with, Charlie must see nothing, Dora administers.

Rooms of plain Python are tested without Django too (`-p no:django`), so it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from django.test import Client

    from chatapp.models import User

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests() -> Iterator[None]:
    """Attempts are counted in the cache: each test begins with none."""
    yield
    if settings.configured:
        from django.core.cache import cache

        cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    return _person("alice@example.com")


@pytest.fixture
def bob(db: None) -> User:
    return _person("bob@example.com")


@pytest.fixture
def charlie(db: None) -> User:
    return _person("charlie@example.com")


@pytest.fixture
def dora(db: None) -> User:
    return _person("dora@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""
    from django.test import Client

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def _person(email: str, **more: bool) -> User:
    from chatapp.models import User

    return User.objects.create_user(email, PASSWORD, **more)
