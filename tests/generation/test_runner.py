"""An attempt that ended from outside is settled by its own process, at whatever moment that is noticed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from chatapp.generation.engine import Engine
from chatapp.generation.facts import FactBook
from chatapp.generation.history import Job, take_up
from chatapp.generation.journal import JournalWriter
from chatapp.generation.runner import ADOPT_AFTER_SECONDS, Runner, look
from chatapp.models import Conversation, Generation, User
from chatapp.models.asked import Asked
from chatapp.openrouter.events import Thinking
from chatapp.words import State


class Upstream:
    """Says what it is given, and nothing by itself."""

    error, sent, generation_id, is_rushing = None, True, "gen-1", False

    def __init__(self) -> None:
        self.words: asyncio.Queue[str] = asyncio.Queue()

    @asynccontextmanager
    async def stream(self, body: dict[str, Any]) -> AsyncIterator["Upstream"]:
        yield self

    async def __aiter__(self) -> AsyncIterator[list[Thinking]]:
        while True:
            yield [Thinking(await self.words.get())]


class Silence:
    """A bell that nobody rings."""

    def listen(self, topic: str) -> None: ...
    def ignore(self, topic: str) -> None: ...


class Settling:
    """Settles when it may."""

    def __init__(self) -> None:
        self.may, self.begun, self.settled = threading.Event(), threading.Event(), list[int]()

    def __call__(self, generation_id: int) -> bool:
        self.begun.set()
        assert self.may.wait(30)
        self.settled.append(generation_id)
        return True


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def house() -> AsyncIterator[tuple[Runner, Engine, Upstream, Settling]]:
    upstream, settling = Upstream(), Settling()
    journal = JournalWriter(owner="this process", ring=lambda drafts: None)
    engine = Engine(
        owner="this process",
        upstream=upstream,
        compose=lambda job, turns: {},
        journal=journal,
        settle=settling,
        ring=lambda generation_id: None,
        facts=FactBook(model="any", ask=None),
    )
    writing = asyncio.create_task(journal.run())
    yield Runner(engine=engine, owner="this process", bell=Silence()), engine, upstream, settling
    settling.may.set()
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing


@sync_to_async
def asked(owner: str = "") -> Generation:
    alice = User.objects.create_user("alice@example.com")
    question = Asked(text="Why?", client_id=uuid4(), parameters={}, owner=owner)
    return Conversation.begin(question, owner=alice).generation


@pytest.mark.django_db(transaction=True)
async def test_what_is_being_settled_is_not_let_go(house: tuple[Runner, Engine, Upstream, Settling]) -> None:
    runner, engine, upstream, settling = house
    generation = await asked()
    runner._begin(generation.pk)
    task = runner._tasks[generation.pk]
    upstream.words.put_nowait("one")
    await until(lambda: generation.pk in engine.drafts and engine.drafts[generation.pk].committed)
    assert await sync_to_async(generation.stop)()
    # The journal notices first: the engine ends by itself, without being cancelled.
    upstream.words.put_nowait("two")
    await until(lambda: engine.drafts[generation.pk].lost)
    upstream.words.put_nowait("three")
    await until(settling.begun.is_set)
    runner._let_go(generation.pk)
    settling.may.set()
    await task
    assert settling.settled == [generation.pk]


@pytest.mark.django_db(transaction=True)
async def test_what_was_stopped_before_it_began_is_settled(house: tuple[Runner, Engine, Upstream, Settling]) -> None:
    _, engine, _, settling = house
    generation = await asked()
    assert await sync_to_async(generation.stop)()
    settling.may.set()
    await engine.run(generation.pk)
    assert settling.settled == [generation.pk]


@pytest.mark.django_db(transaction=True)
async def test_what_was_just_posted_is_claimed_by_who_posted_it(
    house: tuple[Runner, Engine, Upstream, Settling],
) -> None:
    runner, engine, upstream, settling = house
    generation = await asked()
    settling.may.set()
    await sync_to_async(runner.start)(generation)
    found = await Generation.objects.aget(pk=generation.pk)
    assert (found.state, found.owner) == (State.WAITING, "this process")
    upstream.words.put_nowait("one")
    await until(lambda: generation.pk in engine.drafts and engine.drafts[generation.pk].committed)
    await runner.drain(0)


@pytest.mark.django_db(transaction=True)
async def test_what_is_posted_as_claimed_needs_no_second_claim(
    house: tuple[Runner, Engine, Upstream, Settling], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, engine, upstream, settling = house
    generation = await asked(runner.will_answer())
    found = await Generation.objects.aget(pk=generation.pk)
    assert (found.state, found.owner, found.claimed_ms is None) == (State.WAITING, "this process", False)
    # No other process takes it up.
    assert not await sync_to_async(found.claim)("another process")
    assert await sync_to_async(take_up)(generation.pk, "another process") is None
    settling.may.set()
    monkeypatch.setattr(Generation, "claim", None)
    await sync_to_async(runner.start)(generation)
    upstream.words.put_nowait("one")
    await until(lambda: generation.pk in engine.drafts and engine.drafts[generation.pk].committed)
    await runner.drain(0)
    assert runner.will_answer() == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("owner", ["", "this process"])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_a_process_that_leaves_queues_what_it_does_not_begin(
    house: tuple[Runner, Engine, Upstream, Settling], monkeypatch: pytest.MonkeyPatch, when: str, owner: str
) -> None:
    runner, engine, _, _ = house
    generation = await asked(owner)
    if when == "before":
        await runner.drain(0)
    else:
        begin = runner._begin

        def late(generation_id: int, job: Job | None = None) -> None:
            assert job
            runner._is_draining = True
            begin(generation_id, job)

        monkeypatch.setattr(runner, "_begin", late)
    await sync_to_async(runner.start)(generation)
    await runner.drain(0)
    found = await Generation.objects.aget(pk=generation.pk)
    assert (found.state, found.owner) == (State.QUEUED, "")
    assert engine.drafts == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("owner", ["", "this process"])
async def test_what_was_committed_without_our_hearing_of_it_is_begun(
    house: tuple[Runner, Engine, Upstream, Settling], owner: str
) -> None:
    runner, engine, upstream, settling = house
    generation, settling.may = await asked(owner), threading.Event()
    assert await sync_to_async(look)(set(), "this process") == (set(), set())
    posted_ago = timezone.now() - timedelta(seconds=ADOPT_AFTER_SECONDS + 0.1)
    await Generation.objects.filter(pk=generation.pk).aupdate(sent_at=posted_ago)
    assert await sync_to_async(look)(set(), "this process") == (set(), {generation.pk})
    assert await sync_to_async(look)(set(), "another process") == (set(), set() if owner else {generation.pk})
    runner._begin(generation.pk)
    upstream.words.put_nowait("one")
    await until(lambda: generation.pk in engine.drafts and engine.drafts[generation.pk].committed)
    assert await sync_to_async(look)({generation.pk}, "this process") == ({generation.pk}, set())
    # Its poster comes after all: nothing is begun twice, nor given back while it runs.
    await sync_to_async(runner.start)(generation)
    await asyncio.sleep(0)
    assert runner._returns == []
    found = await Generation.objects.aget(pk=generation.pk)
    assert (found.state, found.owner) == (State.THINKING, "this process")
    settling.may.set()
    await runner.drain(0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("owner", ["", "this process"])
async def test_what_cannot_be_claimed_at_once_is_claimed_by_the_engine(
    house: tuple[Runner, Engine, Upstream, Settling], monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    runner, engine, upstream, settling = house
    generation = await asked(owner)
    settling.may.set()

    def locked(*_: object, **__: object) -> Any:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(Generation, "claim", locked)
        patched.setattr("chatapp.generation.history.said_before", locked)
        job = await sync_to_async(runner._claimed)(generation)
    assert job is None
    runner._begin(generation.pk, job)
    upstream.words.put_nowait("one")
    await until(lambda: generation.pk in engine.drafts and engine.drafts[generation.pk].committed)
    await runner.drain(0)
