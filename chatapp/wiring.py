"""Builds the rooms of a process and joins them; the only file that knows all of them.

`start()` and `stop()` are called by server/ponder.py and by the lifespan of asgi.py. Views call the functions at the
end, from any thread; in a process without a started house they only write, and another process takes the attempt up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.db import Error

from chatapp import allocator, fittings, processor
from chatapp.broadcast import Bells, conversation_topic, generation_topic, person_topic
from chatapp.generation.accountant import Accountant
from chatapp.generation.draft import Draft
from chatapp.generation.engine import Engine
from chatapp.generation.facts import FactBook
from chatapp.generation.followers import Followers
from chatapp.generation.journal import JournalWriter
from chatapp.generation.lookout import Lookout
from chatapp.generation.runner import Runner, stop_topic
from chatapp.generation.sweeper import Sweeper
from chatapp.generation.watchdog import Watchdog
from chatapp.models import Conversation, Generation, Posted
from chatapp.openrouter.client import OpenRouter

if TYPE_CHECKING:
    from chatapp.simulator import Simulator

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
RESTART_LOOP_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class House:
    """The rooms of this process."""

    owner: str
    bells: Bells
    upstream: OpenRouter
    journal: JournalWriter
    engine: Engine
    runner: Runner
    followers: Followers
    lookout: Lookout
    watchdog: Watchdog
    accountant: Accountant
    facts: FactBook
    sweeper: Sweeper
    simulator: "Simulator | None"
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


_house: House | None = None


def current() -> House:
    """The house of this process. Raises RuntimeError before `start()`."""
    if _house is None:
        raise RuntimeError("wiring.start() has not run in this process")
    return _house


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[OpenRouter, str]]:
    """A client by the settings and the model's name, for one use; in demo mode with a simulator of its own."""
    client, simulator = await _open_upstream()
    try:
        yield client, settings.MODEL
    finally:
        await client.aclose()
        if simulator:
            await simulator.stop()


async def _open_upstream() -> "tuple[OpenRouter, Simulator | None]":
    simulator = None
    base_url, key = settings.OPENROUTER_BASE_URL, settings.OPENROUTER_API_KEY
    if settings.IS_DEMO:
        # Only the demo needs it, and it takes a tenth of a start to import.
        from chatapp.simulator import Simulator

        simulator = Simulator(control=settings.SIMULATOR_CONTROL, streams=settings.SIMULATOR_STREAMS)
        await simulator.start()
        base_url, key = simulator.base_url, "demo"
        log.info("demo: the built-in simulator answers at %s", base_url)
    client = OpenRouter(
        base_url,
        key,
        referer=settings.PUBLIC_ORIGIN,
        title=settings.SITE_NAME,
        model=settings.MODEL,
        limits=settings.UPSTREAM_LIMITS,
        think_tags=settings.THINK_TAGS,
        transport="httpx" if settings.UPSTREAM_TRANSPORT == "httpx" else "aiohttp",
    )
    return client, simulator


async def start() -> House:
    """Build the house on the running loop and set its loops going."""
    global _house
    allocator.keep_little()
    _house = house = _build(*await _open_upstream())
    loops: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
        ("journal", house.journal.run),
        ("bells out", house.bells.send),
        ("bells in", house.bells.receive),
        ("runner", house.runner.watch),
        ("heartbeat", house.runner.beat),
        ("lookout", house.lookout.run),
        ("watchdog", house.watchdog.patrol),
        ("accountant", house.accountant.run),
        ("facts", house.facts.run),
        ("sweeper", house.sweeper.run),
        ("processor", processor.keep_away_from_others),
    )
    house.tasks = [asyncio.create_task(_for_ever(name, loop), name=name) for name, loop in loops]
    return house


async def stop(drain_seconds: float = DRAIN_SECONDS) -> None:
    """Give running attempts time, write everything, let go."""
    global _house
    house, _house = _house, None
    if house is None:
        return
    await house.runner.drain(drain_seconds)
    for task in house.tasks:
        task.cancel()
    await asyncio.gather(*house.tasks, return_exceptions=True)
    await house.upstream.aclose()
    if house.simulator:
        await house.simulator.stop()


