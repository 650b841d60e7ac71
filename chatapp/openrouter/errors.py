"""What can go wrong between us and the model, in one tree.

    UpstreamError
    ├── Refusal          upstream said no, before the stream or inside it; ``refusals.py`` reads its words
    ├── NotReached       no connection: name, port, TLS, time; nothing was sent, nothing is billed
    ├── ConnectionLost   broken after the question was sent: it may have been answered and billed
    ├── TooSlow          one of our time limits
    ├── TooMuch          our limit on the size of an answer
    ├── BadUpstream      what came is not the protocol: HTML, rubbish, an encoding, an endless line
    └── NothingCame      upstream finished properly without a single word

Meaning is in the attributes, never in the class or the words: who catches ``UpstreamError`` needs no other class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chatapp.words import Reason, State

DETAIL_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error means: the ending it makes, how often to ask again unbidden, a sentence for the person."""

    state: State
    reason: Reason
    public: str
    retries: int = 0


class UpstreamError(Exception):
    """An answer that could not be had.

    ``state`` and ``reason`` are the ending of the attempt. ``retries`` is how often the same request may be repeated
    unbidden as long as no delta came; ``retryable`` says whether at all. ``retry_after`` is upstream's hint in seconds.
    ``public`` is for the person and has nothing of upstream's internals; ``operator_detail`` is for logs.
    """

    kind: ClassVar[Kind] = Kind(
        State.FAILED, Reason.UPSTREAM, "The model's provider had a problem. Try again in a moment."
    )

    def __init__(
        self,
        operator_detail: str,
        *,
        kind: Kind | None = None,
        status: int | None = None,
        error_type: str | None = None,
        retry_after: float | None = None,
        words: Sequence[str] = (),
    ) -> None:
        chosen = kind or self.kind
        self.state = chosen.state
        self.reason = chosen.reason
        self.retries = chosen.retries
        self.retry_after = retry_after
        self.status = status
        self.error_type = error_type
        self.words = tuple(words)
        self.public = f"{chosen.public} It said: {', '.join(self.words)}." if self.words else chosen.public
        self.operator_detail = operator_detail[:DETAIL_CHARACTERS]
        super().__init__(self.operator_detail)

    @property
    def retryable(self) -> bool:
        """Whether the same request may be repeated unbidden."""
        return self.retries > 0

    def hide(self, secrets: Sequence[str]) -> None:
        """Blot out of ``operator_detail`` every longer run of characters that also stands in one of ``secrets``.

        Upstreams quote what they were sent; neither the key nor anyone's question belongs in a log.
        """
        self.operator_detail = blotted(self.operator_detail, secrets)
        self.args = (self.operator_detail,)

    def __str__(self) -> str:
        status = f" (status {self.status})" if self.status else ""
        return f"{self.state}/{self.reason}{status}: {self.operator_detail}"


class Refusal(UpstreamError):
    """Upstream said no; the kind depends on its words."""


class NotReached(UpstreamError):
    """No connection. Nothing was sent."""

    kind = Kind(State.FAILED, Reason.UNREACHABLE, "The model could not be reached. Try again in a moment.", retries=2)


class ConnectionLost(UpstreamError):
    """The connection broke after the question was sent."""

    kind = Kind(State.INTERRUPTED, Reason.CUT, "The connection to the model broke. Try again, or continue from here.")


class TooSlow(UpstreamError):
    """Upstream was silent, or at work without a word, for too long."""

    kind = Kind(State.FAILED, Reason.TIMEOUT, "The model took too long. Try again, or ask for less at once.")


class TooMuch(UpstreamError):
    """The answer is larger than we keep."""

    kind = Kind(State.LENGTH, Reason.SIZE, "The answer became too large and was ended here.")


class BadUpstream(UpstreamError):
    """What came does not speak the protocol."""

    kind = Kind(
        State.FAILED,
        Reason.UPSTREAM,
        "The model's server answered in a way that makes no sense. Try again; if it stays so, tell the people who run"
        " this site.",
    )


class NothingCame(UpstreamError):
    """A proper end without a word. Nothing is billed for that, so it may be asked once more."""

    kind = Kind(State.FAILED, Reason.EMPTY, "The model ended without an answer. Try again.", retries=1)


BLOT = "[…]"
WINDOW = 12
SHORTEST_SECRET = 4


def blotted(text: str, secrets: Sequence[str]) -> str:
    """``text`` without the runs of 24 and more characters that it shares with any of ``secrets``.

    A run of twice the window's length contains a whole window at a multiple of it, so only those are looked for. A run
    that is found is widened to both sides as far as it matches. Secrets shorter than that are looked for as a whole.
    """
    for secret in secrets:
        if len(secret) < 2 * WINDOW:
            text = text.replace(secret, BLOT) if len(secret) >= SHORTEST_SECRET else text
            continue
        start = 0
        while start + WINDOW <= len(text):
            if text[start : start + WINDOW] not in secret:
                start += WINDOW
                continue
            left, right = _widened(text, start, start + WINDOW, secret)
            text = text[:left] + BLOT + text[right:]
            start = left + len(BLOT)
    return text


def _widened(text: str, left: int, right: int, secret: str) -> tuple[int, int]:
    while left > 0 and text[left - 1 : right] in secret:
        left -= 1
    while right < len(text) and text[left : right + 1] in secret:
        right += 1
    return left, right
