"""What a stream says, one frozen type for each thing. ``reader.py`` makes them out of bytes."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chatapp.openrouter.errors import UpstreamError
from chatapp.words import PartKind


@dataclass(frozen=True, slots=True)
class Opened:
    """The first chunk came. A second one means that the request was repeated. Any field may be empty."""

    id: str
    model: str
    provider: str


@dataclass(frozen=True, slots=True)
class Alive:
    """A comment: upstream is there but has nothing to say yet."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """More thinking. Never begins a run with white space alone."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """More of the answer. Never begins a run with white space alone."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A complete call. ``arguments`` is JSON text as the model wrote it: perhaps broken, and ``""`` means ``{}``."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Relabelled:
    """The run of text written last (all since the last change of kind) is of this kind after all."""

    kind: PartKind


@dataclass(frozen=True, slots=True)
class Finished:
    """Upstream's word for why it ended, and its provider's; usage may still follow. Comes once."""

    reason: str
    native: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used, in the provider's tokens; 0 where upstream says nothing.

    ``reasoning_tokens`` (None: unknown) may exceed ``completion_tokens``. ``cost`` is what the account paid, in US
    dollars; None where upstream names no price. ``raw`` is all it said, as storable JSON.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    reasoning_tokens: int | None
    cost: Decimal | None
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Retrying:
    """The request failed before any delta and will be repeated after a pause. All before it counts for nothing."""

    error: UpstreamError
    after_seconds: float


@dataclass(frozen=True, slots=True)
class Problem:
    """It went wrong; always the last event."""

    error: UpstreamError


Event = Opened | Alive | Thinking | Answer | ToolCall | Relabelled | Finished | Usage | Retrying | Problem
