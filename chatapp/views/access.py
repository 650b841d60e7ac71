"""The user's X, or 404: the same answer for what is another's and for what does not exist."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest

from chatapp.models import Conversation, Generation, Message, User
from chatapp.prepared import Prepared

_conversation: Prepared[Conversation] = Prepared(
    lambda owner, key: Conversation.objects.filter(
        owner_id=owner, public_id=key, deleted_at__isnull=True
    ).select_related("leaf")
)


def signed_in(request: HttpRequest) -> User:
    """The person asking; views behind sign_in_required have one."""
    return cast(User, request.user)


def conversation_of(request: HttpRequest, key: UUID) -> Conversation:
    """The person's conversation. Raises Http404."""
    user = signed_in(request)
    found = _conversation.first(owner=user.pk, key=key)
    if found is None:
        raise Http404
    found.owner = user
    return found


def deleted_of(request: HttpRequest, key: UUID) -> Conversation:
    """A conversation in the person's trash. Raises Http404."""
    found = Conversation.objects.deleted_by(signed_in(request)).select_related("owner").filter(public_id=key).first()
    if found is None:
        raise Http404
    return found


def message_of(request: HttpRequest, key: UUID) -> Message:
    """The person's message, with its conversation. Raises Http404."""
    found = (
        Message.objects.filter(owner=signed_in(request), public_id=key, conversation__deleted_at__isnull=True)
        .select_related("conversation__owner", "conversation__leaf", "parent")
        .first()
    )
    if found is None:
        raise Http404
    return cast(Message, found)


def message_in(conversation: Conversation, key: str) -> Message:
    """A message of this conversation, by its id as text. Raises Http404."""
    try:
        found = conversation.messages.filter(public_id=UUID(key)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def generation_of(request: HttpRequest, key: UUID) -> Generation:
    """An attempt at a message of the person's. Raises Http404."""
    found = (
        Generation.objects.filter(
            conversation__owner=signed_in(request), conversation__deleted_at__isnull=True, public_id=key
        )
        .select_related("conversation", "message")
        .first()
    )
    if found is None:
        raise Http404
    return found
