"""The examples: every ending is among them, all of them whole, and none of them twice."""

import pytest
from django.core.management import call_command

from chatapp.management.examples import hard, made
from chatapp.models import Conversation, Generation, Image, User
from chatapp.words import ENDINGS, Purpose

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Conversation, Generation, Image))


def test_every_ending_is_among_the_examples_and_none_is_made_twice() -> None:
    call_command("seed")
    assert set(Generation.objects.values_list("state", flat=True)) == set(ENDINGS)
    assert set(Generation.objects.values_list("purpose", flat=True)) == set(Purpose)
    assert not Generation.objects.unsettled().exists()
    before = counts()
    call_command("seed")
    assert counts() == before


def test_titles_that_are_hard_to_show_stay_as_hard_as_titles_can_be(alice: User) -> None:
    for example in list(hard.examples())[-len(hard.TITLES) :]:
        made.make(alice, example)
    titles = set(Conversation.objects.values_list("title", flat=True))
    assert len(titles) == len(hard.TITLES)
    assert any(len(title) == 200 and " " not in title for title in titles)
    assert any("🏳️‍🌈" in title for title in titles)
