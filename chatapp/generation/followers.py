"""The followers of a process: one for each attempt that somebody watches, kept up to date when its readers look."""

import asyncio
import time
from collections.abc import Callable, Coroutine

from chatapp.events import Progress
from chatapp.generation.draft import Draft
from chatapp.generation.follower import Follower, Reading
from chatapp.generation.holding import Holding
from chatapp.generation.offload import offload
from chatapp.generation.sources import read_draft, read_stored

# Up to this much new text is rendered on the loop (about a millisecond); more goes to a thread.
INLINE_CHARS = 2_000
# One giant open block costs more with each token: a follower rests this many times as long as it rendered.
REST_FACTOR = 10
SLOW_SECONDS = 0.01
LEAST_REST_SECONDS, MOST_REST_SECONDS = 0.02, 1.0


class Shared:
    """A follower and the readers that share it."""

    def __init__(self, follower: Follower, draft_of: Callable[[int], Draft | None]) -> None:
        self.follower = follower
        self.readers = 0
        self._draft_of = draft_of
        self._lock = asyncio.Lock()
        self._rested_at = 0.0
        self._looked_at = -1.0
        self._is_slow = False
        self._settled: Reading | None = None

    def hear(self, settled: Reading) -> None:
        """What was just settled here, so that it need not be read again."""
        self._settled = settled

    async def refresh(self) -> None:
        """Bring the follower up to what is committed; readers that come meanwhile share the one look.

        Rests first when it has just rendered something slow: later text then comes in fewer, bigger frames.
        """
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._lock:
            if asked_at < self._looked_at or self.follower.is_gone or self.follower.is_settled:
                return
            if (rest := self._rested_at - loop.time()) > 0:
                await asyncio.sleep(rest)
            self._looked_at = loop.time()
            if not self._look_at_once():
                await _to_its_end(self._look())

    def _look_at_once(self) -> bool:
        """Take in what our own draft has new, when it is little: nothing of it waits, so it needs no task to finish in
        and is done for most frames. False when it is more than that."""
        draft = self._draft_of(self.follower.generation_id)
        if draft is None:
            return False
        reading = read_draft(draft, self.follower.seq)
        if self.follower.must_begin(reading) or self._is_much(reading):
            return False
        took = self._apply(reading)
        # The first word must not wait because somebody looked for it just before.
        if reading.rows:
            self._rest_after(took)
        return True

    async def _look(self) -> None:
        reading = await self._read()
        if self.follower.must_begin(reading):
            await offload(self.follower.begin)
        if reading and self._is_much(reading):
            took = await asyncio.to_thread(self._apply, reading)
        else:
            took = self._apply(reading)
        self._rest_after(took)

    def _is_much(self, reading: Reading) -> bool:
        return self._is_slow or sum(len(row.text) for row in reading.rows) > INLINE_CHARS

    def _rest_after(self, took: float) -> None:
        self._is_slow = took > SLOW_SECONDS
        rest = min(MOST_REST_SECONDS, max(LEAST_REST_SECONDS, REST_FACTOR * took))
        self._rested_at = asyncio.get_running_loop().time() + rest

    def _apply(self, reading: Reading | None) -> float:
        """Give the follower what was read; says how long it worked. Not counted is what others took meanwhile."""
        began = time.thread_time()
        self.follower.apply(reading)
        return time.thread_time() - began

    async def lacking(self, holding: Holding, outcome: str | None) -> Progress | None:
        """What a reader lacks, taken while no thread is rendering."""
        async with self._lock:
            return holding.lacking(self.follower, outcome)

    async def _read(self) -> Reading | None:
        draft = self._draft_of(self.follower.generation_id)
        if draft is not None:
            return read_draft(draft, self.follower.seq)
        if self._settled is not None:
            settled, self._settled = self._settled, None
            return settled
        return await offload(read_stored, self.follower.generation_id, self.follower.seq)


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Wait for the work, also when the reader who waits is cancelled.

    A thread that renders goes on all the same: the next reader would read from where it began, and feed the same again.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


class Followers:
    """Finds or makes the follower of an attempt; it goes when its last reader leaves."""

    def __init__(self, *, make: Callable[[int, str, str], Follower], draft_of: Callable[[int], Draft | None]) -> None:
        self._make, self._draft_of = make, draft_of
        self._shared: dict[int, Shared] = {}

    def join(self, generation_id: int, message: str, attempt: str) -> Shared:
        """One reader more. `message` and `attempt` are the public ids."""
        shared = self._shared.get(generation_id)
        if shared is None:
            shared = Shared(self._make(generation_id, message, attempt), self._draft_of)
            self._shared[generation_id] = shared
        shared.readers += 1
        return shared

    def hear(self, generation_id: int, settled: Reading) -> None:
        """Tell the follower of that attempt, if there is one, what settling it came to."""
        if shared := self._shared.get(generation_id):
            shared.hear(settled)

    def leave(self, shared: Shared) -> None:
        """One reader less."""
        shared.readers -= 1
        if shared.readers == 0:
            self._shared.pop(shared.follower.generation_id, None)
