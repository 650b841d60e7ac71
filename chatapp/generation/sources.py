"""Where a follower reads committed text: the database, for any process, page or poll; the draft, in the owner's own."""

from collections import Counter
from collections.abc import Sequence

from chatapp.generation.draft import Draft, PartState, Row, Standing
from chatapp.generation.follower import Earlier, Reading, SettledPart
from chatapp.models import Call, Generation, Journal, Part
from chatapp.prepared import Prepared
from chatapp.words import PartKind, State

_generation: Prepared[Generation] = Prepared(
    lambda pk: Generation.objects.filter(pk=pk).only(
        "number", "state", "reason", "revision", "sent_at", "ended_ms", "notice", "settled_at", "checksum"
    )
)
_journal: Prepared[tuple[int, int, str, int]] = Prepared(
    lambda generation, seq: (
        Journal.objects.filter(generation_id=generation, seq__gt=seq)
        .order_by("seq")
        .values_list("seq", "position", "text", "at_ms")
    )
)
# Their text is in the journal, or in their HTML.
_parts: Prepared[Part] = Prepared(
    lambda generation: (
        Part.objects.filter(generation_id=generation)
        .order_by("position")
        .only("generation_id", "position", "kind", "started_ms", "ended_ms", "settled", "html")
    )
)
_thought: Prepared[int | None] = Prepared(
    lambda generation: Call.objects.filter(generation_id=generation).values_list("reasoning_tokens", flat=True)
)


def read_stored(generation_id: int, after_seq: int) -> Reading | None:
    """What the database holds. None when the attempt does not exist (any more).

    The generation is read first and the parts last: a part that a row names is then always there, and parts that are
    settled tell that the attempt settled between the queries and took its journal away.
    """
    generation = _generation.first(pk=generation_id)
    if generation is None:
        return None
    rows = tuple(Row(*values) for values in _journal(generation=generation_id, seq=after_seq))
    parts = _parts(generation=generation_id)
    settled = generation.is_settled
    if not settled and any(part.settled for part in parts):
        return read_stored(generation_id, after_seq)
    return settled_reading(generation, parts) if settled else Reading(_standing(generation, parts), rows)


def settled_reading(generation: Generation, parts: Sequence[Part]) -> Reading:
    """What is said of an attempt once it is settled, from its rows."""
    return Reading(
        standing=_standing(generation, parts),
        rows=(),
        settled_html={part.position: part.html + "" for part in parts},
        thinking_tokens=thinking_tokens(generation.pk),
    )


def read_draft(draft: Draft, after_seq: int) -> Reading:
    """What the draft has committed: the same as the database says, without asking it."""
    # seq is dense from 1: it is the row's place.
    return Reading(standing=draft.standing, rows=tuple(draft.committed[after_seq:]))


def read_earlier(generation_id: int) -> Earlier | None:
    """What the attempts before this one wrote in the same message. They are settled: nothing of it changes any more.

    None when the message was deleted meanwhile.
    """
    same_message = Generation.objects.filter(message__generations=generation_id)
    before = list(same_message.filter(pk__lt=generation_id).order_by("number"))
    if not before:
        return None
    parts = list(Part.objects.filter(generation__in=before).order_by("position"))
    thoughts = Counter(part.generation_id for part in parts if part.kind == PartKind.THINKING)
    tokens = {pk: thinking_tokens(pk) if count == 1 else None for pk, count in thoughts.items() if pk}
    return Earlier(
        number=before[-1].number,
        revision=before[-1].revision,
        parts=tuple(
            SettledPart(
                _state(part), part.html, tokens.get(part.generation_id) if part.kind == PartKind.THINKING else None
            )
            for part in parts
        ),
    )


def thinking_tokens(generation_id: int) -> int | None:
    """Thinking tokens that upstream counted in all calls of the attempt; None when it said nothing."""
    known = [count for count in _thought(generation=generation_id) if count is not None]
    return sum(known) if known else None


def _standing(generation: Generation, parts: Sequence[Part]) -> Standing:
    return Standing(
        number=generation.number,
        state=State(generation.state),
        reason=generation.reason,
        revision=generation.revision,
        sent_at=generation.sent_at,
        ended_ms=generation.ended_ms,
        notice=generation.notice,
        parts=tuple(_state(part) for part in parts),
        settled=generation.is_settled,
        checksum=generation.checksum,
    )


def _state(part: Part) -> PartState:
    return PartState(
        position=part.position,
        kind=PartKind(part.kind),
        started_ms=part.started_ms,
        ended_ms=part.ended_ms,
    )
