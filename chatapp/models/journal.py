"""The journal: text that is written but not yet settled."""

from typing import Any, ClassVar

from django.db import models

from chatapp.models.record import Record


class Journal(Record):
    """A run of text of one part of a running attempt. Append-only; the rows go when the attempt is settled."""

    generation = models.ForeignKey("chatapp.Generation", on_delete=models.CASCADE, related_name="journal")
    seq = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    text = models.TextField()
    at_ms = models.PositiveBigIntegerField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["generation", "seq"], name="one_row_a_seq")]

    def __str__(self) -> str:
        return f"{self.generation_id}:{self.seq}"
