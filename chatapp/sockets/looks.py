"""What a viewer asks the database: each a short query that starts at the person."""

from dataclasses import dataclass
from uuid import UUID

from chatapp.models import Conversation, Generation
from chatapp.words import RUNNING


@dataclass(frozen=True, slots=True)
class Watched:
    """A conversation as a browser should know it."""

    pk: int
    key: str
    title: str
    leaf: str | None
    running: str | None
    # The newest attempt at the last message, running or not; None when that is a question.
    attempt: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The newest attempt at a message."""

    generation_id: int
    message: str
    attempt: str


def look(person: int, conversation: UUID) -> Watched | None:
    """The person's conversation as it is now. None when there is none of that id, or it is another's."""
    found = (
        Conversation.objects.filter(owner_id=person, public_id=conversation, deleted_at__isnull=True)
        .values_list("pk", "public_id", "title", "leaf_id", "leaf__public_id")
        .first()
    )
    if found is None:
        return None
    pk, key, title, leaf, leaf_key = found
    newest = Generation.objects.filter(message_id=leaf).order_by("-number").values_list("public_id", "state").first()
    attempt, state = newest or (None, None)
    # Nearly always the last message is the one that is being answered.
    running = leaf_key if state in RUNNING else _running(pk)
    return Watched(pk, str(key), title, _text(leaf_key), _text(running), _text(attempt))


def _running(conversation: int) -> UUID | None:
    running = Generation.objects.running().filter(conversation_id=conversation)
    found: UUID | None = running.values_list("message__public_id", flat=True).first()
    return found


def attempt_at(person: int, message: UUID) -> Attempt | None:
    """The newest attempt at the person's message. None for a question, another's message or none."""
    found = (
        Generation.objects.filter(
            message__owner_id=person, message__public_id=message, conversation__deleted_at__isnull=True
        )
        .order_by("-number")
        .values_list("pk", "message__public_id", "public_id")
        .first()
    )
    return Attempt(found[0], str(found[1]), str(found[2])) if found else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
