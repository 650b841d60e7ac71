"""Generations: one attempt each to answer a message, and the moves of its state."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone

from chatapp.models.record import Record
from chatapp.prepared import change
from chatapp.words import ENDINGS, RUNNING, PartKind, Purpose, Reason, State

# A process says that it lives every HEARTBEAT_SECONDS; past ABANDONED_SECONDS of silence its attempts are given up.
HEARTBEAT_SECONDS = 5.0
ABANDONED_SECONDS = 30.0
# How often a message may be asked to answer at once: a model that thinks on even then is not helped by a third time.
MAX_ANSWER_NOW = 2
# Endings after which the model may take up its text where it broke off.
BROKEN_OFF = frozenset({State.STOPPED, State.INTERRUPTED, State.LENGTH})


class _Written(models.Value):
    """A word of ours that stands in the statement, not beside it.

    SQLite takes the index of what runs only where it reads its very condition, the words in their order: what a
    parameter will be it does not know yet, and would go through all that ever ran.
    """

    def as_sql(self, *_: Any) -> tuple[str, tuple[()]]:
        return f"'{self.value}'", ()


class GenerationQuerySet(models.QuerySet["Generation"]):
    """Sets of attempts."""

    def running(self) -> "GenerationQuerySet":
        return self.filter(state__in=[_Written(state.value) for state in sorted(RUNNING)])

    def unsettled(self) -> "GenerationQuerySet":
        """Ended attempts whose text is still in the journal."""
        return self.filter(state__in=ENDINGS, settled_at__isnull=True)


class Generation(Record):
    """One attempt to answer. The state moves only by conditional update; who moved it is told by the row count."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    conversation = models.ForeignKey("chatapp.Conversation", on_delete=models.CASCADE, related_name="generations")
    message = models.ForeignKey("chatapp.Message", on_delete=models.CASCADE, related_name="generations")
    number = models.PositiveIntegerField()
    purpose = models.CharField(
        max_length=12, choices=[(word.value, word.value) for word in Purpose], default=Purpose.ANSWER
    )
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=[(word.value, word.value) for word in State], default=State.QUEUED)
    reason = models.CharField(max_length=16, blank=True)
    # A sentence for the reader, in our words or (for a filter) upstream's.
    explanation = models.TextField(blank=True)
    # A line such as "3 earlier turns were left out".
    notice = models.TextField(blank=True)
    owner = models.CharField(max_length=40, blank=True)
    heartbeat = models.DateTimeField(default=timezone.now)
    # Rises whenever what a browser holds of this attempt may be wrong: relabelled, settled.
    revision = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(default=timezone.now)
    # Milliseconds since sent_at.
    claimed_ms = models.PositiveBigIntegerField(null=True)
    first_thinking_ms = models.PositiveBigIntegerField(null=True)
    first_answer_ms = models.PositiveBigIntegerField(null=True)
    ended_ms = models.PositiveBigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    # SHA-256 of the settled texts of all parts, in order, each followed by a zero byte.
    checksum = models.CharField(max_length=64, blank=True)

    objects: ClassVar[Any] = GenerationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=sorted(RUNNING)),
                name="one_running_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["heartbeat"], condition=models.Q(state__in=sorted(RUNNING)), name="generation_running"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(settled_at__isnull=True),
                name="generation_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    def elapsed_ms(self) -> int:
        """How long it has run, or ran, in milliseconds; never negative, whatever the clock did."""
        if self.ended_ms is not None:
            return self.ended_ms
        return max(0, round((timezone.now() - self.sent_at).total_seconds() * 1000))

    def offers(self, *, kinds: Collection[str], asked_now: int, is_last: bool) -> frozenset[Purpose]:
        """What further attempts at the same message make sense after this one, its newest.

        `kinds` are the kinds of the message's parts, `asked_now` how often it was asked to answer at once, `is_last`
        whether nothing was asked after it: what others built upon is not written on.
        """
        if not is_last:
            return frozenset()
        offered = set()
        if self.state in BROKEN_OFF and kinds:
            offered.add(Purpose.CONTINUE)
        has_only_thought = PartKind.THINKING in kinds and PartKind.TEXT not in kinds
        if has_only_thought and self.state != State.FILTERED and asked_now < MAX_ANSWER_NOW:
            offered.add(Purpose.ANSWER_NOW)
        return frozenset(offered)

    def journal_texts(self) -> dict[int, str]:
        """The text so far of each part that is not settled, by position."""
        texts: dict[int, str] = {}
        for position, text in self.journal.order_by("seq").values_list("position", "text"):
            texts[position] = texts.get(position, "") + text
        return texts

    def begin_claimed(self, owner: str) -> None:
        """Before it is stored: it is taken by the process that makes it."""
        self.state, self.owner, self.claimed_ms = State.WAITING, owner, self.elapsed_ms()

    def is_claimed_by(self, owner: str) -> bool:
        """Whether the process has taken it, and nothing has come of it yet."""
        return self.state == State.WAITING and self.owner == owner

    def claim(self, owner: str) -> bool:
        """Take the work. False when another process was quicker, or it ended before it began."""
        return self._move(
            {State.QUEUED},
            State.WAITING,
            owner=owner,
            heartbeat=timezone.now(),
            claimed_ms=self.elapsed_ms(),
        )

    def stop(self, *, while_thinking: bool = False) -> bool:
        """End it at a person's wish, from any process. False when it had ended already; or, `while_thinking`, had begun
        to answer, which moves its state with the first text."""
        stopped = RUNNING - {State.ANSWERING} if while_thinking else RUNNING
        return self._move(stopped, State.STOPPED, reason=Reason.PERSON, ended_ms=self.elapsed_ms())

    def fail(self, reason: Reason, explanation: str) -> bool:
        """End it because of us, whatever its process does. False when it had ended already."""
        return self._move(RUNNING, State.FAILED, reason=reason, explanation=explanation, ended_ms=self.elapsed_ms())

    def abandon(self) -> bool:
        """End it because its process is gone. False when it has ended, or its heart has beaten, since it was read."""
        reason = Reason.RESTART if self.state == State.QUEUED else Reason.SERVER
        moved = (
            Generation.objects.running()
            .filter(pk=self.pk, heartbeat=self.heartbeat)
            .update(state=State.INTERRUPTED, reason=reason, ended_ms=self.elapsed_ms())
        )
        return bool(moved == 1)

    def _move(self, old: set[State] | frozenset[State], new: State, **changes: object) -> bool:
        return change(Generation, self.pk, {"state": new, **changes}, state=old)
