"""The runner: owns the tasks of the attempts that this process answers, and can drain them."""

import asyncio
import logging
import time
from collections.abc import Collection
from contextvars import Context
from datetime import timedelta
from typing import Protocol

from django.db import Error, transaction
from django.db.models import Q
from django.utils import timezone

from chatapp.generation.engine import Engine
from chatapp.generation.history import Job, claimed, give_back
from chatapp.generation.offload import offload
from chatapp.models import Generation
from chatapp.models.generation import HEARTBEAT_SECONDS
from chatapp.words import State

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
IDLE_LOOK_SECONDS = 2.0
# With few answers, what begins gets the interpreter before the thread that posted it goes on to its reply.
FEW, HEAD_START_SECONDS = 8, 0.001
# On leaving: how long the last texts may take to be written.
WRITTEN_WITHIN_SECONDS = 5.0
# A queued attempt that nobody took up within a second lost its process, or was posted by one that runs no engine; one
# that we claimed and have not begun was committed without our hearing of it.
ADOPT_AFTER_SECONDS, ADOPT_UNTIL_SECONDS = 1.0, 20.0


class StopBell(Protocol):
    """Rings when one of the attempts listened to was stopped (broadcast.Bell)."""

    def listen(self, topic: str) -> None: ...
    def ignore(self, topic: str) -> None: ...
    async def wait(self, seconds: float) -> set[str]: ...


def stop_topic(generation_id: int) -> str:
    """The topic rung when an attempt was ended from outside."""
    return f"s{generation_id}"


class Runner:
    """Begins attempts, notices those that were ended elsewhere, keeps the heartbeat."""

    def __init__(self, *, engine: Engine, owner: str, bell: StopBell) -> None:
        self._engine, self._owner, self._bell = engine, owner, bell
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._is_draining = False
        self._returns: list[asyncio.Future[None]] = []

    def mine(self) -> frozenset[int]:
        """The attempts that run here."""
        return frozenset(self._tasks)

    def start(self, generation: Generation, words: str = "") -> None:
        """Begin an answer that was just posted; to `words`, if those are all that was said before it. Call it from the
        thread that committed it: claimed there, where all its rows are at hand, it is on its way before another thread
        would have found it."""
        self._loop.call_soon_threadsafe(self._begin, generation.pk, self._claimed(generation, words))
        if len(self._tasks) < FEW:
            time.sleep(HEAD_START_SECONDS)

    def will_answer(self) -> str:
        """The name under which this process claims what is posted now; "" when it begins nothing more."""
        return "" if self._is_draining else self._owner

    def _claimed(self, generation: Generation, words: str = "") -> Job | None:
        if self._is_draining and generation.state == State.QUEUED:
            return None
        try:
            return claimed(generation, self._owner, words)
        except Error as refused:
            # What is posted is posted: the engine tries again.
            log.warning("generation %s is not claimed yet: %s", generation.pk, refused)
            return None

    def _begin(self, generation_id: int, job: Job | None = None) -> None:
        if self._is_draining:
            if job:
                # For whoever looks next, in another process.
                self._returns.append(asyncio.ensure_future(offload(give_back, generation_id, self._owner)))
            return
        if generation_id in self._tasks:
            # It was found without its poster, who is late. Should that task not have got it, it is found again.
            return
        # A fresh context: a request's own dies with its response, and with it every later database call of the task.
        task = asyncio.create_task(self._engine.run(generation_id, job), context=Context())
        self._tasks[generation_id] = task
        self._bell.listen(stop_topic(generation_id))
        task.add_done_callback(lambda done: self._ended(generation_id, done))

    def _ended(self, generation_id: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(generation_id, None)
        self._bell.ignore(stop_topic(generation_id))
        if not task.cancelled() and (wrong := task.exception()):
            # The row stays as it is; its heartbeat grows old and the watchdog ends it.
            log.error("generation %s left its task: %s", generation_id, wrong, exc_info=wrong)

    async def watch(self) -> None:
        """Look at our rows twice a second and when a stop rings: what is no longer ours and running is let go."""
        while True:
            await self._bell.wait(LOOK_SECONDS if self._tasks else IDLE_LOOK_SECONDS)
            mine = set(self._tasks)
            alive, waiting = await offload(look, mine, self._owner)
            for generation_id in mine - alive:
                self._let_go(generation_id)
            for generation_id in waiting - mine:
                self._begin(generation_id)

    def _let_go(self, generation_id: int) -> None:
        draft = self._engine.drafts.get(generation_id)
        task = self._tasks.get(generation_id)
        # Without a draft it is not claimed yet; one that is over is being settled, which cancelling would prevent.
        if draft and task and not draft.over and not task.cancelling():
            draft.lost = True
            task.cancel()

    def _is_over(self, generation_id: int) -> bool:
        draft = self._engine.drafts.get(generation_id)
        return draft is not None and draft.over

    async def beat(self) -> None:
        """Tell the other processes that ours lives."""
        while True:
            await offload(beat, set(self._tasks), self._owner)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Begin nothing more; give what runs this long; interrupt the rest, with its text written."""
        self._is_draining = True
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=seconds)
        self._engine.is_leaving = True
        for generation_id, task in self._tasks.items():
            # One that is over is only being written and settled.
            if not self._is_over(generation_id):
                task.cancel()
        if left := [*self._tasks.values(), *self._returns]:
            await asyncio.wait(left, timeout=WRITTEN_WITHIN_SECONDS)


def look(mine: Collection[int], owner: str) -> tuple[set[int], set[int]]:
    """(those of `mine` that still run and are ours or unclaimed, those to be begun that nobody has)"""
    now = timezone.now()
    orphaned = Q(Q(state=State.QUEUED) | Q(state=State.WAITING, owner=owner)) & Q(
        sent_at__lt=now - timedelta(seconds=ADOPT_AFTER_SECONDS),
        sent_at__gt=now - timedelta(seconds=ADOPT_UNTIL_SECONDS),
    )
    rows = list(Generation.objects.running().filter(Q(pk__in=mine) | orphaned).values_list("pk", "state", "owner"))
    alive = {pk for pk, state, whose in rows if pk in mine and (whose == owner or state == State.QUEUED)}
    return alive, {pk for pk, *_ in rows if pk not in mine}


def beat(mine: Collection[int], owner: str) -> None:
    """Renew the heartbeat of our attempts."""
    if not mine:
        return
    with transaction.atomic():
        ours = Generation.objects.running().filter(pk__in=mine, owner=owner).order_by("pk").select_for_update()
        Generation.objects.filter(pk__in=list(ours.values_list("pk", flat=True))).update(heartbeat=timezone.now())
