"""Followers: an attempt's committed text as HTML that grows.

One follower an attempt and process serves all its readers. Blocks are rendered once; each reader says what it holds
and is given the rest (see holding.py). What earlier attempts wrote in the same message is told as well, so that a
reader may come from anywhere.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from chatapp import wording
from chatapp.generation.draft import PartState, Row, Standing
from chatapp.generation.worry import Patience, Worry
from chatapp.words import ENDINGS, PartKind, State


class Growing(Protocol):
    """An incremental renderer (rendering.Incremental)."""

    @property
    def blocks(self) -> Sequence[str]: ...
    @property
    def tail(self) -> str: ...

    def feed(self, text: str) -> None: ...


class Reading(msgspec.Struct, frozen=True):
    """What a source says: how the attempt stands, the rows after the asked seq, and once settled each part's HTML."""

    standing: Standing
    rows: tuple[Row, ...]
    settled_html: dict[int, str] = {}
    thinking_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class SettledPart:
    """A part that an earlier attempt at the same message wrote. It changes no more."""

    state: PartState
    html: str
    thinking_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier attempts at the same message wrote; `number` and `revision` are those of the last one, settled."""

    number: int
    revision: int
    parts: tuple[SettledPart, ...]

    def name(self, version: int) -> str:
        """The revision under which a browser holds all of it."""
        return revision_name(self.number, self.revision, version)


@dataclass(slots=True, eq=False)
class FollowedPart:
    """One part as rendered so far. `ends[n]` is where block n ends in the settled HTML, as far as the two agree."""

    renderer: Growing
    state: PartState
    blocks: Sequence[str] = ()
    tail: str = ""
    settled_html: str | None = None
    ends: list[int] = field(default_factory=list)
    is_earlier: bool = False
    thinking_tokens: int | None = None
    _label: tuple[PartState, int | None, str] | None = None

    def label(self, tokens: int | None) -> str:
        """The thinking pane's headline, put into words when it changes: each frame asks."""
        state = self.state
        if self._label is None or self._label[0] is not state or self._label[1] != tokens:
            words = wording.thinking_label(started_ms=state.started_ms, ended_ms=state.ended_ms, thinking_tokens=tokens)
            self._label = state, tokens, words
        return self._label[2]

    def feed(self, text: str) -> None:
        """Take text in and render it, here and now: reading a renderer is what makes it work."""
        self.renderer.feed(text)
        self.blocks, self.tail = self.renderer.blocks, self.renderer.tail

    def settle(self, html: str, wrap: Callable[[str], str]) -> None:
        self.settled_html, self.ends, at = html, [], 0
        for block in self.blocks:
            wrapped = wrap(block)
            if not html.startswith(wrapped, at):
                break
            at += len(wrapped)
            self.ends.append(at)


