"""The journal: all drafts of a process written in groups, one short transaction a turn.

At once when idle, else every 50 ms, and never before the last commit is done. With many streams each is written every
second or fourth turn only, by turns, so that what a commit has readers look at never comes all at once. First words
wait for no turn. Appends small rows; a growing text is never rewritten. Its statements are written by hand: they run
every turn, and putting them together costs more than running them.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable, Sequence

from django.db import DataError, Error, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from chatapp.generation.draft import Batch, Draft
from chatapp.generation.offload import journal_lane
from chatapp.models import Call, Generation, Part
from chatapp.prepared import add, change
from chatapp.words import RUNNING, Reason

log = logging.getLogger(__name__)

TURN_SECONDS = 0.05
# (number of streams from which on, turns in a round), largest first: each stream is written once a round.
ROUNDS = ((100, 4), (50, 2), (0, 1))
PLACES = max(turns for _, turns in ROUNDS)
# Between one commit and the next with first words only: those of many starts go together.
FIRST_SECONDS = 0.02
# Who is called asks for more in the first; what has come is handed over in the second, over TLS in the third, and then
# written. Only where there is no uvloop it takes longer without TLS, and what is read comes with the turn after.
ROUNDS_OF_THE_LOOP = 3
_MINE = f"SELECT id FROM chatapp_generation WHERE owner = %s AND state IN ({', '.join(['%s'] * len(RUNNING))})"  # noqa: S608
_APPEND = (
    "INSERT INTO chatapp_journal (generation_id, seq, position, text, at_ms) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (generation_id, seq) DO NOTHING"
)
_CHANGE = "UPDATE chatapp_part SET kind = %s, ended_ms = %s WHERE message_id = %s AND position = %s"
RETRY_FIRST_SECONDS, RETRY_MOST_SECONDS = 0.2, 2.0
# A commit that takes longer is told to readers: SQLite waits for another process's lock without a word.
DELAYED_AFTER_SECONDS = 1.0


class JournalWriter:
    """Commits what drafts have written, then rings. `ring` takes the drafts that readers should look at again."""

    def __init__(self, *, owner: str, ring: Callable[[Iterable[Draft]], None]) -> None:
        self._owner = owner
        self._ring = ring
        self._places: dict[Draft, int] = {}
        self._next_place = itertools.cycle(range(PLACES))
        self._turn = 0
        # Those who have something to write, or wait for their turn.
        self._asking: set[Draft] = set()
        self._wake = asyncio.Event()
        self._first = asyncio.Event()
        self._turns = [asyncio.Event() for _ in range(PLACES)]
        self._is_refused = False
        self._waiting: dict[Draft, list[asyncio.Future[None]]] = {}

    @property
    def is_delayed(self) -> bool:
        """Whether the last commit was refused, or is taking long."""
        # A copy: this is asked from other threads as well.
        return any(draft.delayed for draft in list(self._places))

    def open(self, draft: Draft) -> None:
        self._places[draft] = next(self._next_place)

    def close(self, draft: Draft) -> None:
        self._places.pop(draft, None)
        self._asking.discard(draft)
        self._release(draft)

    def dirty(self, draft: Draft) -> None:
        """The draft has something to write."""
        self._asking.add(draft)
        self._wake.set()
        if draft.is_first:
            self._first.set()

    async def turn(self, draft: Draft) -> None:
        """Wait until the draft's turn comes: what is written to it right after this is in that commit."""
        self.dirty(draft)
        await self._turns[self._places[draft]].wait()

    async def written(self, draft: Draft) -> None:
        """Wait until everything of this draft is committed, or it is lost."""
        while draft.is_dirty:
            future = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(draft, []).append(future)
            self.dirty(draft)
            await future

    async def run(self) -> None:
        """Commit for ever. Cancel it only after the last draft is written."""
        loop = asyncio.get_running_loop()
        turn_at = first_at = loop.time()
        retry = RETRY_FIRST_SECONDS
        # Whoever waited when an earlier run failed waits still.
        self._asking.update(self._places)
        self._wake.set()
        while True:
            await self._wake.wait()
            if await self._is_turn(turn_at, first_at):
                turn_at = loop.time() + TURN_SECONDS
                due = await self._announce()
            else:
                due = [draft for draft in self._asking if draft.is_first]
            self._first.clear()
            self._is_refused = not await self._commit([draft for draft in due if draft.is_dirty])
            first_at = loop.time() + FIRST_SECONDS
            if self._is_refused:
                turn_at = first_at = loop.time() + retry
                retry = min(retry * 2, RETRY_MOST_SECONDS)
            else:
                retry = RETRY_FIRST_SECONDS
            if not self._asking:
                self._wake.clear()

    async def _is_turn(self, turn_at: float, first_at: float) -> bool:
        """Wait for the next turn. False when first words come earlier."""
        loop = asyncio.get_running_loop()
        if loop.time() >= turn_at:
            return True
        try:
            async with asyncio.timeout_at(turn_at):
                await self._first.wait()
                await asyncio.sleep(first_at - loop.time())
        except TimeoutError:
            return True
        return False

    async def _announce(self) -> list[Draft]:
        """Let those whose turn it is read and write once more. Gives those to commit."""
        turns = next(turns for streams, turns in ROUNDS if len(self._places) >= streams)
        if self._is_refused:
            # All have waited long enough.
            turns = 1
        self._turn += 1
        places = [place for place in range(PLACES) if (place + self._turn) % turns == 0]
        due = [draft for draft, place in self._places.items() if place in places]
        if not self._asking.isdisjoint(due):
            # Before they are called: who writes and waits again asks for the turn after this.
            self._asking.difference_update(due)
            for place in places:
                self._turns[place].set()
                self._turns[place].clear()
            for _ in range(ROUNDS_OF_THE_LOOP):
                await asyncio.sleep(0)
        return due + [draft for draft in self._asking.difference(due) if draft.is_first]

    async def _commit(self, drafts: Sequence[Draft]) -> bool:
        if not drafts:
            return True
        batches = [draft.take() for draft in drafts]
        try:
            alive = await self._written(batches)
        except (DataError, IntegrityError):
            return await self._commit_apart(drafts, batches)
        except Error as refused:
            self._refused(refused)
            return False
        self._committed(drafts, alive)
        return True

    def _committed(self, drafts: Sequence[Draft], alive: set[int]) -> None:
        for draft in drafts:
            if draft.generation_id in alive:
                draft.written()
            else:
                draft.lost = True
            self._release(draft)
        self._ring(drafts)

    def _refused(self, refused: Error) -> None:
        log.error("saving is delayed: %s", refused)
        self._hold_back()

    async def _written(self, batches: Sequence[Batch]) -> set[int]:
        writing = journal_lane.begin(write, self._owner, batches)
        done, _ = await asyncio.wait([writing], timeout=DELAYED_AFTER_SECONDS)
        if not done:
            self._hold_back()
        return await writing

    def _hold_back(self) -> None:
        """All wait that have something to write, not only those whose turn it is."""
        drafts = [draft for draft in self._places if draft.is_dirty]
        self._asking.update(drafts)
        for draft in drafts:
            draft.hold_back()
        self._ring(drafts)

    async def _commit_apart(self, drafts: Sequence[Draft], batches: Sequence[Batch]) -> bool:
        """One attempt's rows are not to be stored: it ends, and the others must not wait for it."""
        for place, batch in enumerate(batches):
            try:
                alive = await journal_lane(write, self._owner, [batch])
            except (DataError, IntegrityError):
                log.exception("generation %s cannot be written and is let go", batch.generation_id)
                await journal_lane(let_go, batch.generation_id)
                alive = set()
            except Error as refused:
                self._refused(refused)
                return False
            self._committed([drafts[place]], alive)
        return True

    def _release(self, draft: Draft) -> None:
        if draft.is_dirty and draft in self._places:
            return
        for future in self._waiting.pop(draft, []):
            if not future.done():
                future.set_result(None)


