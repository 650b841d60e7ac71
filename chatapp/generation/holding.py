"""Holdings: what one reader has of an answer, and the frame that brings it what it lacks.

A new tab, a reload, a reconnect and a woken phone are the same case as the next token.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chatapp import events, wording
from chatapp.generation.follower import FollowedPart, Follower, elapsed_ms, headline_of
from chatapp.words import State


@dataclass(slots=True)
class Holding:
    """What one reader holds of one answer."""

    revision: str = ""
    blocks: dict[int, int] = field(default_factory=dict)
    _tails: dict[int, str] = field(default_factory=dict)
    _labels: dict[int, tuple[str, bool]] = field(default_factory=dict)
    # Settled parts of which nothing is lacking.
    _whole: set[int] = field(default_factory=set)
    _told: tuple[object, ...] = ()
    _word: tuple[State, str] | None = None

    def lacking(self, follower: Follower, outcome: str | None = None) -> events.Progress | None:
        """The frame that brings this reader up to date, or None when nothing is lacking. Assumes that it arrives."""
        standing = follower.standing
        if standing is None:
            return None
        if not follower.continues(self.revision):
            self.blocks, self._tails, self._labels, self._whole = {}, {}, {}, set()
        self._whole |= self.blocks.keys() & follower.whole_at(self.revision)
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
            word=self._word_of(standing.state),
            elapsed_ms=elapsed_ms(standing),
            reason=standing.reason,
            parts=lacking,
            notice=standing.notice,
            outcome=outcome,
            settled=standing.settled,
            checksum=standing.checksum,
            delayed=standing.delayed,
        )

    def _word_of(self, state: State) -> str:
        # Translated when it changes: to do so for each frame costs as much as encoding it.
        if self._word is None or self._word[0] != state:
            self._word = state, wording.state_word(state)
        return self._word[1]

    def _part(self, part: FollowedPart, follower: Follower) -> events.PartFrame | None:
        position, headline = part.state.position, headline_of(part, follower)
        if part.settled_html is not None and position in self._whole:
            if self._labels.get(position, ("", False)) == headline:
                return None
            self._labels[position] = headline
            return events.PartFrame(
                position=position, kind=part.state.kind, whole=True, label=headline[0], folded=headline[1]
            )
        since, html = self._closed(part, follower.wrap)
        tail = None if part.settled_html is not None else part.tail
        old_tail = self._tails.get(position)
        keep = _common_units(old_tail, tail) if tail is not None and old_tail is not None else 0
        same = not html and since == self.blocks.get(position) and tail == old_tail
        if same and self._labels.get(position) == headline:
            return None
        self._labels[position] = headline
        self._keep(part, tail)
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

    def _keep(self, part: FollowedPart, tail: str | None) -> None:
        """Note what the reader holds of this part once it has the frame."""
        position = part.state.position
        self.blocks[position] = len(part.blocks)
        if tail is None:
            self._tails.pop(position, None)
        else:
            self._tails[position] = tail
        if part.settled_html is not None:
            self._whole.add(position)

    def _closed(self, part: FollowedPart, wrap: Callable[[str], str]) -> tuple[int, str]:
        """(blocks to keep, HTML to append)"""
        held = self.blocks.get(part.state.position, 0)
        if part.settled_html is None:
            since = min(held, len(part.blocks))
            return since, "".join(wrap(block) for block in part.blocks[since:])
        since = min(held, len(part.ends))
        return since, part.settled_html[part.ends[since - 1] if since else 0 :]


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
