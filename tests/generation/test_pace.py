"""How often upstream is read: once a commit when it says a little, as fast as it speaks when it says a lot."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatapp.generation.engine import Engine
from chatapp.generation.facts import FactBook
from chatapp.generation.journal import JournalWriter
from tests.generation.test_runner import Upstream, asked, until

WORDS = 50


@pytest.fixture
async def upstream() -> Upstream:
    found = Upstream()
    for number in range(WORDS):
        found.words.put_nowait(f"{number} ")
    return found


@pytest.fixture
async def answering(db: None, upstream: Upstream) -> AsyncIterator[JournalWriter]:
    """An attempt that is being answered, with a journal that does not run yet."""
    journal = JournalWriter(owner="this process", ring=lambda drafts: None)
    engine = Engine(
        owner="this process",
        upstream=upstream,
        compose=lambda job, turns: {},
        journal=journal,
        settle=lambda generation_id: True,
        ring=lambda generation_id: None,
        facts=FactBook(model="any", ask=None),
    )
    generation = await asked()
    task = asyncio.create_task(engine.run(generation.pk))
    yield journal
    engine.drafts[generation.pk].lost = True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
async def test_who_says_a_lot_waits_for_no_commit(answering: JournalWriter, upstream: Upstream) -> None:
    upstream.is_rushing = True
    await until(upstream.words.empty)


@pytest.mark.django_db(transaction=True)
async def test_who_says_a_little_is_read_when_a_commit_is_due(answering: JournalWriter, upstream: Upstream) -> None:
    await until(lambda: upstream.words.qsize() < WORDS)
    for _ in range(100):
        await asyncio.sleep(0)
    assert upstream.words.qsize() == WORDS - 1
    committing = asyncio.create_task(answering.run())
    await until(upstream.words.empty)
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
