"""The store of sessions: Django's, with a look of its own."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatapp.accounts.store import SessionStore

pytestmark = pytest.mark.django_db


def stored() -> str:
    session = DjangosStore()
    session["who"] = "Alice"
    session.create()
    return session.session_key


def test_the_site_uses_it():
    assert SessionStore.__module__ == settings.SESSION_ENGINE


def test_a_session_of_djangos_own_store_stays_valid_and_the_other_way_round():
    session = SessionStore(stored())
    assert session["who"] == "Alice"
    session["where"] = "here"
    session.save()
    assert dict(DjangosStore(session.session_key).items()) == {"who": "Alice", "where": "here"}


def test_it_is_one_question(django_assert_num_queries):
    key = stored()
    with django_assert_num_queries(1):
        assert SessionStore(key)["who"] == "Alice"


@pytest.mark.parametrize("seconds", [-1, -86_400])
def test_an_expired_session_is_nobodys_and_its_key_is_not_used_again(seconds):
    key = stored()
    Session.objects.filter(pk=key).update(expire_date=timezone.now() + timedelta(seconds=seconds))
    session = SessionStore(key)
    assert session.get("who") is None
    assert session.session_key is None


def test_a_session_is_valid_to_its_last_seconds():
    key = stored()
    Session.objects.filter(pk=key).update(expire_date=timezone.now() + timedelta(seconds=60))
    assert SessionStore(key)["who"] == "Alice"


@pytest.mark.parametrize("key", ["absent-key-of-some-length", "' OR 1=1 --"])
def test_a_key_that_was_never_given_is_nobodys(key):
    stored()
    session = SessionStore(key)
    assert session.get("who") is None
    assert session.session_key is None


def test_what_a_request_does_with_a_session_no_other_sees():
    key = stored()
    session = SessionStore(key)
    session["list"] = [1]
    session.save()
    session = SessionStore(session.session_key)
    session["list"].append(2)
    session["who"] = "Bob"
    assert dict(SessionStore(session.session_key).items()) == {"who": "Alice", "list": [1]}


def test_data_with_another_signature_are_nobodys():
    key = stored()
    assert SessionStore(key)["who"] == "Alice"
    row = Session.objects.get(pk=key)
    Session.objects.filter(pk=key).update(session_data=row.session_data[:-1] + "?")
    assert SessionStore(key).get("who") is None