class Follower:
    """The rendered state of one attempt, fed by a source. Synchronous; the caller decides on which thread."""

    def __init__(
        self,
        generation_id: int,
        *,
        message: str,
        attempt: str,
        read: Callable[[int, int], Reading | None],
        read_earlier: Callable[[int], Earlier | None],
        renderer: Callable[[], Growing],
        wrap: Callable[[str], str],
        version: int,
        patience: Patience,
    ) -> None:
        self.generation_id = generation_id
        self.message = message
        self.attempt = attempt
        self.standing: Standing | None = None
        self.parts: dict[int, FollowedPart] = {}
        self.is_gone = False
        self.thinking_tokens: int | None = None
        self.seq = 0
        self._before_settling = ""
        self._before_attempt: str | None = None
        self._worry = Worry(patience)
        self.wrap = wrap
        self._read, self._read_earlier = read, read_earlier
        self._renderer, self._version = renderer, version

    @property
    def revision(self) -> str:
        """Names the lineage of blocks. A browser that holds another one is sent everything."""
        return revision_name(self.standing.number, self.standing.revision, self._version) if self.standing else ""

    @property
    def is_ended(self) -> bool:
        return self.standing is not None and self.standing.state in ENDINGS

    @property
    def is_done(self) -> bool:
        return self.standing is not None and self.standing.state == State.DONE

    @property
    def is_settled(self) -> bool:
        return self.standing is not None and self.standing.settled

    @property
    def is_long(self) -> bool:
        """Whether the model has thought for so long, or in such circles, that it may be asked to answer at once."""
        standing = self.standing
        if standing is None or standing.state != State.THINKING or not standing.parts:
            return False
        return self._worry.is_due(elapsed_ms(standing) - (standing.parts[-1].started_ms or 0))

    def continues(self, revision: str) -> bool:
        """Whether blocks held under this revision are a prefix of the blocks here."""
        return bool(revision) and revision in {self.revision, self._before_settling, self._before_attempt}

    def whole_at(self, revision: str) -> set[int]:
        """Positions of the parts that a browser which names them under this revision, a continued one, holds whole."""
        is_all = self.is_settled and revision == self.revision
        return {position for position, part in self.parts.items() if is_all or part.is_earlier}

    def must_begin(self, reading: Reading | None) -> bool:
        """Whether earlier attempts have written what is not known here yet."""
        return reading is not None and reading.standing.number > 1 and self._before_attempt is None

    def begin(self) -> None:
        """Read what earlier attempts at the message wrote: a query."""
        earlier = self._read_earlier(self.generation_id)
        if earlier is None:
            self.is_gone = True
            return
        for part in earlier.parts:
            self.parts[part.state.position] = FollowedPart(
                self._renderer(),
                part.state,
                settled_html=part.html,
                is_earlier=True,
                thinking_tokens=part.thinking_tokens,
            )
        self._before_attempt = earlier.name(self._version)

    def pending(self) -> Reading | None:
        """Ask the source for what is new."""
        return self._read(self.generation_id, self.seq)

    def apply(self, reading: Reading | None) -> None:
        """Take in what the source said. Renders: slow for long texts."""
        if reading is None:
            self.is_gone = True
            return
        before = self.revision
        settles = reading.standing.settled and not self.is_settled
        self.standing = reading.standing
        self.thinking_tokens = reading.thinking_tokens
        for state in reading.standing.parts:
            part = self.parts.get(state.position)
            if part is None:
                self.parts[state.position] = FollowedPart(self._renderer(), state)
            else:
                part.state = state
        if settles:
            # Only a follower that saw the text grow can say how far the settled HTML agrees with it.
            self._before_settling = before
            for position, html in reading.settled_html.items():
                self.parts[position].settle(html, self.wrap)
        else:
            self._grow(reading.rows)

    def _grow(self, rows: Sequence[Row]) -> None:
        for position, text in _joined(rows):
            part = self.parts[position]
            part.feed(text)
            if part.state.kind == PartKind.THINKING:
                self._worry.hear(text)
        if rows:
            self.seq = rows[-1].seq

    def update(self) -> None:
        """Read and apply in one go."""
        reading = self.pending()
        if self.must_begin(reading):
            self.begin()
        self.apply(reading)


def revision_name(number: int, revision: int, version: int) -> str:
    """What browsers call the blocks of attempt `number` at its `revision`, made by this `version` of the renderer."""
    return f"{number}.{revision}.{version}"


def _joined(rows: Iterable[Row]) -> list[tuple[int, str]]:
    runs: list[tuple[int, list[str]]] = []
    for row in rows:
        if not runs or runs[-1][0] != row.position:
            runs.append((row.position, []))
        runs[-1][1].append(row.text)
    return [(position, "".join(texts)) for position, texts in runs]


def headline_of(part: FollowedPart, follower: Follower) -> tuple[str, bool]:
    """(the thinking pane's headline, whether the preference *auto* folds it by now)"""
    state = part.state
    if state.kind != PartKind.THINKING:
        return "", False
    tokens = part.thinking_tokens if part.is_earlier else _tokens_of_the_only_thought(follower)
    later = [p.state.kind for position, p in follower.parts.items() if position > state.position]
    ended_well = follower.standing is not None and follower.standing.state == State.DONE
    return part.label(tokens), PartKind.TEXT in later or ended_well


def _tokens_of_the_only_thought(follower: Follower) -> int | None:
    """Upstream counts the thinking of an attempt as a whole: of several segments none can be told."""
    segments = [p for p in follower.parts.values() if p.state.kind == PartKind.THINKING and not p.is_earlier]
    return follower.thinking_tokens if len(segments) == 1 else None


def elapsed_ms(standing: Standing) -> int:
    """How long the attempt has run, or ran, in milliseconds."""
    if standing.ended_ms is not None:
        return standing.ended_ms
    return max(0, round((time.time() - standing.sent_at.timestamp()) * 1000))
