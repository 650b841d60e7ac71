"""Statements that are kept say and give what those that are put together anew do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from chatapp.models import Call, Conversation, Generation, Message, Part, User
from chatapp.prepared import Prepared, add, change, insert
from chatapp.words import RUNNING, PartKind, State
from tests.views.conftest import talk_of

BY_KEY: Prepared[Generation] = Prepared(
    lambda key, owner: Generation.objects.filter(public_id=key, conversation__owner_id=owner).select_related(
        "message__parent", "conversation"
    )
)
PARTS: Prepared[Part] = Prepared(lambda ids: Part.objects.filter(message_id__in=ids).order_by("message_id", "position"))
ANY: Prepared[str] = Prepared(lambda title: User.objects.annotate(title=Value(title)).values_list("title", flat=True))
TITLES: Prepared[str] = Prepared(
    lambda owner, title: Conversation.objects.filter(owner_id=owner, title=title).values_list("title", flat=True)[:1]
)


SOME: Prepared[str] = Prepared(
    lambda owner, skip, take: (
        Conversation.objects.filter(owner_id=owner)
        .order_by("title")
        .values_list("title", flat=True)[skip : skip + take]
    )
)


def test_rows_are_the_same_models_and_fresh_each_time(alice: User, bob: User) -> None:
    talks = [talk_of(alice), talk_of(alice, settled=False), talk_of(bob)]
    for owner, talk in zip((alice, alice, bob), talks, strict=True):
        expected = Generation.objects.get(public_id=talk.generation)
        for _ in range(2):
            [found] = BY_KEY(key=expected.public_id, owner=owner.pk)
            assert found == expected
            for field in Generation._meta.concrete_fields:
                assert getattr(found, field.attname) == getattr(expected, field.attname), field
            with CaptureQueriesContext(connection) as queries:
                question = found.message.parent.public_id
            assert len(queries) == 0
            assert question == expected.message.parent.public_id
        Generation.objects.filter(pk=expected.pk).update(notice="changed")
        assert BY_KEY.first(key=expected.public_id, owner=owner.pk).notice == "changed"
    assert BY_KEY(key=uuid4(), owner=alice.pk) == []
    assert BY_KEY.first(key=Generation.objects.get(public_id=talks[2].generation).public_id, owner=alice.pk) is None


@pytest.mark.parametrize(("skip", "take"), [(0, 2), (1, 2), (2, 9), (0, 0), (7, 1), (0, 9)])
def test_a_slice_from_anywhere(alice: User, skip: int, take: int) -> None:
    titles = ["a", "b", "c", "d"]
    Conversation.objects.bulk_create(Conversation(owner=alice, title=title) for title in titles)
    for _ in range(2):
        assert SOME(owner=alice.pk, skip=skip, take=take) == titles[skip : skip + take]


def test_a_slice_within_the_query_is_refused(alice: User) -> None:
    def build(owner: int, skip: int, take: int) -> object:
        some = Conversation.objects.order_by("title").values("pk")[skip : skip + take]
        return Conversation.objects.filter(pk__in=some).filter(owner_id=owner).values_list("title")

    with pytest.raises(TypeError, match="not at the end"):
        Prepared(build)(owner=alice.pk, skip=0, take=1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 64, 65])
def test_sequences_of_any_length(alice: User, count: int) -> None:
    ids = [Message.objects.get(public_id=talk_of(alice).message).pk for _ in range(min(count, 3))]
    ids += range(10_000, 10_000 + count - len(ids))
    for _ in range(2):
        assert PARTS(ids=ids) == list(Part.objects.filter(message_id__in=ids).order_by("message_id", "position"))
        assert len(PARTS(ids=ids)) == min(count, 3)


def test_few_statements_do_for_sequences_of_all_lengths(alice: User) -> None:
    for count in range(1, 65):
        assert PARTS(ids=list(range(10_000, 10_000 + count))) == []
    assert len(PARTS._queries) == 7


@pytest.mark.parametrize("title", ["Figs", "", "'; DROP TABLE chatapp_user; --", "%s %", "1913000017", "ü👩‍👧\u2028"])
def test_texts_are_values_and_nothing_else(alice: User, title: str) -> None:
    Conversation.objects.create(owner=alice, title=title)
    assert TITLES(owner=alice.pk, title=title) == [title]
    assert TITLES(owner=alice.pk, title=f"{title}!") == []


def test_a_value_without_a_place_is_a_mistake(alice: User) -> None:
    wrong: Prepared[User] = Prepared(lambda pk, other: User.objects.filter(pk=pk))
    with pytest.raises(TypeError, match="no place in the query for other"):
        wrong(pk=alice.pk, other=1)


def test_a_row_is_stored_as_saving_stores_it(alice: User) -> None:
    by_hand = Conversation(owner=alice, title="One", parameters={"a": [1, "ü", None]})
    insert(by_hand)
    Conversation.objects.create(pk=by_hand.pk + 1, owner=alice, title="One", parameters={"a": [1, "ü", None]})
    one, two = Conversation.objects.filter(owner=alice).order_by("pk")
    assert one.pk == by_hand.pk
    assert not by_hand._state.adding
    for field in Conversation._meta.concrete_fields:
        if field.name not in {"id", "public_id", "created_at", "active_at"}:
            assert getattr(one, field.attname) == getattr(two, field.attname)
    assert (one.public_id, one.created_at) == (by_hand.public_id, by_hand.created_at)
    by_hand.title = "Another"
    by_hand.save()
    assert Conversation.objects.get(pk=one.pk).title == "Another"


def test_a_row_changes_only_from_what_is_allowed(alice: User) -> None:
    found = Generation.objects.get(public_id=talk_of(alice, settled=False).generation)
    assert not change(Generation, found.pk, {"state": State.DONE}, state=[State.QUEUED])
    assert not change(Generation, found.pk + 1, {"state": State.DONE})
    assert change(
        Generation, found.pk, {"state": State.STOPPED, "parameters": {"x": 1}, "ended_ms": None}, state=RUNNING
    )
    found.refresh_from_db()
    assert (found.state, found.parameters, found.ended_ms) == ("stopped", {"x": 1}, None)
    message = found.message
    assert change(Message, message.pk, {"chosen": message.parent_id})
    message.refresh_from_db()
    assert message.chosen_id == message.parent_id


def test_a_part_is_stored_with_what_it_names(alice: User) -> None:
    message = Message.objects.get(public_id=talk_of(alice).message)
    part = Part(message=message, position=5, kind=PartKind.THINKING, text="So.")
    insert(part)
    assert Part.objects.get(pk=part.pk).message == message


def test_a_row_that_nobody_needs_is_stored_as_saving_stores_it_and_once(alice: User) -> None:
    generation = Generation.objects.get(public_id=talk_of(alice).generation)
    add(Part, message_id=generation.message_id, generation_id=generation.pk, position=7, kind=PartKind.TEXT, text="So.")
    saved = Part.objects.create(
        message_id=generation.message_id, generation_id=generation.pk, position=8, kind=PartKind.TEXT, text="So."
    )
    added = Part.objects.get(message_id=generation.message_id, position=7)
    for field in Part._meta.concrete_fields:
        if field.name not in {"id", "position"}:
            assert getattr(added, field.attname) == getattr(saved, field.attname)
    add(Part, message_id=generation.message_id, position=7, kind=PartKind.THINKING, text="Another.")
    added.refresh_from_db()
    assert (added.text, added.kind, added.generation_id) == ("So.", PartKind.TEXT, generation.pk)
    for _ in range(2):
        add(Call, generation_id=generation.pk, number=1, model="any", cost="0.0000012", usage={"cost": 1.2e-6})
    call = Call.objects.get(generation=generation)
    assert (str(call.cost), call.usage, call.upstream_id) == ("0.0000012000", {"cost": 1.2e-6}, "")
    assert call.started_at >= generation.sent_at
    with pytest.raises(TypeError, match="Part has no colour"):
        add(Part, colour="blue")


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_get_what_each_asked_for(alice: User) -> None:
    titles = [f"title {n}" for n in range(8)]
    before = threading.Barrier(len(titles))

    def ask(title: str) -> list[list[str]]:
        before.wait()
        try:
            return [ANY(title=title) for _ in range(50)]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(titles)) as threads:
        for title, answers in zip(titles, threads.map(ask, titles), strict=True):
            assert answers == [[title]] * 50
