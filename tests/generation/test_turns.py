"""Whose turn it is to be written: everybody's once a round, first words at once, all after a refusal."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chatapp.generation import journal
from chatapp.generation.draft import Batch, Draft
from chatapp.generation.journal import JournalWriter
from chatapp.models import Conversation, User
from chatapp.models.asked import Asked
from chatapp.words import PartKind
from tests.generation.test_runner import until

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = "this process"
AGES_SECONDS = 3600.0


class Writing:
    """A journal that runs; `commits` are the drafts of each commit that readers were rung for."""

    def __init__(self) -> None:
        self.commits: list[list[Draft]] = []
        self.journal = JournalWriter(owner=OWNER, ring=lambda drafts: self.commits.append(list(drafts)))

    def say(self, drafts: Iterable[Draft], text: str) -> None:
        for draft in drafts:
            draft.write(PartKind.TEXT, text)
            self.journal.dirty(draft)

    @sync_to_async
    def open(self, count: int) -> list[Draft]:
        """Attempts that this process answers."""
        owner, _ = User.objects.get_or_create(email="alice@example.com")
        drafts = []
        for _ in range(count):
            question = Asked(text="Why?", client_id=uuid4(), parameters={}, owner=OWNER)
            made = Conversation.begin(question, owner=owner).generation
            draft = Draft(
                generation_id=made.pk,
                message_id=made.message_id,
                conversation_id=made.conversation_id,
                number=1,
                first_position=0,
                sent_at=made.sent_at,
                since_sent_ms=0,
            )
            drafts.append(draft)
            self.journal.open(draft)
        return drafts


@pytest.fixture
async def writing(db: None) -> AsyncIterator[Writing]:
    found = Writing()
    running = asyncio.create_task(found.journal.run())
    yield found
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def said(draft: Draft) -> str:
    return "".join(row.text for row in draft.committed)


@pytest.mark.parametrize(("count", "turns"), [(8, 1), (50, 2), (100, 4)])
async def test_of_many_each_is_written_once_a_round(writing: Writing, count: int, turns: int) -> None:
    drafts = await writing.open(count)
    writing.say(drafts, "one ")
    await until(lambda: all(draft.committed for draft in drafts))
    writing.commits.clear()
    for number in range(3):
        writing.say(drafts, f"{number} ")
        await until(lambda: not any(draft.is_dirty for draft in drafts))
    commits = writing.commits
    assert {len(commit) for commit in commits} == {count // turns}
    for start in range(0, len(commits) - turns + 1, turns):
        together = [draft for commit in commits[start : start + turns] for draft in commit]
        assert len(set(together)) == count
    assert {said(draft) for draft in drafts} == {"one 0 1 2 "}


async def test_first_words_wait_for_no_turn(writing: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    (early,) = await writing.open(1)
    writing.say([early], "one ")
    await until(lambda: said(early) == "one ")
    # From the turn on that writes this.
    monkeypatch.setattr(journal, "TURN_SECONDS", AGES_SECONDS)
    writing.say([early], "two ")
    await until(lambda: said(early) == "one two ")
    late = await writing.open(3)
    writing.say([early], "three")
    writing.say(late, "first")
    await until(lambda: all(map(said, late)))
    assert [set(commit) for commit in writing.commits] == [{early}, {early}, set(late)]


async def test_who_waits_for_a_turn_gets_it_after_its_first_words(writing: Writing) -> None:
    drafts = await writing.open(60)
    writing.say(drafts, "one")
    await asyncio.gather(*(writing.journal.turn(draft) for draft in drafts))
    assert {said(draft) for draft in drafts} == {"one"}


def refusing(times: int, write: Callable[[str, Sequence[Batch]], set[int]]) -> Callable[..., set[int]]:
    left = iter(range(times))

    def refuse(owner: str, batches: Sequence[Batch]) -> set[int]:
        if next(left, None) is not None:
            raise OperationalError("database is locked")
        return write(owner, batches)

    return refuse


async def test_a_refusal_is_told_to_all_and_made_up_for_in_one_go(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = await writing.open(100)
    writing.say(drafts, "one ")
    await until(lambda: all(draft.committed for draft in drafts))
    writing.commits.clear()
    monkeypatch.setattr(journal, "write", refusing(1, journal.write))
    writing.say(drafts, "two")
    await until(lambda: writing.commits)
    assert all(draft.standing.delayed for draft in drafts), "also those whose turn it was not"
    await until(lambda: not any(draft.is_dirty for draft in drafts))
    assert [len(commit) for commit in writing.commits] == [100, 100]
    assert {said(draft) for draft in drafts} == {"one two"}
    assert not any(draft.standing.delayed for draft in drafts)
