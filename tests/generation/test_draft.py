"""Drafts: what is written, what is committed, and that readers only ever see the latter."""

import pytest
from django.utils import timezone

from chatapp.generation.draft import AHEAD_BYTES, MAX_UNWRITTEN_BYTES, Draft, DraftFull
from chatapp.words import PartKind, Reason, State
from tests.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draft(clock: Clock) -> Draft:
    return Draft(
        generation_id=1,
        message_id=2,
        conversation_id=3,
        number=1,
        first_position=0,
        sent_at=timezone.now(),
        since_sent_ms=250,
        clock=clock,
    )


def commit(draft: Draft):
    batch = draft.take()
    draft.written()
    return batch


def test_nothing_is_seen_before_it_is_committed(draft: Draft) -> None:
    draft.write(PartKind.THINKING, "first")
    batch = draft.take()
    draft.write(PartKind.TEXT, "second")
    draft.end(State.DONE, "")
    assert draft.committed == []
    assert draft.standing.state == State.WAITING
    draft.written()
    assert [row.text for row in draft.committed] == ["first"]
    assert draft.standing.state == State.THINKING
    assert [part.kind for part in draft.standing.parts] == [PartKind.THINKING]
    assert [row.text for row in batch.rows] == ["first"]
    commit(draft)
    assert draft.standing.state == State.DONE
    assert [part.kind for part in draft.standing.parts] == [PartKind.THINKING, PartKind.TEXT]


def test_text_of_one_tick_is_one_row_a_part(draft: Draft) -> None:
    for text in ("a", "b"):
        draft.write(PartKind.THINKING, text)
    draft.write(PartKind.TEXT, "c")
    draft.write(PartKind.TEXT, "d")
    rows = commit(draft).rows
    assert [(row.seq, row.position, row.text) for row in rows] == [(1, 0, "ab"), (2, 1, "cd")]


def test_times_count_from_when_the_question_was_sent(draft: Draft, clock: Clock) -> None:
    clock.now += 1
    draft.write(PartKind.THINKING, "hm")
    clock.now += 2
    draft.write(PartKind.TEXT, "yes")
    clock.now += 1
    draft.end(State.DONE, "")
    batch = commit(draft)
    assert batch.moves["first_thinking_ms"] == 1250
    assert batch.moves["first_answer_ms"] == 3250
    assert batch.moves["ended_ms"] == 4250
    assert [(part.started_ms, part.ended_ms) for part in batch.new_parts] == [(1250, 3250), (3250, 4250)]


def test_a_refused_batch_comes_again_with_what_came_since(draft: Draft) -> None:
    draft.write(PartKind.THINKING, "one ")
    draft.take()
    draft.hold_back()
    assert draft.standing.delayed
    draft.write(PartKind.THINKING, "two")
    draft.end(State.STOPPED, Reason.PERSON)
    batch = draft.take()
    assert "".join(row.text for row in batch.rows) == "one two"
    assert [row.seq for row in batch.rows] == [1, 2]
    assert [part.position for part in batch.new_parts] == [0]
    assert batch.moves["state"] == State.STOPPED
    assert batch.moves["first_thinking_ms"] is not None
    draft.written()
    assert not draft.standing.delayed
    assert not draft.is_dirty


def test_thinking_may_come_in_several_segments(draft: Draft) -> None:
    for kind in (PartKind.THINKING, PartKind.TEXT, PartKind.THINKING, PartKind.TEXT):
        draft.write(kind, "x")
    commit(draft)
    assert [part.position for part in draft.standing.parts] == [0, 1, 2, 3]
    assert draft.standing.state == State.ANSWERING


def test_relabelling_changes_the_part_and_the_revision(draft: Draft) -> None:
    draft.write(PartKind.THINKING, "this was the answer")
    commit(draft)
    draft.relabel(PartKind.TEXT)
    batch = commit(draft)
    assert [part.kind for part in batch.changed_parts] == [PartKind.TEXT]
    assert batch.moves["revision"] == 1
    assert draft.standing.revision == 1
    assert draft.standing.state == State.ANSWERING


def test_relabelling_to_the_same_kind_changes_nothing(draft: Draft) -> None:
    draft.write(PartKind.TEXT, "x")
    commit(draft)
    draft.relabel(PartKind.TEXT)
    assert not draft.is_dirty


def test_memory_for_unwritten_text_is_bounded(draft: Draft) -> None:
    draft.write(PartKind.TEXT, "x" * MAX_UNWRITTEN_BYTES)
    with pytest.raises(DraftFull):
        draft.write(PartKind.TEXT, "x")


def test_a_commit_makes_room_again(draft: Draft) -> None:
    draft.write(PartKind.TEXT, "x" * MAX_UNWRITTEN_BYTES)
    commit(draft)
    draft.write(PartKind.TEXT, "x")
    assert draft.is_dirty


def test_a_lost_draft_has_nothing_to_write(draft: Draft) -> None:
    draft.write(PartKind.TEXT, "x")
    draft.lost = True
    assert not draft.is_dirty


def test_an_upstream_that_is_far_ahead_waits_for_a_healthy_database_only(draft: Draft) -> None:
    draft.write(PartKind.TEXT, "x" * (AHEAD_BYTES + 1))
    assert draft.is_ahead
    draft.take()
    draft.hold_back()
    assert not draft.is_ahead
    draft.written()
    assert not draft.is_ahead
