"""Settling: the journal of an ended attempt becomes its parts' final text and HTML."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from chatapp.generation.follower import Reading
from chatapp.generation.sources import settled_reading
from chatapp.models import Generation, Journal, Part
from chatapp.prepared import Prepared, change
from chatapp.words import ENDINGS

TIMELINE_POINTS = 200


_SETTLED = ("text", "html", "renderer", "settled", "ended_ms", "timeline")
_ended: Prepared[Generation] = Prepared(
    lambda pk: Generation.objects.filter(pk=pk, state__in=sorted(ENDINGS), settled_at__isnull=True)
)
_parts: Prepared[Part] = Prepared(lambda generation: Part.objects.filter(generation_id=generation).order_by("position"))
_rows: Prepared[Any] = Prepared(
    lambda generation: (
        Journal.objects.filter(generation_id=generation)
        .order_by("seq")
        .values_list("position", "text", "at_ms", named=True)
    )
)


def settle(generation_id: int, *, render: Callable[[str], str], renderer: int) -> Reading | None:
    """Settle an ended attempt; gives what is said of it now. None when it still runs, is gone, or was settled by
    another process.

    `render` turns a whole text into the stored HTML; it may be slow and runs outside the transaction.
    """
    generation = _ended.first(pk=generation_id)
    if generation is None:
        return None
    parts, rows = _parts(generation=generation_id), _rows(generation=generation_id)
    for part in parts:
        _finish(part, [row for row in rows if row.position == part.position], generation.ended_ms)
        part.html, part.renderer = render(part.text), renderer
    with transaction.atomic():
        settled: dict[str, Any] = {"settled_at": timezone.now(), "revision": generation.revision + 1}
        settled["checksum"] = checksum(part.text for part in parts)
        # Once ended, it changes its revision by being settled only.
        if not change(Generation, generation.pk, settled, revision=[generation.revision]):
            return None
        for part in parts:
            change(Part, part.pk, {name: getattr(part, name) for name in _SETTLED})
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM chatapp_journal WHERE generation_id = %s", [generation_id])
    for name, value in settled.items():
        setattr(generation, name, value)
    return settled_reading(generation, parts)


def checksum(texts: Iterable[str]) -> str:
    """SHA-256 over the texts in order, each followed by a zero byte, so that no text can pose as two."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _finish(part: Part, rows: list[Any], ended_ms: int | None) -> None:
    part.text = "".join(row.text for row in rows)
    part.settled = True
    if part.ended_ms is None:
        part.ended_ms = ended_ms
    length, timeline = 0, []
    for row in rows:
        length += len(row.text)
        timeline.append([row.at_ms, length])
    step = max(1, -(-len(timeline) // TIMELINE_POINTS))
    part.timeline = timeline[::-1][::step][::-1]
