"""What a viewer asks the database: each a short query that starts at the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chatapp import events
from chatapp.models import Conversation, Generation
from chatapp.prepared import Prepared
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


_conversation: Prepared[tuple[int, UUID, str, int | None, UUID | None]] = Prepared(
    lambda person, key: Conversation.objects.filter(
        owner_id=person, public_id=key, deleted_at__isnull=True
    ).values_list("pk", "public_id", "title", "leaf_id", "leaf__public_id")
)
_newest: Prepared[tuple[UUID, str]] = Prepared(
    lambda message: (
        Generation.objects.filter(message_id=message).order_by("-number").values_list("public_id", "state")[:1]
    )
)
_answered: Prepared[UUID] = Prepared(
    lambda conversation: (
        Generation.objects.running().filter(conversation_id=conversation).values_list("message__public_id", flat=True)
    )
)
_attempt: Prepared[tuple[int, UUID, UUID]] = Prepared(
    lambda person, key: (
        Generation.objects.filter(
            message__owner_id=person, message__public_id=key, conversation__deleted_at__isnull=True
        )
        .order_by("-number")
        .values_list("pk", "message__public_id", "public_id")[:1]
    )
)


def look_for(person: int, commands: Sequence[events.Command]) -> list[Watched | Attempt | None]:
    """What each of the commands is about; None when there is no such thing, or it is another's."""
    return [_look_for(person, command) for command in commands]


def _look_for(person: int, command: events.Command) -> Watched | Attempt | None:
    try:
        match command:
            case events.Watch():
                return look(person, UUID(command.conversation))
            case events.Hold():
                return attempt_at(person, UUID(command.message))
    except ValueError:
        # No id at all.
        return None
    return None


def look(person: int, conversation: UUID) -> Watched | None:
    """The person's conversation as it is now. None when there is none of that id, or it is another's."""
    found = _conversation.first(person=person, key=conversation)
    if found is None:
        return None
    pk, key, title, leaf, leaf_key = found
    newest = _newest.first(message=leaf) if leaf else None
    attempt, state = newest or (None, None)
    # Nearly always the last message is the one that is being answered.
    running = leaf_key if state in RUNNING else _running(pk)
    return Watched(pk, str(key), title, _text(leaf_key), _text(running), _text(attempt))


def _running(conversation: int) -> UUID | None:
    return _answered.first(conversation=conversation)


def attempt_at(person: int, message: UUID) -> Attempt | None:
    """The newest attempt at the person's message. None for a question, another's message or none."""
    found = _attempt.first(person=person, key=message)
    return Attempt(found[0], str(found[1]), str(found[2])) if found else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
