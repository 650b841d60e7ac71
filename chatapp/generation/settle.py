"""Settling: the journal of an ended attempt becomes its parts' final text and HTML."""

import hashlib
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone

from chatapp.models import Generation, Journal, Part
from chatapp.words import ENDINGS

TIMELINE_POINTS = 200


def settle(generation_id: int, *, render: Callable[[str], str], renderer: int) -> bool:
    """Settle an ended attempt. False when it still runs, is gone, or was settled by another process.

    `render` turns a whole text into the stored HTML; it may be slow and runs outside the transaction.
    """
    generation = Generation.objects.filter(pk=generation_id, state__in=ENDINGS, settled_at__isnull=True).first()
    if generation is None:
        return False
    parts = list(Part.objects.filter(generation=generation).order_by("position"))
    rows = list(Journal.objects.filter(generation=generation).order_by("seq"))
    for part in parts:
        _finish(part, [row for row in rows if row.position == part.position], generation.ended_ms)
        part.html, part.renderer = render(part.text), renderer
    with transaction.atomic():
        won = Generation.objects.filter(pk=generation.pk, settled_at__isnull=True).update(
            settled_at=timezone.now(), revision=generation.revision + 1, checksum=checksum(part.text for part in parts)
        )
        if won != 1:
            return False
        # One by one: a bulk update of a few rows costs four times as much to put together.
        for part in parts:
            part.save(update_fields=["text", "html", "renderer", "settled", "ended_ms", "timeline"])
        Journal.objects.filter(generation=generation).delete()
    return True


def checksum(texts: Iterable[str]) -> str:
    """SHA-256 over the texts in order, each followed by a zero byte, so that no text can pose as two."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _finish(part: Part, rows: list[Journal], ended_ms: int | None) -> None:
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