def write(owner: str, batches: Sequence[Batch]) -> set[int]:
    """Write the batches in one transaction. Gives the ids of the attempts that are still this process's and running.

    The others were stopped, given up or deleted meanwhile: nothing more of them is written.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # All of it may be there already: a commit whose answer was lost comes again.
        alive = _still_ours(cursor, owner, [batch.generation_id for batch in batches])
        live = [batch for batch in batches if batch.generation_id in alive]
        _write_parts(cursor, live)
        rows = [(b.generation_id, r.seq, r.position, r.text, r.at_ms) for b in live for r in b.rows]
        cursor.executemany(_APPEND, rows)
        for batch in live:
            for call in batch.calls:
                add(Call, generation_id=batch.generation_id, **call)
            if batch.moves:
                change(Generation, batch.generation_id, batch.moves)
    return alive


def let_go(generation_id: int) -> None:
    """End an attempt whose rows the database does not take."""
    found = Generation.objects.filter(pk=generation_id).first()
    if found:
        found.fail(Reason.STORAGE, "The answer could not be saved. Try again.")


def _still_ours(cursor: CursorWrapper, owner: str, ids: Sequence[int]) -> set[int]:
    # Ordered, so that two processes on PostgreSQL lock rows in one order.
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
    places = ", ".join(["%s"] * len(ids))
    cursor.execute(f"{_MINE} AND id IN ({places}) ORDER BY id {lock}", [owner, *sorted(RUNNING), *ids])
    return {row[0] for row in cursor.fetchall()}


def _write_parts(cursor: CursorWrapper, batches: Sequence[Batch]) -> None:
    for batch in batches:
        for part in batch.new_parts:
            add(
                Part,
                message_id=batch.message_id,
                generation_id=batch.generation_id,
                position=part.position,
                kind=part.kind,
                started_ms=part.started_ms,
                ended_ms=part.ended_ms,
            )
        for part in batch.changed_parts:
            cursor.execute(_CHANGE, [part.kind, part.ended_ms, batch.message_id, part.position])
