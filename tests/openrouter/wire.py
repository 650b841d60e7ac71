"""What the tests of this room share: bytes as upstream sends them, and the outcome of reading them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatapp.openrouter import events
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.reader import Reader
from chatapp.words import PartKind, ThinkTags

STREAMS = Path(__file__).parent.parent / "streams"
EXPECTED: dict[str, dict[str, Any]] = json.loads((STREAMS / "expected.json").read_text(encoding="utf-8"))
SAMPLES = sorted(EXPECTED)


def sample(name: str) -> bytes:
    return (STREAMS / name).read_bytes()


def event(value: object) -> bytes:
    """One event; non-ASCII is escaped, so lone surrogates can be sent."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(finish: str | None = None, native: str | None = None, **fields: object) -> bytes:
    choice = {"index": 0, "delta": fields, "finish_reason": finish, "native_finish_reason": native}
    return event({"id": "gen-1", "model": "m", "provider": "P", "choices": [choice]})


def finish(reason: str = "stop", native: str = "stop") -> bytes:
    return delta(finish=reason, native=native, content="")


DONE = b"data: [DONE]\n\n"


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@dataclass
class Outcome:
    """What a faithful listener has at the end: parts in order, everything else that was said, the reader itself."""

    reader: Reader
    parts: list[tuple[PartKind, str]] = field(default_factory=list)
    calls: list[events.ToolCall] = field(default_factory=list)
    seen: list[events.Event] = field(default_factory=list)

    def hear(self, event: events.Event) -> None:
        self.seen.append(event)
        match event:
            case events.Thinking(text):
                self._write(PartKind.THINKING, text)
            case events.Answer(text):
                self._write(PartKind.TEXT, text)
            case events.Relabelled(kind):
                self.parts[-1] = (kind, self.parts[-1][1])
            case events.ToolCall():
                self.calls.append(event)

    def _write(self, kind: PartKind, text: str) -> None:
        assert text
        if self.parts and self.parts[-1][0] is kind:
            self.parts[-1] = (kind, self.parts[-1][1] + text)
        else:
            self.parts.append((kind, text))

    @property
    def thinking(self) -> str:
        return "".join(text for kind, text in self.parts if kind is PartKind.THINKING)

    @property
    def text(self) -> str:
        return "".join(text for kind, text in self.parts if kind is PartKind.TEXT)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    def gist(self) -> tuple[object, ...]:
        """All that must not depend on how the bytes were cut."""
        reader = self.reader
        rest = [event for event in self.seen if isinstance(event, events.Opened | events.Finished | events.Usage)]
        return (self.parts, self.calls, rest, reader.done, reader.bad_lines, reader.deltas, reader.verdict())


def read(data: bytes | Iterable[bytes], tags: ThinkTags = ThinkTags.AUTO, *, limits: Limits | None = None) -> Outcome:
    outcome = Outcome(Reader(tags, limits or Limits()))
    for piece in [data] if isinstance(data, bytes) else data:
        for said in outcome.reader.feed(piece):
            outcome.hear(said)
    for said in outcome.reader.close():
        outcome.hear(said)
    return outcome
