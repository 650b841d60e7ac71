"""Conversations: a tree of turns with one owner, and the verbs that grow it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from chatapp.models.asked import AlreadyAnswering, Asked, CannotGoOn, NotAQuestion, NothingToRegenerate
from chatapp.models.generation import Generation
from chatapp.models.image import Image
from chatapp.models.message import Message
from chatapp.models.part import Part
from chatapp.models.posted import Posted, going_on, posted_before, went_on
from chatapp.models.record import Record
from chatapp.models.titles import PICTURE_TITLE, TITLE_MAX_CHARS, clean_title, title_from
from chatapp.models.user import User
from chatapp.prepared import Prepared, add, change, insert
from chatapp.words import RUNNING, PartKind, Purpose, Role, State

IN_TRASH_FOR = timedelta(days=30)


# In the list's order, so that SQLite walks the list's index: left to itself it takes the one of all that a person has,
# and looks at every row, which takes four times as long.
_COUNT = """
SELECT COUNT(*) FROM (
  SELECT 1 FROM chatapp_conversation WHERE owner_id = %s AND deleted_at IS NULL ORDER BY active_at DESC
) AS shown
"""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Sets of conversations. Every query of a view starts at the user."""

    def visible_to(self, user: User) -> "ConversationQuerySet":
        return self.filter(owner=user, deleted_at__isnull=True)

    def deleted_by(self, user: User) -> "ConversationQuerySet":
        """The person's trash, what was deleted last first."""
        return self.filter(owner=user, deleted_at__isnull=False).order_by("-deleted_at", "-id")

    def expired(self) -> "ConversationQuerySet":
        """What has been in the trash for long enough, and all of those who have left."""
        return self.filter(
            models.Q(deleted_at__lt=timezone.now() - IN_TRASH_FOR) | models.Q(owner__deleted_at__isnull=False)
        )

    def recent(self) -> "ConversationQuerySet":
        """Newest activity first, with a stable order between equals."""
        return self.order_by("-active_at", "-id")


