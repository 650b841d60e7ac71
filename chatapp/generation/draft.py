"""A draft: what a running attempt has written, at most one turn of the journal ahead of the database.

Lives on the event loop. `take()` hands everything unwritten to the journal; after the commit `written()` makes it the
committed prefix, which is all that readers ever get to see.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from chatapp.words import RUNNING, PartKind, State

MAX_UNWRITTEN_BYTES = 2_000_000
AHEAD_BYTES = 500_000


class DraftFull(Exception):
    """More is waiting for the database than memory may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """A part as far as it has come; times in milliseconds since the attempt was sent."""

    position: int
    kind: PartKind
    started_ms: int | None
    ended_ms: int | None = None


class Row(msgspec.Struct, frozen=True):
    """A run of text of one part."""

    seq: int
    position: int
    text: str
    at_ms: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one commit writes for one attempt. `moves` are field changes of the generation, `calls` rows of Call."""

    generation_id: int
    message_id: int
    rows: tuple[Row, ...]
    new_parts: tuple[PartState, ...]
    changed_parts: tuple[PartState, ...]
    moves: dict[str, Any]
    calls: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An attempt as committed: what a reader may see, but for the text."""

    number: int
    state: State
    reason: str
    revision: int
    sent_at: datetime
    ended_ms: int | None
    notice: str
    parts: tuple[PartState, ...]
    settled: bool = False
    delayed: bool = False
    checksum: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """The growing answer of one attempt. `since_sent_ms` was measured when it was claimed, by the wall clock."""

    generation_id: int
    message_id: int
    conversation_id: int
    number: int
    first_position: int
    sent_at: datetime
    since_sent_ms: int
    notice: str = ""
    clock: Callable[[], float] = time.monotonic

    state: State = State.WAITING
    reason: str = ""
    revision: int = 0
    ended_ms: int | None = None
    lost: bool = False
    # Its engine has let go of upstream: what remains is to write and to settle.
    over: bool = False
    delayed: bool = False
    committed: list[Row] = field(default_factory=list)
    standing: Standing = field(init=False)

    _parts: dict[int, PartState] = field(default_factory=dict)
    _stored: set[int] = field(default_factory=set)
    _changed: set[int] = field(default_factory=set)
    _unwritten: list[Row] = field(default_factory=list)
    _unwritten_bytes: int = 0
    _moves: dict[str, Any] = field(default_factory=dict)
    _calls: list[dict[str, Any]] = field(default_factory=list)
    _marked: set[str] = field(default_factory=set)
    _next_seq: int = 1
    _next_call: int = 1
    _started: float = field(init=False)
    _taken: Batch | None = None
    _coming: Standing | None = None

    def __post_init__(self) -> None:
        self._started = self.clock()
        self.standing = self._stand()

    @property
    def is_dirty(self) -> bool:
        return not self.lost and bool(self._unwritten or self._moves or self._changed or self._calls or self._taken)

    @property
    def has_answer(self) -> bool:
        return any(part.kind == PartKind.TEXT for part in self._parts.values())

    @property
    def is_waiting(self) -> bool:
        """Whether text waits for the database."""
        return self._unwritten_bytes > 0

    @property
    def is_first(self) -> bool:
        """Whether its first words wait for the database."""
        return self.is_waiting and not self.committed

    @property
    def is_ahead(self) -> bool:
        """Whether a healthy database should catch up before more is read. While it is away, memory takes the text."""
        return self._unwritten_bytes > AHEAD_BYTES and not self.delayed and not self.lost

    def now_ms(self) -> int:
        """Milliseconds since the attempt was sent; never runs backwards."""
        return self.since_sent_ms + round((self.clock() - self._started) * 1000)

    def write(self, kind: PartKind, text: str) -> None:
        """Append text to the last part, or begin a new one when the kind changes. Raises DraftFull."""
        now = self.now_ms()
        self._unwritten_bytes += len(text.encode())
        if self._unwritten_bytes > MAX_UNWRITTEN_BYTES:
            raise DraftFull
        part = self._last()
        if part is None or part.kind != kind:
            part = self._begin(kind, now)
        last = self._unwritten[-1] if self._unwritten else None
        if last and last.position == part.position:
            self._unwritten[-1] = Row(last.seq, last.position, last.text + text, last.at_ms)
        else:
            self._unwritten.append(Row(self._next_seq, part.position, text, now))
            self._next_seq += 1

    def relabel(self, kind: PartKind) -> None:
        """The last part is of another kind after all. What browsers hold of it is void, so the revision rises."""
        part = self._last()
        if part is None or part.kind == kind:
            return
        self._put(replace(part, kind=kind))
        self.revision += 1
        self._moves["revision"] = self.revision
        self._move_state(State.THINKING if kind == PartKind.THINKING else State.ANSWERING, self.now_ms())

    def note(self, notice: str) -> None:
        """Say something beside the answer, such as what was left out of the history."""
        if notice != self.notice:
            self.notice = self._moves["notice"] = notice

    def used(self, call: dict[str, Any]) -> None:
        """Note one request to upstream (fields of Call)."""
        self._calls.append(call | {"number": self._next_call})
        self._next_call += 1

    def unwritten_calls(self) -> tuple[dict[str, Any], ...]:
        """The requests to upstream that no commit has written."""
        return (*(self._taken.calls if self._taken else ()), *self._calls)

    def end(self, state: State, reason: str, explanation: str = "") -> None:
        """The attempt is over. Written with the last text, in the same transaction."""
        now = self.now_ms()
        part = self._last()
        if part and part.ended_ms is None:
            self._put(replace(part, ended_ms=now))
        self.state, self.reason, self.ended_ms = state, reason, now
        self._moves |= {"state": state, "reason": reason, "explanation": explanation, "ended_ms": now}

    def take(self) -> Batch:
        """Everything unwritten, as one batch; a batch whose commit failed comes again, joined by what came since.

        It may have been committed without our hearing of it: new parts of it that come again are changed ones as well.
        """
        before = self._taken
        rows = (*(before.rows if before else ()), *self._unwritten)
        stale = {part.position for part in before.new_parts} if before else set()
        changed = self._changed | ({part.position for part in before.changed_parts} if before else set()) | stale
        batch = Batch(
            generation_id=self.generation_id,
            message_id=self.message_id,
            rows=rows,
            new_parts=tuple(self._parts[p] for p in sorted(changed) if p not in self._stored),
            changed_parts=tuple(self._parts[p] for p in sorted(changed) if p in self._stored | stale),
            moves={**(before.moves if before else {}), **self._moves},
            calls=(*(before.calls if before else ()), *self._calls),
        )
        self._unwritten, self._changed, self._moves, self._calls = [], set(), {}, []
        # Mostly there is more text and nothing else.
        stays = not (before or changed or batch.moves or self.delayed)
        self._taken, self._coming = batch, self.standing if stays else self._stand()
        return batch

    def written(self) -> None:
        """The batch taken last is committed: readers may see it."""
        batch, coming = self._taken, self._coming
        if batch is None or coming is None:
            return
        self._taken = self._coming = None
        self.committed.extend(batch.rows)
        self._unwritten_bytes = sum(len(row.text.encode()) for row in self._unwritten)
        self._stored |= {part.position for part in batch.new_parts}
        self.delayed = False
        # As it stood when the batch was taken: what has come since is not committed, and readers must not see it.
        self.standing = coming

    def hold_back(self) -> None:
        """The commit failed or takes long: readers are told that saving is delayed, the batch waits."""
        self.delayed = True
        self.standing = replace(self.standing, delayed=True)

    def _last(self) -> PartState | None:
        return self._parts[max(self._parts)] if self._parts else None

    def _begin(self, kind: PartKind, now: int) -> PartState:
        last = self._last()
        if last and last.ended_ms is None:
            self._put(replace(last, ended_ms=now))
        part = PartState(position=last.position + 1 if last else self.first_position, kind=kind, started_ms=now)
        self._put(part)
        self._move_state(State.THINKING if kind == PartKind.THINKING else State.ANSWERING, now)
        return part

    def _put(self, part: PartState) -> None:
        self._parts[part.position] = part
        self._changed.add(part.position)

    def _move_state(self, state: State, now: int) -> None:
        if self.state not in RUNNING:
            return
        self.state = state
        self._moves["state"] = state
        mark = "first_thinking_ms" if state == State.THINKING else "first_answer_ms"
        if mark not in self._marked:
            self._marked.add(mark)
            self._moves[mark] = now

    def _stand(self) -> Standing:
        return Standing(
            number=self.number,
            state=self.state,
            reason=self.reason,
            revision=self.revision,
            sent_at=self.sent_at,
            ended_ms=self.ended_ms,
            notice=self.notice,
            parts=tuple(self._parts[p] for p in sorted(self._parts)),
        )
