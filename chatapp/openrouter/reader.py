"""Turns the bytes of a streamed answer into events, without I/O."""

import time

from chatapp.openrouter import chunks
from chatapp.openrouter.calls import CallBuilder
from chatapp.openrouter.errors import BadUpstream, Refusal, UpstreamError
from chatapp.openrouter.events import Alive, Event, Finished, Opened, Problem, ToolCall, Usage
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.refusals import PROVIDER, from_error
from chatapp.openrouter.runs import Runs
from chatapp.openrouter.sse import Splitter
from chatapp.openrouter.text import storable
from chatapp.openrouter.thinktags import Piece, TagFilter
from chatapp.openrouter.usage import read_usage
from chatapp.openrouter.verdict import BROKEN_WORDS, FILTER_WORDS, LIMIT_WORDS, Verdict, verdict
from chatapp.words import PartKind, ThinkTags

DONE = b"[DONE]"
MOST_BAD_LINES = 5
NAME_CHARACTERS = 200
# After these the model would have gone on: that no closing tag came says nothing.
CUT_WORDS = LIMIT_WORDS | BROKEN_WORDS | FILTER_WORDS | {"error"}


class Reader:
    """Reads one answer. Feed it every piece of the body, then close it; it never raises.

    Texts of one kind within one feed come as one event. After a ``Problem`` or ``[DONE]`` all else is ignored.
    ``deltas`` counts chunks with anything of substance: progress is measured by it. ``usage`` is known once upstream
    finished.
    """

    def __init__(self, think_tags: ThinkTags, limits: Limits) -> None:
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None
        self.generation_id = ""
        self.usage: Usage | None = None
        self.error: UpstreamError | None = None
        self.done = False
        self.bad_lines = 0
        self.deltas = 0
        self._splitter = Splitter(line_bytes=limits.line_bytes, event_bytes=limits.event_bytes)
        self._tags = TagFilter(think_tags)
        self._calls = CallBuilder()
        self._runs = Runs()
        self._said_usage: object = None
        self._opened = False
        self._thought = False
        self._has_calls = False

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""
        if self._is_over():
            return []
        comments = self._splitter.comments
        try:
            for data in self._splitter.feed(piece):
                self._read(data)
                if self._is_over():
                    break
        except UpstreamError as error:
            self._fail(error)
        events = self._runs.taken()
        if self._splitter.comments != comments:
            events.insert(0, Alive())
        return events

    def close(self) -> list[Event]:
        """The body is over: what was held back. A last event without its empty line counts if it is whole."""
        if not self._is_over():
            self._read_last()
        self._settle()
        self._report_usage()
        if self.finish_reason == "error" and not self.error:
            self._fail(Refusal("it ended with the finish reason 'error'", kind=PROVIDER))
        return self._runs.taken()

    def verdict(self) -> Verdict:
        """How the answer ended, once the body is over."""
        return verdict(
            finish_reason=self.finish_reason,
            native=self.native_finish_reason,
            error=self.error,
            done=self.done,
            has_text=self._runs.has_text,
            has_calls=self._has_calls,
            has_deltas=self.deltas > 0,
        )

    def _is_over(self) -> bool:
        return self.done or self.error is not None

    def _read(self, data: bytes) -> None:
        if data.startswith(DONE):
            self.done = True
            self._settle()
        elif chunk := chunks.decode(data):
            self._take(chunk)
        elif data:
            self.bad_lines += 1
            if self.bad_lines > MOST_BAD_LINES:
                self._fail(BadUpstream(f"{self.bad_lines} data lines that are no JSON objects"))

    def _read_last(self) -> None:
        try:
            last = self._splitter.close()
        except UpstreamError:
            return
        # Cut in the middle it is no rubbish to be counted, only not whole.
        if last and (last.startswith(DONE) or chunks.decode(last)):
            self._read(last)

    def _take(self, chunk: chunks.Chunk) -> None:
        if not self._opened:
            self._open(chunk)
        choice = chunk.choices[0] if chunk.choices else None
        if choice is not None:
            self._take_choice(choice)
        if chunk.usage is not None:
            self._said_usage = chunk.usage
        if self._said_usage is not None and self._has_ended():
            self._report_usage()
        error = chunk.error or (choice and choice.error)
        if error:
            self._fail(from_error(error, now=time.time(), answering=self._runs.has_text))

    def _open(self, chunk: chunks.Chunk) -> None:
        self._opened = True
        self.generation_id = _name(chunk.id)
        self._runs.tell(Opened(self.generation_id, _name(chunk.model), _name(chunk.provider)))

    def _take_choice(self, choice: chunks.Choice) -> None:
        delta = choice.delta
        if delta is not None:
            thinking, answer = delta.thinking(), delta.answer()
            if thinking:
                self._think(thinking)
            if answer:
                self._speak(answer)
            calls = delta.tool_calls is not None and self._calls.feed(delta.tool_calls)
            if thinking or answer or calls:
                self.deltas += 1
        if choice.finish_reason:
            self._finish(choice.finish_reason, choice.native_finish_reason)

    def _think(self, text: str) -> None:
        if not self._thought and not text.isspace():
            self._thought = True
            self._write(self._tags.separate())
        self._runs.write(PartKind.THINKING, text)

    def _speak(self, text: str) -> None:
        if self._tags.idle:
            self._runs.write(PartKind.TEXT, text)
        else:
            self._write(self._tags.feed(text))

    def _write(self, pieces: list[Piece]) -> None:
        for kind, text in pieces:
            if text is None:
                self._runs.relabel(kind)
            else:
                self._runs.write(kind, text)

    def _finish(self, word: str, native: str | None) -> None:
        """A repeated finish chunk changes nothing, unless it brings bad news."""
        first = self.finish_reason is None
        if first or word == "error":
            self.finish_reason = _name(word)
            self.native_finish_reason = _name(native)
        self._settle()
        if first:
            self._runs.tell(Finished(_name(word), _name(native)))

    def _report_usage(self) -> None:
        """Tell the usage said last. Some servers count along with every chunk; only the end of it matters."""
        usage, self._said_usage = read_usage(self._said_usage), None
        if usage is not None and usage != self.usage:
            self.usage = usage
            self._runs.tell(usage)

    def _fail(self, error: UpstreamError) -> None:
        self.error = error
        self._settle()
        self._report_usage()
        self._runs.tell(Problem(error))

    def _settle(self) -> None:
        """Let go of all that was held back; calls are whole once upstream finished or said it was done."""
        ended = self._has_ended()
        proper = ended and self.error is None and (self.finish_reason or "").lower() not in CUT_WORDS
        self._write(self._tags.close(proper=proper))
        self._runs.end()
        if ended:
            for call in self._calls.take():
                self._has_calls = True
                self._runs.tell(ToolCall(call.index, call.id, call.name, call.arguments))

    def _has_ended(self) -> bool:
        return self.done or self.finish_reason is not None


def _name(value: str | None) -> str:
    return storable((value or "")[:NAME_CHARACTERS])
