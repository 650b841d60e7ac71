"""Parts: the pieces of a message, in order."""

from typing import Any, ClassVar

from django.db import models

from chatapp.models.record import Record
from chatapp.words import PartKind


class Part(Record):
    """A piece of a message. While its attempt runs its text is in the journal; settling puts it here, with its HTML."""

    message = models.ForeignKey("chatapp.Message", on_delete=models.CASCADE, related_name="parts")
    generation = models.ForeignKey("chatapp.Generation", on_delete=models.CASCADE, null=True, related_name="parts")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=[(word.value, word.value) for word in PartKind])
    image = models.ForeignKey("chatapp.Image", on_delete=models.PROTECT, null=True, related_name="parts")
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    html = models.TextField(blank=True)
    renderer = models.PositiveIntegerField(default=0)
    settled = models.BooleanField(default=False)
    # Milliseconds since the attempt was sent, by the writing process's monotonic clock.
    started_ms = models.PositiveBigIntegerField(null=True)
    ended_ms = models.PositiveBigIntegerField(null=True)
    # [[ms, length of text by then], …]: how the text grew.
    timeline = models.JSONField(default=list)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "position"], name="one_part_a_position")]

    def __str__(self) -> str:
        return f"{self.kind} {self.position}"
