"""What a stopped answer cost is told when upstream knows it: until then, for a while, pages are told to ask again."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from chatapp import fittings
from chatapp.generation.accountant import book
from chatapp.models import Call, Generation, User
from chatapp.openrouter.lookups import GenerationRecord
from chatapp.presentation import outcome_html
from tests.views.conftest import Talk, talk_of

PENDING = "data-pending"


@pytest.fixture
def door(alice: User, client_of) -> Client:
    return client_of(alice)


@pytest.fixture
def stopped(alice: User) -> Talk:
    """A stopped answer whose usage upstream did not say."""
    talk = talk_of(alice, settled=False)
    generation = Generation.objects.get(public_id=talk.generation)
    generation.stop()
    Call.objects.create(generation=generation, upstream_id="gen-1", number=1)
    fittings.settle_attempt(generation.pk)
    return talk


def page(door: Client, talk: Talk) -> str:
    return str(door.get(f"/c/{talk.conversation}/").content.decode())


def polled(door: Client, talk: Talk) -> str:
    """The outcome in the frame that a page gets which has all of the answer."""
    generation = Generation.objects.get(public_id=talk.generation)
    hold = {"type": "hold", "message": talk.message, "revision": fittings.revision_of(generation), "parts": {"0": 1}}
    reply = door.get(f"/c/{talk.conversation}/progress/", {"holding": json.dumps([hold])}).json()
    [progress] = [frame for frame in reply["frames"] if frame["type"] == "progress"]
    assert progress["settled"]
    return str(progress["outcome"])


def test_who_polls_is_told_what_it_cost_once_it_is_known(door: Client, stopped: Talk) -> None:
    assert PENDING in page(door, stopped)
    assert PENDING in polled(door, stopped)
    book(Call.objects.get().pk, GenerationRecord.from_json({"data": {"id": "gen-1", "total_cost": 0.25}}))
    assert PENDING not in page(door, stopped)
    assert PENDING not in polled(door, stopped)
    assert "0.25" in polled(door, stopped)


def test_in_the_end_nobody_asks_any_more(door: Client, stopped: Talk) -> None:
    Generation.objects.update(sent_at=timezone.now() - timedelta(minutes=3))
    assert PENDING not in page(door, stopped)
    assert PENDING not in polled(door, stopped)
    assert outcome_html(UUID(stopped.message))[1]


def test_what_said_its_cost_is_not_asked_for(door: Client, alice: User) -> None:
    assert PENDING not in page(door, talk_of(alice))
