"""When a model thinks for too long, or in circles: the point at which the page offers to have it answer at once.

A small thinking model can think until its limit and answer nothing. Nobody is interrupted: it is an offer.
"""

import re
from collections import deque
from dataclasses import dataclass

# The last so many sentences of a thought that goes in circles are only so few different ones.
SENTENCES, DIFFERENT = 60, 10
LEAST_CHARS, MOST_CHARS = 4, 200
ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a thought may get before the offer is made: in tokens (estimated) and in seconds."""

    tokens: int = 6_000
    seconds: float = 120.0


class Worry:
    """Hears a thought as it grows."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._tokens = 0.0
        self._open = ""
        self._last: deque[str] = deque(maxlen=SENTENCES)

    def hear(self, text: str) -> None:
        """More of the thought, cut anywhere."""
        self._tokens += sum(0.25 if ch.isascii() else 0.8 for ch in text) if not text.isascii() else len(text) / 4
        *whole, self._open = ENDS.split(self._open + text)
        while len(self._open) > MOST_CHARS:
            whole.append(self._open[:MOST_CHARS])
            self._open = self._open[MOST_CHARS:]
        self._last.extend(folded for sentence in whole if len(folded := " ".join(sentence.split())) >= LEAST_CHARS)

    def is_due(self, thinking_ms: int) -> bool:
        """Whether the offer should be made, after so many milliseconds of this thought."""
        return (
            self._tokens >= self._patience.tokens
            or thinking_ms >= self._patience.seconds * 1000
            or self._goes_in_circles()
        )

    def _goes_in_circles(self) -> bool:
        return len(self._last) == SENTENCES and len(set(self._last)) <= DIFFERENT
