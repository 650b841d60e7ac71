"""How an answer ended, judged from all that was seen of it."""

from typing import NamedTuple

from chatapp.openrouter.errors import UpstreamError
from chatapp.words import Reason, State

LIMIT_WORDS = frozenset({"length", "max_tokens", "max_output_tokens"})
FILTER_WORDS = frozenset({"content_filter", "safety"})
BROKEN_WORDS = frozenset({"abort", "cancelled", "network_error"})


class Verdict(NamedTuple):
    """An ending and its reason."""

    state: State
    reason: Reason


DONE = Verdict(State.DONE, Reason.NONE)
CUT = Verdict(State.INTERRUPTED, Reason.CUT)
FAILED = Verdict(State.FAILED, Reason.UPSTREAM)
EMPTY = Verdict(State.FAILED, Reason.EMPTY)
BY_WORD = (
    dict.fromkeys(FILTER_WORDS, Verdict(State.FILTERED, Reason.ANSWER))
    | dict.fromkeys(LIMIT_WORDS, Verdict(State.LENGTH, Reason.TOKENS))
    | {"error": FAILED}
)


def verdict(
    *,
    finish_reason: str | None,
    native: str | None = None,
    error: UpstreamError | None = None,
    done: bool = False,
    has_text: bool = False,
    has_calls: bool = False,
    has_deltas: bool = False,
) -> Verdict:
    """The ending of a stream that is over.

    An error outweighs all. Success needs a finish reason and something to show; ``[DONE]`` (``done``) proves nothing,
    except that tool calls before it are whole. ``has_text`` is answer text; ``has_deltas`` is anything of substance.
    """
    finish = (finish_reason or "").lower()
    if error is not None:
        return Verdict(error.state, error.reason)
    if finish in BY_WORD:
        return BY_WORD[finish]
    # A provider's network error has been seen under an ordinary "stop".
    if finish in BROKEN_WORDS or (native or "").lower() in BROKEN_WORDS:
        return CUT if has_deltas else FAILED
    if finish:
        return DONE if has_text or has_calls else EMPTY
    if done and has_calls:
        return DONE
    return CUT if has_deltas else EMPTY
