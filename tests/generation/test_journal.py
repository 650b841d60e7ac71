"""What a commit wrote whose answer was lost is written once more, and is there once."""

from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.safestring import SafeString

from chatapp.generation.draft import Draft
from chatapp.generation.engine import note_calls
from chatapp.generation.journal import write
from chatapp.generation.settle import settle
from chatapp.generation.sources import read_stored
from chatapp.models import Call, Generation, Journal, Part, User
from chatapp.words import PartKind, State
from tests.views.conftest import talk_of

OWNER = "this process"
CALL = {"upstream_id": "gen-1", "cost": Decimal("0.25"), "usage": {"cost": 0.25}}


@pytest.fixture
def generation(alice: User) -> Generation:
    found: Generation = Generation.objects.get(public_id=talk_of(alice, settled=False).generation)
    Part.objects.filter(generation=found).delete()
    Journal.objects.filter(generation=found).delete()
    Call.objects.filter(generation=found).delete()
    Generation.objects.filter(pk=found.pk).update(owner=OWNER, state=State.WAITING)
    return found


@pytest.fixture
def draft(generation: Generation) -> Draft:
    return Draft(
        generation_id=generation.pk,
        message_id=generation.message_id,
        conversation_id=generation.conversation_id,
        number=1,
        first_position=0,
        sent_at=timezone.now(),
        since_sent_ms=0,
    )


def kinds(generation: Generation) -> list[tuple[int, str, bool]]:
    parts = Part.objects.filter(generation=generation).order_by("position")
    return [(part.position, part.kind, part.ended_ms is not None) for part in parts]


def test_parts_rows_and_calls_that_come_again_are_there_once(generation: Generation, draft: Draft) -> None:
    draft.write(PartKind.THINKING, "one ")
    draft.used(CALL)
    assert write(OWNER, [draft.take()]) == {generation.pk}
    # Nobody said that it was committed, and the answer goes on.
    draft.write(PartKind.THINKING, "two")
    draft.write(PartKind.TEXT, "three")
    assert write(OWNER, [draft.take()]) == {generation.pk}
    draft.written()
    assert kinds(generation) == [(0, "thinking", True), (1, "text", False)]
    assert generation.journal_texts() == {0: "one two", 1: "three"}
    assert Call.objects.filter(generation=generation).count() == 1
    draft.write(PartKind.TEXT, " four")
    draft.end(State.DONE, "")
    assert write(OWNER, [draft.take()]) == {generation.pk}
    assert kinds(generation) == [(0, "thinking", True), (1, "text", True)]


def test_a_part_relabelled_after_a_lost_commit_is_of_its_new_kind(generation: Generation, draft: Draft) -> None:
    draft.write(PartKind.TEXT, "hm")
    write(OWNER, [draft.take()])
    draft.relabel(PartKind.THINKING)
    write(OWNER, [draft.take()])
    assert kinds(generation) == [(0, "thinking", False)]


def test_calls_of_an_ending_whose_commit_was_lost_are_billed_once(generation: Generation, draft: Draft) -> None:
    draft.write(PartKind.TEXT, "all")
    draft.used(CALL)
    draft.used(CALL | {"upstream_id": ""})
    draft.end(State.DONE, "")
    write(OWNER, [draft.take()])
    # It has ended by what it wrote itself, and comes again: nothing of it is this process's any more.
    assert write(OWNER, [draft.take()]) == set()
    note_calls(generation.pk, draft.unwritten_calls())
    assert Call.objects.filter(generation=generation).count() == 2
    assert settle(generation.pk, render=SafeString, renderer=1)
    assert Part.objects.get(generation=generation).text == "all"


def test_what_settling_gives_is_what_the_database_then_says(generation: Generation, draft: Draft) -> None:
    draft.write(PartKind.THINKING, "Hm.")
    draft.write(PartKind.TEXT, "One <b> & ü")
    draft.used(CALL | {"reasoning_tokens": 3})
    draft.end(State.DONE, "")
    write(OWNER, [draft.take()])
    told = settle(generation.pk, render=lambda text: SafeString(f"<p>{text}</p>"), renderer=1)
    assert told == read_stored(generation.pk, 0)
    assert told
    assert {type(html) for html in told.settled_html.values()} == {str}, "frames know no other"
    assert settle(generation.pk, render=SafeString, renderer=1) is None, "once"


def test_new_rows_cost_one_statement_each(generation: Generation, draft: Draft) -> None:
    draft.write(PartKind.TEXT, "hm")
    draft.used(CALL)
    seen: list[str] = []

    def see(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    batch = draft.take()
    with connection.execute_wrapper(see):
        write(OWNER, [batch])
    assert [sql.split()[0] for sql in seen if "SAVEPOINT" not in sql] == ["SELECT", *["INSERT"] * 3, "UPDATE"]
