"""Which turns and pictures of a conversation fit into a request."""

from collections.abc import Sequence
from dataclasses import replace

from chatapp.generation.history import Picture, Said
from chatapp.words import Role

# A turn costs a few tokens for its frame (role and separators in the model's chat template).
TURN_OVERHEAD_TOKENS = 8
# Estimates err; what is left free below the context covers them.
SAFETY_TOKENS = 2_000
# So much of its end is told to a model that is to write on, whatever else there is.
LEAST_SO_FAR_TOKENS = 1_000

# Pictures count again on every turn. What does not fit goes oldest first, but the newest question keeps its own.
PICTURE_BUDGET_BYTES = 20_000_000
PICTURE_BUDGET_TOKENS = 40_000
# base64 makes four characters of three bytes.
BASE64_FACTOR = 4 / 3


def choose_pictures(turns: Sequence[Said]) -> tuple[list[Said], int]:
    """The turns with the pictures that fit into a request, newest first, and how many older ones were left out.

    The newest question's pictures always stay.
    """
    room_bytes, room_tokens = float(PICTURE_BUDGET_BYTES), PICTURE_BUDGET_TOKENS
    chosen: list[Said] = []
    omitted = 0
    question = next((turn for turn in reversed(turns) if turn.role == Role.USER and not turn.is_request), None)
    for turn in reversed(turns):
        kept: list[Picture] = []
        for picture in turn.pictures:
            room_bytes -= picture.size * BASE64_FACTOR
            room_tokens -= picture.tokens
            if turn is question or (room_bytes >= 0 and room_tokens >= 0):
                kept.append(picture)
            else:
                omitted += 1
        chosen.append(replace(turn, pictures=tuple(kept)))
    return chosen[::-1], omitted


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is; rather too many than too few (3 characters a token, 1 beyond ASCII)."""
    # Encoding counts fifty times as fast as a loop over the characters.
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return beyond + -(-(len(text) - beyond) // 3)


def fit(turns: Sequence[Said], *, system: str, room_tokens: int) -> tuple[list[Said], int, bool]:
    """The newest turns that fit, how many older ones were left out, and whether what the answer has so far was cut.

    Whole turns go, oldest first; the newest question always stays, and what stays begins with a question. Where the
    model is to write on, its words so far stay behind the question, the last of them if all are too many.
    """
    room = room_tokens - SAFETY_TOKENS - estimate_tokens(system)
    turns, is_cut = _with_end_of_answer(turns, room)
    least = 3 if turns[-1:] and turns[-1].is_request else 1
    kept = 0
    for turn in reversed(turns):
        room -= _tokens(turn)
        if (room < 0 or turn.is_unread) and kept >= least:
            break
        kept += 1
    start = len(turns) - kept
    while start < len(turns) - 1 and turns[start].role != Role.USER:
        start += 1
    return list(turns[start:]), start, is_cut


def _with_end_of_answer(turns: Sequence[Said], room_tokens: int) -> tuple[Sequence[Said], bool]:
    """The turns, with as much of the end of the answer so far as the question and our request leave room for."""
    if len(turns) < 3 or not turns[-1].is_request:
        return turns, False
    question, so_far, request = turns[-3:]
    room = room_tokens - _tokens(question) - _tokens(request) - TURN_OVERHEAD_TOKENS
    text = _end_of(so_far.text, max(room, LEAST_SO_FAR_TOKENS))
    return [*turns[:-2], replace(so_far, text=text), request], text != so_far.text


def _end_of(text: str, tokens: int) -> str:
    """The longest end that is about that many tokens, with a sign that something is missing before it."""
    end = text[-3 * tokens :]
    while (over := estimate_tokens(end) - tokens) > 0:
        end = end[over:]
    return text if len(end) == len(text) else f"…{end}"


def _tokens(turn: Said) -> int:
    return estimate_tokens(turn.text) + TURN_OVERHEAD_TOKENS + sum(picture.tokens for picture in turn.pictures)