class Conversation(Record):
    """A tree of messages with one owner; `leaf` is the end of the branch last shown."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=TITLE_MAX_CHARS, blank=True)
    leaf = models.ForeignKey("chatapp.Message", on_delete=models.SET_NULL, null=True, related_name="+")
    # What was chosen in this conversation beyond the person's and the site's defaults, by upstream's names.
    parameters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    active_at = models.DateTimeField(default=timezone.now)
    # Since when it is in the trash.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ConversationQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["owner", "-active_at", "-id"],
                condition=models.Q(deleted_at__isnull=True),
                name="conversation_shown",
            ),
            models.Index(
                fields=["owner", "-deleted_at"], condition=models.Q(deleted_at__isnull=False), name="conversation_trash"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @staticmethod
    def count_shown(owner: User) -> int:
        """How many conversations are in the person's list."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [owner.pk])
            return int(cursor.fetchone()[0])

    @classmethod
    def begin(cls, asked: Asked, *, owner: User) -> Posted:
        """A new conversation with its first question and an answer to be written, or what this client_id made before.

        Raises UnknownPicture.
        """
        with transaction.atomic():
            owner.lock()
            earlier = posted_before(owner, asked.client_id)
            if earlier:
                return earlier
            conversation = cls(owner=owner, title=title_from(asked.text) or PICTURE_TITLE, parameters=asked.chosen)
            insert(conversation)
            return conversation._add(asked, parent=None)

    def post(self, asked: Asked) -> Posted:
        """A question at the end of the shown branch and an answer to be written, in one transaction.

        The same client_id again gives what it made the first time, before any other check.
        Raises AlreadyAnswering while an answer of this conversation runs, and UnknownPicture.
        """
        with transaction.atomic():
            self.owner.lock()
            earlier = posted_before(self.owner, asked.client_id)
            if earlier:
                return earlier
            fresh = self._fresh(asked.chosen)
            return fresh._add(asked, parent=fresh.leaf)

    def edit(self, question: Message, asked: Asked) -> Posted:
        """A sibling of `question` with another text, pictures or parameters, and an answer to be written: a branch.

        Raises as `post`, and NotAQuestion.
        """
        with transaction.atomic():
            self.owner.lock()
            earlier = posted_before(self.owner, asked.client_id)
            if earlier:
                return earlier
            if question.role != Role.USER:
                raise NotAQuestion
            return self._fresh(asked.chosen)._add(asked, parent=question.parent)

    def regenerate(self, answer: Message, *, client_id: UUID | None, parameters: dict[str, Any]) -> Posted:
        """A sibling of `answer`: the same question answered again. The old answer stays."""
        with transaction.atomic():
            self.owner.lock()
            earlier = client_id and posted_before(self.owner, client_id)
            if earlier:
                return earlier
            fresh = self._fresh(None)
            if answer.role != Role.ASSISTANT or answer.parent is None:
                raise NothingToRegenerate
            return fresh._answer(answer.parent, client_id=client_id, parameters=parameters)

    def go_on(
        self, earlier: Generation, *, purpose: Purpose, parameters: dict[str, Any], chosen: dict[str, Any] | None = None
    ) -> Posted:
        """A further attempt at the message of `earlier`, which has ended and is settled. The same again gives the same.

        Raises CannotGoOn, and AlreadyAnswering while another answer of this conversation runs.
        """
        with transaction.atomic():
            self.owner.lock()
            before = went_on(earlier, purpose)
            if before:
                return before
            fresh = self._fresh(chosen)
            answer = going_on(earlier, purpose)
            if not Generation.objects.filter(pk=earlier.pk, settled_at__isnull=False).exists():
                raise CannotGoOn
            generation = Generation.objects.create(
                conversation=fresh, message=answer, number=earlier.number + 1, purpose=purpose, parameters=parameters
            )
            answer.choose()
            Conversation.objects.filter(pk=fresh.pk).update(active_at=timezone.now())
            return Posted.further(answer, generation, is_new=True)

    def rename(self, title: str) -> bool:
        """Another title. False when nothing visible is left of it."""
        cleaned = clean_title(title)
        if not cleaned:
            return False
        self.title = cleaned
        self.save(update_fields=["title"])
        return True

    def running(self) -> Generation | None:
        """The attempt that runs now, if any: there is at most one."""
        return _running.first(conversation=self.pk)

    def delete_for_now(self) -> bool:
        """Into the trash: nobody sees it any more, its owner can have it back for a while. False when it is there."""
        return bool(Conversation.objects.filter(pk=self.pk, deleted_at__isnull=True).update(deleted_at=timezone.now()))

    def restore(self) -> bool:
        """Back from the trash, as it was. False when it is not there."""
        return bool(Conversation.objects.filter(pk=self.pk, deleted_at__isnull=False).update(deleted_at=None))

    @classmethod
    def purge_expired(cls, pk: int) -> list[str]:
        """Purge the conversation of this key, unless it was restored meanwhile."""
        with transaction.atomic():
            found = cls.objects.expired().select_for_update(of=("self",)).filter(pk=pk).first()
            return found.purge() if found else []

    def purge(self) -> list[str]:
        """Delete everything of it; gives the names of files to remove after the commit (pictures used only here)."""
        with transaction.atomic():
            # Locked and ended first: whoever writes an answer of it looks whether it still may. All attempts, since
            # settling one of them has its parts next.
            list(Conversation.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            list(self.generations.order_by("pk").select_for_update().values_list("pk"))
            Generation.objects.running().filter(conversation=self).update(state=State.STOPPED)
            # One that was given again after it was asked with is in a draft somewhere: that one may still be sent.
            asked_with = Image.objects.filter(
                parts__message__conversation=self, used_at__lte=F("parts__message__created_at")
            )
            pictures = list(asked_with.values_list("pk", flat=True))
            self.delete()
            return list(Image.objects.filter(pk__in=pictures).unused().forget())

    def choose(self, message: Message) -> None:
        """Show the branch through the message from now on, on every device."""
        with transaction.atomic():
            # In turn with posts, whose question is the end of the shown branch.
            list(Conversation.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            message.choose()

    def _fresh(self, chosen: dict[str, Any] | None) -> "Conversation":
        """The row as it is now, locked, with the newly chosen parameters; refuses while an answer runs."""
        fresh = _locked.first(pk=self.pk)
        if fresh is None:
            raise Conversation.DoesNotExist
        fresh.owner = self.owner
        if fresh.running():
            raise AlreadyAnswering
        if chosen is not None and chosen != fresh.parameters:
            fresh.parameters = chosen
            fresh.save(update_fields=["parameters"])
        return fresh

    def _add(self, asked: Asked, *, parent: Message | None) -> Posted:
        question = Message(
            conversation=self,
            owner=self.owner,
            parent=parent,
            depth=parent.depth + 1 if parent else 0,
            role=Role.USER,
            client_id=asked.client_id,
        )
        insert(question)
        add(Part, message_id=question.pk, position=0, kind=PartKind.TEXT, text=asked.text, settled=True)
        for place, image in enumerate(Image.objects.named(self.owner, asked.images), start=1):
            add(Part, message_id=question.pk, position=place, kind=PartKind.IMAGE, image_id=image.pk, settled=True)
        if parent:
            change(Message, parent.pk, {"chosen": question.pk})
        made = self._answer(question, client_id=None, parameters=asked.parameters, owner=asked.owner)
        return made if parent or asked.images else replace(made, words=asked.text)

    def _answer(
        self, question: Message, *, client_id: UUID | None, parameters: dict[str, Any], owner: str = ""
    ) -> Posted:
        answer = Message(
            conversation=self,
            owner=self.owner,
            parent=question,
            depth=question.depth + 1,
            role=Role.ASSISTANT,
            client_id=client_id,
        )
        insert(answer)
        generation = Generation(conversation=self, message=answer, number=1, parameters=parameters)
        if owner:
            generation.begin_claimed(owner)
        insert(generation)
        change(Message, question.pk, {"chosen": answer.pk})
        self.leaf, self.active_at = answer, timezone.now()
        change(Conversation, self.pk, {"leaf": answer.pk, "active_at": self.active_at})
        return Posted(conversation=self, question=question, answer=answer, generation=generation, is_new=True)


_running: Prepared[Generation] = Prepared(
    lambda conversation: Generation.objects.filter(
        conversation_id=conversation, state__in=sorted(RUNNING)
    ).select_related("message")
)
_locked: Prepared[Conversation] = Prepared(
    lambda pk: (
        Conversation.objects.filter(pk=pk, deleted_at__isnull=True)
        .select_related("leaf")
        .select_for_update(of=("self",))
    )
)
