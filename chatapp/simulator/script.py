"""What a script asks for, once read. `directives` reads it from words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any


class Do(StrEnum):
    """What happens at a point of the stream."""

    PAUSE = "pause"
    WAIT = "wait"
    HANG = "hang"
    ENDLESS = "endless"
    CUT = "cut"
    CUT_CLOSE = "cut-close"
    CUT_IN_JSON = "cut-in-json"
    CUT_IN_CHARACTER = "cut-in-character"
    RESET = "reset"
    ERROR = "error"
    LENGTH = "length"
    FILTER = "filter"


class ThinkingForm(Enum):
    """Where in a delta the thinking stands."""

    BOTH = "reasoning and reasoning_details"
    PLAIN = "reasoning"
    DETAILS = "reasoning_details"
    CONTENT = "reasoning_content"
    TWICE = "reasoning and reasoning_content"
    TAGS = "content, ended by a closing tag"


class UsageForm(StrEnum):
    """How the usage comes after the finish chunk."""

    REPEATED = "repeated"
    EMPTY_CHOICES = "empty-choices"
    NULL_FINISH = "null-finish"
    SINGLE = "single"
    NONE = "none"


class ErrorShape(StrEnum):
    """How an error looks inside the stream."""

    DOCUMENTED = "documented"
    EMPTY_CHOICES = "empty-choices"
    BARE = "bare"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that happens once `after` tokens, of thinking and answer together, are out."""

    after: int
    do: Do
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ByteStop:
    """An end at a byte of the body."""

    at: int
    do: Do


class Instead(StrEnum):
    """A reply that is no stream at all."""

    ERROR = "error"
    HTML = "html"
    JSON = "json"
    EMPTY = "empty"
    DROP = "drop"
    GZIP_BOMB = "gzip-bomb"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call to make; `arguments` is JSON text, which may be empty."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How to answer one request. The plain one answers as well as it can."""

    text: str = ""
    # What is said. Numbers are counts of self-describing tokens.
    thinking: int | None = None
    answer: int | None = None
    say: str | None = None
    think: str | None = None
    repeat: str | None = None
    replay: str | None = None
    line: int | None = None
    unicode: bool = False
    never_stops: bool = False
    no_limit: bool = False
    calls: tuple[Call, ...] = ()
    # When. Seconds, and tokens per second; None leaves it to the simulator.
    rate: float | None = None
    delay: float = 0.0
    wait: float = 0.0
    silent: float = 0.0
    generation_after: float | None = None
    comment_every: float | None = None
    # What goes wrong.
    instead: Instead | None = None
    status: int = 200
    variant: str | None = None
    retry_after: float | None = None
    shape: ErrorShape = ErrorShape.DOCUMENTED
    stops: tuple[Stop, ...] = ()
    byte_stop: ByteStop | None = None
    fail_times: int = 0
    garbage: int = 0
    # Which form it takes.
    thinking_form: ThinkingForm = ThinkingForm.BOTH
    usage_form: UsageForm = UsageForm.REPEATED
    done: bool = True
    done_after_error: bool = False
    finish: bool = True
    stay_open: bool = False
    newline: bytes = b"\n"
    space: bool = True
    bom: bool = False
    multi_line: bool = False
    odd: bool = False
    piece_bytes: int | None = None
    piece_seconds: float = 0.0

    @property
    def scripted(self) -> bool:
        """Whether it says what to say, so that the question does not matter."""
        said = (self.thinking, self.answer, self.say, self.think, self.repeat, self.line)
        return self.never_stops or self.unicode or any(part is not None for part in said)

    @property
    def close_delimited(self) -> bool:
        """Whether the body is framed by nothing but the end of the connection."""
        return any(stop.do is Do.CUT_CLOSE for stop in self.stops)

    def changed(self, changes: dict[str, Any]) -> "Script":
        """The same with other fields; further stops and calls are added to those there are."""
        added: dict[str, Any] = {
            name: getattr(self, name) + tuple(changes[name]) for name in ("stops", "calls") if name in changes
        }
        return replace(self, **{**changes, **added})

    def working(self) -> "Script":
        """The same without anything that goes wrong."""
        return replace(self, instead=None, stops=_harmless(self.stops), byte_stop=None, garbage=0, silent=0.0)

    def failing(self) -> "Script":
        """The same as it fails: as told, else with a 503."""
        told = self.instead or self.byte_stop or self.garbage or self.silent
        return self if told or self.stops != _harmless(self.stops) else replace(self, instead=Instead.ERROR, status=503)


def _harmless(stops: Iterable[Stop]) -> tuple[Stop, ...]:
    return tuple(stop for stop in stops if stop.do in {Do.PAUSE, Do.WAIT})


NO_SCRIPT = Script()
