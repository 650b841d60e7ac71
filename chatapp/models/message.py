"""Messages: the turns of a conversation's tree, and the walks along its branches."""

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from chatapp.models.record import Record
from chatapp.words import Role

# From a message up to its ancestors. Primary-key look-ups only, so 50 steps of 2,000 cost 50.
_CLIMB = """
WITH RECURSIVE climb(id, parent_id, steps) AS (
  SELECT id, parent_id, 1 FROM chatapp_message WHERE id = %s
  UNION ALL
  SELECT m.id, m.parent_id, climb.steps + 1 FROM chatapp_message m JOIN climb ON m.id = climb.parent_id
  WHERE climb.steps < %s
) SELECT id FROM climb ORDER BY steps DESC
"""
# From a message down: the child chosen last, else the newest.
_DESCEND = """
WITH RECURSIVE fall(id) AS (
  SELECT id FROM chatapp_message WHERE id = %s
  UNION ALL
  SELECT COALESCE(m.chosen_id, (SELECT MAX(c.id) FROM chatapp_message c WHERE c.parent_id = m.id))
  FROM chatapp_message m JOIN fall ON m.id = fall.id
  WHERE m.chosen_id IS NOT NULL OR EXISTS (SELECT 1 FROM chatapp_message c WHERE c.parent_id = m.id)
) SELECT MAX(id) FROM fall
"""


class Message(Record):
    """One turn. Siblings (the same parent) are branches; `chosen` is the child shown last, null for the newest."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    conversation = models.ForeignKey("chatapp.Conversation", on_delete=models.CASCADE, related_name="messages")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    chosen = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    depth = models.PositiveIntegerField(default=0)
    role = models.CharField(max_length=9, choices=[(word.value, word.value) for word in Role])
    client_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="one_message_a_client_id",
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def path_up(self, steps: int) -> list[int]:
        """Primary keys from the ancestor `steps - 1` above (or the root) down to this message itself."""
        with connection.cursor() as cursor:
            cursor.execute(_CLIMB, [self.pk, steps])
            return [row[0] for row in cursor.fetchall()]

    def leaf_below(self) -> int:
        """Primary key of the leaf that the remembered branch through this message ends at.

        A child always has a larger key than its parent, so the largest key of a downward walk is its end.
        """
        with connection.cursor() as cursor:
            cursor.execute(_DESCEND, [self.pk])
            return int(cursor.fetchone()[0])

    def end_of_page(self, turns: int) -> "Message":
        """Where a page of so many turns ends that shows this message, on its remembered branch, near the middle."""
        leaf = Message.objects.get(pk=self.leaf_below())
        below = leaf.path_up(leaf.depth - self.depth + 1)
        place = min(len(below) - 1, turns // 2)
        end: Message = Message.objects.get(pk=below[place])
        return end

    def choose(self) -> None:
        """Show the branch through this message from now on, in this conversation, on every device."""
        if self.parent_id:
            Message.objects.filter(pk=self.parent_id).update(chosen=self)
        self.conversation.leaf_id = self.leaf_below()
        self.conversation.save(update_fields=["leaf"])
