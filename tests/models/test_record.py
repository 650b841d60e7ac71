"""Rows become what Django makes of them."""

from collections.abc import Sequence

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.signals import post_init, pre_init
from django.test.utils import CaptureQueriesContext

from chatapp.models import Conversation, Generation, Message, User
from chatapp.models.record import Record
from tests.views.conftest import talk_of

OURS: Sequence[type[models.Model]] = [model for model in apps.get_models() if model.__module__.startswith("chatapp.")]


def test_all_our_models_are_records_and_nobody_listens_to_how_one_is_made() -> None:
    assert len(OURS) >= 8
    for model in OURS:
        assert issubclass(model, Record)
        for signal in (pre_init, post_init):
            assert not signal.has_listeners(model), (signal, model)


@pytest.mark.parametrize("model", OURS)
@pytest.mark.parametrize("share", [1, 2])
def test_a_record_is_what_django_makes_of_its_row(model: type[models.Model], share: int) -> None:
    # All fields, and every second one.
    names = [field.attname for field in model._meta.concrete_fields][::share]
    values = [f"the {name}" for name in names]
    ours, djangos = (cls.from_db("default", names, values) for cls in (model, super(Record, model)))
    for made in (ours, djangos):
        assert type(made) is model
        assert {name: vars(made)[name] for name in names} == dict(zip(names, values, strict=True))
        assert (made._state.adding, made._state.db) == (False, "default")
    assert vars(ours).keys() == vars(djangos).keys()
    assert ours.get_deferred_fields() == djangos.get_deferred_fields()


def test_what_was_not_asked_for_is_asked_for_when_it_is_looked_at(alice: User) -> None:
    talk = talk_of(alice)
    found = Generation.objects.only("state").get(public_id=talk.generation)
    assert found.get_deferred_fields() >= {"parameters", "number"}
    with CaptureQueriesContext(connection) as queries:
        assert (found.state, found.number) == ("done", 1)
    assert len(queries) == 1


def test_what_came_along_is_at_hand_and_belongs_to_its_row(alice: User) -> None:
    talk = talk_of(alice)
    found = Message.objects.select_related("conversation__owner", "parent").get(public_id=talk.message)
    with CaptureQueriesContext(connection) as queries:
        assert (found.conversation.owner, found.parent.parent) == (alice, None)
    assert len(queries) == 0
    found.conversation_id = 0
    with pytest.raises(Conversation.DoesNotExist):
        _ = found.conversation


def test_what_was_read_is_changed_and_not_stored_anew(alice: User) -> None:
    found = Conversation.objects.get(public_id=talk_of(alice).conversation)
    found.title = "Another"
    found.save()
    assert list(Conversation.objects.filter(title="Another")) == [found]
