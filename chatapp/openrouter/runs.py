"""Joins texts of one kind into runs, and puts runs and other events into their order."""

from chatapp.openrouter.events import Answer, Event, Relabelled, Thinking
from chatapp.openrouter.text import Mender
from chatapp.words import PartKind


class Runs:
    """The events of one answer as they come about; ``taken`` hands out those so far.

    White space alone begins no run: it waits for company of its kind and is dropped when the other kind comes first,
    so that neither a thinking pane nor an answer opens for an empty line.
    """

    def __init__(self) -> None:
        self.has_text = False
        self._kind: PartKind | None = None
        self._run: list[str] = []  # texts of the present kind that are in no event yet
        self._blank: list[str] = []  # white space that may begin a run of another kind
        self._blank_kind: PartKind | None = None
        self._mender = Mender()
        self._events: list[Event] = []

    def write(self, kind: PartKind, text: str) -> None:
        """Go on with thinking or text; ``text`` is not empty."""
        if kind is not self._kind:
            if kind is not self._blank_kind:
                self._blank, self._blank_kind = [], kind
            if text.isspace():
                self._blank.append(text)
                return
            self.end()
            self._kind = kind
            self._run, self._blank = self._blank, []
            self.has_text = self.has_text or kind is PartKind.TEXT
        elif self._blank:
            self._blank = []
        self._run.append(text)

    def relabel(self, kind: PartKind) -> None:
        """The present run, if there is any, is of this kind after all."""
        self._blank = []
        if self._kind is None:
            return
        self.end()
        self._kind = kind
        self.has_text = kind is PartKind.TEXT
        self._events.append(Relabelled(kind))

    def tell(self, event: Event) -> None:
        """Something other than text, after all text so far."""
        self._flush()
        self._events.append(event)

    def end(self) -> None:
        """Another kind follows, or nothing: half a character stays half."""
        self._flush()
        self._say(self._mender.close())

    def taken(self) -> list[Event]:
        """The events since the last call. Half a character at the end waits for its other half."""
        self._flush()
        events, self._events = self._events, []
        return events

    def _flush(self) -> None:
        if self._run:
            self._say(self._mender.feed("".join(self._run)))
            self._run = []

    def _say(self, text: str) -> None:
        if text:
            self._events.append(Thinking(text) if self._kind is PartKind.THINKING else Answer(text))
