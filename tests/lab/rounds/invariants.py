"""What must be true after every round, whatever broke in it. Each gives sentences that say what is not.

I1 what is stored is a prefix of what upstream said, and all of it when the answer is whole; I2 each reader ends with what
is stored; I3 no reader ever saw anything else; I4 each attempt has exactly one ending, a right one, in time; I5 upstream
was asked once for each thing that people did; I6 what was used is what upstream counted; I7 the process is back to
where it was; I8 its log has no error but what the trouble explains; I9 whoever comes now gets what the readers hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.lab.people import ENDINGS, Reader, seen, squeezed
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.scripts import Ending
from tests.lab.rounds.transcripts import Attempt

WHOLE = {"done", "length", "filtered"}


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, where, and what differs."""

    name: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.name} {self.where}: {self.what}"


def stored_is_what_upstream_said(attempt: Attempt, *, mixes: bool, keeps_all: bool = False) -> Iterator[str]:
    """I1. `keeps_all`: it broke in a way that loses no whole token.

    Where thinking comes inside the content, white space around its end is nobody's.
    """
    pairs = [(attempt.text(kind), attempt.told(said)) for kind, said in (("thinking", "thinking"), ("text", "answer"))]
    if mixes:
        pairs = [("".join(squeezed(stored) for stored, _ in pairs), "".join(squeezed(told) for _, told in pairs))]
    for stored, told in pairs:
        if not told.startswith(stored):
            yield f"stored is no prefix of what upstream said: {_difference(stored, told)}"
        elif (keeps_all or attempt.state in WHOLE) and stored != told:
            yield f"{attempt.state}, but {len(told) - len(stored)} characters of {len(told)} are missing"


def stored_is_sound(attempt: Attempt) -> Iterator[str]:
    """I1, I4: an ended attempt is settled, with nothing left in the journal and the sum of its texts."""
    if attempt.state not in ENDINGS or not attempt.is_settled:
        yield f"not over: {attempt.state}, settled: {attempt.is_settled}"
    elif attempt.journal_rows:
        yield f"settled, and {attempt.journal_rows} rows are still in the journal"
    elif attempt.checksum != attempt.sum():
        yield f"checksum {attempt.checksum}, but the stored texts have {attempt.sum()}"


def reader_holds_what_is_stored(reader: Reader, attempts: Sequence[Attempt]) -> Iterator[str]:
    """I2, I9: the HTML of all attempts at the message, the ending and the checksum of the last."""
    held = {position: "".join(part["blocks"]) for position, part in reader.parts.items()}
    stored = {position: html for attempt in attempts for position, html in attempt.html.items()}
    if held != stored:
        position = next(p for p in sorted({*held, *stored}) if held.get(p) != stored.get(p))
        yield f"part {position} differs: {_difference(held.get(position, ''), stored.get(position, ''))}"
    last = next((frame for frame in reversed(reader.frames) if frame["type"] == "progress"), {})
    told = (last.get("state"), last.get("reason", ""), last.get("checksum", ""))
    newest = attempts[-1]
    if told != (newest.state, newest.reason, newest.checksum):
        yield f"was told {told}, stored is {(newest.state, newest.reason, newest.checksum)}"


def reader_saw_only_prefixes(reader: Follower, attempt: Attempt, *, is_plain: bool) -> Iterator[str]:
    """I3: closed blocks never change; where text is shown as it is, each moment of a part is a prefix of its text."""
    texts = {part["position"]: squeezed(part["text"]) for part in attempt.parts}
    for number, moment in enumerate(reader.moments):
        for position in moment.keys() & texts.keys():
            blocks, tail = moment[position]
            if not attempt.html[position].startswith(blocks):
                yield f"frame {number}, part {position}: {_difference(blocks, attempt.html[position])}"
                return
            if is_plain and not texts[position].startswith(shown := seen(blocks + tail)):
                yield f"frame {number}, part {position}, showed: {_difference(shown, texts[position])}"
                return


def reader_saw_nothing_else(reader: Follower, attempts: Sequence[Attempt]) -> Iterator[str]:
    """I3: no part that is not stored."""
    stored = {position for attempt in attempts for position in attempt.html}
    if others := ({position for moment in reader.moments for position in moment} - stored):
        yield f"saw parts that are not stored: {sorted(others)}"


def ending_is_right(
    attempt: Attempt, *, allowed: Iterable[Ending], told: Iterable[Ending], readers: Iterable[Reader]
) -> Iterator[str]:
    """I4: one ending for all, and one that what happened explains."""
    if attempt.ending not in set(allowed):
        yield f"ended {attempt.ending}, right were {sorted(allowed)}"
    heard = {
        (frame["state"], frame.get("reason", ""))
        for reader in readers
        for frame in reader.frames
        if frame["type"] == "progress" and frame["attempt"] == attempt.generation and frame["state"] in ENDINGS
    }
    if others := ({*heard, *told} - {attempt.ending}):
        yield f"stored as {attempt.ending}, but told as {sorted(others)}"


def asked_once(attempt: Attempt, *, most: int) -> Iterator[str]:
    """I5. None is right when the attempt ended before it was claimed, or nothing was sent."""
    count = len(attempt.records)
    if count > most or (attempt.state in WHOLE and not count):
        yield f"upstream was asked {count} times, at most {most} are right ({attempt.state})"


def used_is_what_upstream_counted(attempt: Attempt) -> Iterator[str]:
    """I6: for a whole answer; what a broken one cost is asked for later."""
    for record in attempt.records:
        calls = [call for call in attempt.calls if call["upstream_id"] == record["id"]]
        if attempt.state not in WHOLE or record["state"] != "complete" or not record["usage"] or not record["id"]:
            continue
        counted = record["usage"]["completion_tokens"]
        if [call["completion_tokens"] for call in calls] != [counted] and calls and calls[0]["usage"] != "{}":
            yield f"upstream counted {counted}, stored are {[call['completion_tokens'] for call in calls]}"
        if len(calls) != 1:
            yield f"{len(calls)} calls are stored of a request that upstream answered"


def _difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"at {at} of {len(one)} and {len(other)}: {one[at : at + 60]!r} | {other[at : at + 60]!r}"
