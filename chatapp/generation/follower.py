"""Followers: an attempt's committed text as HTML that grows, and what a reader lacks of it.

One follower an attempt and process serves all its readers. Blocks are rendered once; each reader says what it holds
and is given the rest. A new tab, a reload, a reconnect and a woken phone are the same case as the next token.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils import timezone

from chatapp import events, wording
from chatapp.generation.draft import PartState, Row, Standing
from chatapp.words import ENDINGS, PartKind, State

# What a reader holds of a settled part: all of it, a number that no list of blocks reaches.
SETTLED_BLOCKS = 1 << 30


class Growing(Protocol):
    """An incremental renderer (rendering.Incremental)."""

    @property
    def blocks(self) -> Sequence[str]: ...
    @property
    def tail(self) -> str: ...

    def feed(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says: how the attempt stands, the rows after the asked seq, and once settled each part's HTML."""

    standing: Standing
    rows: tuple[Row, ...]
    settled_html: dict[int, str] = field(default_factory=dict)
    thinking_tokens: int | None = None


@dataclass(slots=True, eq=False)
class FollowedPart:
    """One part as rendered so far. `ends[n]` is where block n ends in the settled HTML, as far as the two agree."""

    renderer: Growing
    state: PartState
    blocks: Sequence[str] = ()
    tail: str = ""
    settled_html: str | None = None
    ends: list[int] = field(default_factory=list)

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
        renderer: Callable[[], Growing],
        wrap: Callable[[str], str],
        version: int,
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
        self.wrap = wrap
        self._read, self._renderer, self._version = read, renderer, version

    @property
    def revision(self) -> str:
        """Names the lineage of blocks. A browser that holds another one is sent everything."""
        return f"{self.standing.number}.{self.standing.revision}.{self._version}" if self.standing else ""

    @property
    def is_ended(self) -> bool:
        return self.standing is not None and self.standing.state in ENDINGS

    @property
    def is_settled(self) -> bool:
        return self.standing is not None and self.standing.settled

    def continues(self, revision: str) -> bool:
        """Whether blocks held under this revision are a prefix of the blocks here."""
        return bool(revision) and revision in {self.revision, self._before_settling}

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
            return
        for position, text in _joined(reading.rows):
            self.parts[position].feed(text)
        if reading.rows:
            self.seq = reading.rows[-1].seq

    def update(self) -> None:
        """Read and apply in one go."""
        self.apply(self.pending())


def _joined(rows: Iterable[Row]) -> list[tuple[int, str]]:
    runs: list[tuple[int, list[str]]] = []
    for row in rows:
        if not runs or runs[-1][0] != row.position:
            runs.append((row.position, []))
        runs[-1][1].append(row.text)
    return [(position, "".join(texts)) for position, texts in runs]


@dataclass(slots=True)
class Holding:
    """What one reader holds of one answer."""

    revision: str = ""
    blocks: dict[int, int] = field(default_factory=dict)
    _tails: dict[int, str] = field(default_factory=dict)
    _labels: dict[int, tuple[str, bool]] = field(default_factory=dict)
    _told: tuple[object, ...] = ()

    def lacking(self, follower: Follower, outcome: str | None = None) -> events.Progress | None:
        """The frame that brings this reader up to date, or None when nothing is lacking. Assumes that it arrives."""
        standing = follower.standing
        if standing is None:
            return None
        if not follower.continues(self.revision):
            self.blocks, self._tails, self._labels = {}, {}, {}
        is_whole = self.revision != follower.revision
        self.revision = follower.revision
        frames = [self._part(part, follower) for _, part in sorted(follower.parts.items())]
        lacking = [frame for frame in frames if frame is not None]
        told = (standing.state, standing.reason, standing.notice, standing.delayed, standing.settled, outcome)
        if not lacking and not is_whole and told == self._told:
            return None
        self._told = told
        return events.Progress(
            message=follower.message,
            attempt=follower.attempt,
            revision=follower.revision,
            state=standing.state,
            word=wording.state_word(standing.state),
            elapsed_ms=_elapsed(standing),
            reason=standing.reason,
            parts=lacking,
            notice=standing.notice,
            outcome=outcome,
            settled=standing.settled,
            checksum=standing.checksum,
            delayed=standing.delayed,
        )

    def _part(self, part: FollowedPart, follower: Follower) -> events.PartFrame | None:
        position = part.state.position
        since, html, now_held = self._closed(part, follower.wrap)
        tail = None if part.settled_html is not None else part.tail
        old_tail = self._tails.get(position)
        keep = _common_units(old_tail, tail) if tail is not None and old_tail is not None else 0
        headline = headline_of(part.state, follower)
        same = not html and since == self.blocks.get(position) and tail == old_tail
        if same and self._labels.get(position) == headline:
            return None
        self.blocks[position], self._labels[position] = now_held, headline
        if tail is None:
            self._tails.pop(position, None)
        else:
            self._tails[position] = tail
        return events.PartFrame(
            position=position,
            kind=part.state.kind,
            since=since,
            html=html,
            tail_keep=_utf16(tail[:keep]) if tail is not None else 0,
            tail=tail[keep:] if tail is not None else None,
            label=headline[0],
            folded=headline[1],
        )

    def _closed(self, part: FollowedPart, wrap: Callable[[str], str]) -> tuple[int, str, int]:
        """(blocks to keep, HTML to append, blocks held afterwards)"""
        held = self.blocks.get(part.state.position, 0)
        if part.settled_html is None:
            blocks = part.blocks
            since = min(held, len(blocks))
            return since, "".join(wrap(block) for block in blocks[since:]), len(blocks)
        since = min(held, len(part.ends))
        rest = part.settled_html[part.ends[since - 1] if since else 0 :]
        return (held, "", held) if held == SETTLED_BLOCKS else (since, rest, SETTLED_BLOCKS)


def headline_of(state: PartState, follower: Follower) -> tuple[str, bool]:
    """(the thinking pane's headline, whether the preference *auto* folds it by now)"""
    if state.kind != PartKind.THINKING:
        return "", False
    segments = [p for p in follower.parts.values() if p.state.kind == PartKind.THINKING]
    tokens = follower.thinking_tokens if len(segments) == 1 else None
    label = wording.thinking_label(started_ms=state.started_ms, ended_ms=state.ended_ms, thinking_tokens=tokens)
    has_answer = any(p.state.kind == PartKind.TEXT for p in follower.parts.values())
    ended_well = follower.standing is not None and follower.standing.state == State.DONE
    return label, has_answer or ended_well


def _elapsed(standing: Standing) -> int:
    if standing.ended_ms is not None:
        return standing.ended_ms
    return max(0, round((timezone.now() - standing.sent_at).total_seconds() * 1000))


def _common_units(old: str, new: str) -> int:
    """How many characters two tails have in common at the start, never ending between a character and what joins it."""
    if new.startswith(old):
        return len(old)
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle - 1)
    return low


def _utf16(text: str) -> int:
    return len(text) + sum(ch > "\uffff" for ch in text) if not text.isascii() else len(text)