async def _for_ever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop of the house; one that fails is logged and begun again, so that the process does not limp."""
    while True:
        try:
            await loop()
            return
        except Error as refused:
            log.warning("the %s loop waits for the database: %s", name, refused)
            await asyncio.sleep(RESTART_LOOP_SECONDS)
        except Exception:
            log.exception("the %s loop failed and begins again", name)
            await asyncio.sleep(RESTART_LOOP_SECONDS)


def _build(upstream: OpenRouter, simulator: "Simulator | None") -> House:
    owner = str(uuid4())
    bells = Bells(owner=owner)

    def ring_drafts(drafts: Iterable[Draft]) -> None:
        bells.ring_here_and_elsewhere(frozenset(generation_topic(draft.generation_id) for draft in drafts))

    def ring_attempt(generation_id: int) -> None:
        bells.ring_here_and_elsewhere(frozenset([generation_topic(generation_id)]))

    def settle(generation_id: int) -> None:
        # On a thread. Whoever is rung afterwards finds it told.
        if settled := fittings.settle_attempt(generation_id):
            loop.call_soon_threadsafe(followers.hear, generation_id, settled)

    loop = asyncio.get_running_loop()
    facts = FactBook(model=settings.MODEL, ask=upstream.facts)
    journal = JournalWriter(owner=owner, ring=ring_drafts)
    engine = Engine(
        owner=owner,
        upstream=upstream,
        compose=fittings.compose,
        journal=journal,
        settle=settle,
        ring=ring_attempt,
        facts=facts,
    )
    followers = Followers(make=fittings.follower, draft_of=engine.drafts.get)
    runner = Runner(engine=engine, owner=owner, bell=bells.open())
    return House(
        owner=owner,
        bells=bells,
        upstream=upstream,
        journal=journal,
        engine=engine,
        runner=runner,
        followers=followers,
        lookout=Lookout(
            watched=bells.watched_conversations,
            ring=lambda conversations: bells.ring_here(map(conversation_topic, conversations)),
        ),
        watchdog=Watchdog(mine=runner.mine, settle=settle, ring=ring_attempt),
        accountant=Accountant(upstream=upstream, ring=ring_attempt),
        facts=facts,
        sweeper=fittings.sweeper(),
        simulator=simulator,
    )


def answerer() -> str:
    """Who answers what is posted on this thread now: posted as claimed, it needs no second commit. From any thread."""
    return _house.runner.will_answer() if _house else ""


def begin(posted: Posted) -> None:
    """After the commit, on the thread that made it: have the attempt answered."""
    if _house:
        _house.runner.start(posted.generation, posted.words)


def trouble() -> str:
    """ "saving" while what is answered here cannot be saved, else "". From any thread."""
    return "saving" if _house and _house.journal.is_delayed else ""


def ring(topics: Iterable[str]) -> None:
    """Tell whoever listens to these topics. From any thread."""
    if _house:
        _house.bells.ring(topics)


def ring_conversation(conversation: Conversation) -> None:
    """Turns were added, or the title or the branch changed."""
    ring([conversation_topic(conversation.pk)])


def ring_generation(generation: Generation) -> None:
    """The attempt was ended from outside: its process lets go of it, its readers look."""
    ring([stop_topic(generation.pk), generation_topic(generation.pk)])


def ring_person(person: int) -> None:
    """Something about the person's sessions changed: their sockets look whether they may stay."""
    ring([person_topic(person)])


def sweep() -> None:
    """There is much to remove: begin soon, not when it is time. From any thread."""
    if _house:
        _house.sweeper.hurry()


def topics_of(conversation: Conversation, running: Generation | None) -> list[str]:
    """The topics to ring when the conversation, with what runs in it, is deleted."""
    topics = [conversation_topic(conversation.pk)]
    if running:
        topics += [stop_topic(running.pk), generation_topic(running.pk)]
    return topics
