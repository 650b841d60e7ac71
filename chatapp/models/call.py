"""Calls: the requests to upstream within an attempt, with what each used."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from chatapp.models.record import Record


class Call(Record):
    """One request to upstream. A tool loop has several in one attempt; a retry before the first token is one too."""

    generation = models.ForeignKey("chatapp.Generation", on_delete=models.CASCADE, related_name="calls")
    # Within the attempt, from 1: the same call written once more is the same row. None in rows of old.
    number = models.PositiveIntegerField(null=True)
    upstream_id = models.CharField(max_length=128, blank=True, db_index=True)
    model = models.CharField(max_length=128, blank=True)
    provider = models.CharField(max_length=128, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finish_reason = models.CharField(max_length=64, blank=True)
    native_finish_reason = models.CharField(max_length=128, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    # US dollars, as upstream says them.
    cost = models.DecimalField(max_digits=16, decimal_places=10, null=True)
    usage = models.JSONField(default=dict)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["generation", "number"], name="one_call_a_number")]
        indexes: ClassVar = [
            models.Index(
                fields=["started_at"], condition=models.Q(prompt_tokens__isnull=True), name="call_without_usage"
            )
        ]

    def __str__(self) -> str:
        return self.upstream_id or f"call {self.pk}"
