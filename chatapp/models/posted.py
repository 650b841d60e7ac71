"""What a post makes, and what the same post made before: sending twice makes one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from chatapp.models.asked import CannotGoOn
from chatapp.models.generation import Generation
from chatapp.models.message import Message
from chatapp.models.user import User
from chatapp.prepared import Prepared
from chatapp.words import Purpose, Role

if TYPE_CHECKING:
    from chatapp.models.conversation import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a post made, or had made before when the same client_id came again (`is_new` is False). `words` are the
    question's, where nothing else was said before the answer: it need not be read again."""

    conversation: "Conversation"
    question: Message
    answer: Message
    generation: Generation
    is_new: bool
    words: str = ""

    @classmethod
    def further(cls, answer: Message, generation: Generation, *, is_new: bool) -> "Posted":
        """A further attempt at an answer that is there. Raises CannotGoOn for what answers no question."""
        if answer.parent is None:
            raise CannotGoOn
        return cls(
            conversation=answer.conversation,
            question=answer.parent,
            answer=answer,
            generation=generation,
            is_new=is_new,
        )


_posted: Prepared[Message] = Prepared(
    lambda owner, client_id: Message.objects.filter(owner_id=owner, client_id=client_id).select_related(
        "conversation", "parent"
    )
)


def posted_before(owner: User, client_id: UUID) -> Posted | None:
    """What this person's post with this client_id made, if there was one."""
    made = _posted.first(owner=owner.pk, client_id=client_id)
    if made is None:
        return None
    # The first answer is the one this post made; later siblings come from regenerating.
    is_answer = made.role == Role.ASSISTANT
    question = made.parent if is_answer else made
    answer = made if is_answer else made.children.order_by("id").first()
    if question is None or answer is None:
        return None
    generation = answer.generations.order_by("number").first()
    if generation is None:
        return None
    return Posted(conversation=made.conversation, question=question, answer=answer, generation=generation, is_new=False)


def went_on(earlier: Generation, purpose: Purpose) -> Posted | None:
    """The attempt that was made after `earlier` for this purpose, if there is one."""
    attempts = Generation.objects.filter(message_id=earlier.message_id, number=earlier.number + 1, purpose=purpose)
    made = attempts.select_related("message__parent", "message__conversation").first()
    return Posted.further(made.message, made, is_new=False) if made else None


def going_on(earlier: Generation, purpose: Purpose) -> Message:
    """The answer of `earlier`, when it can be written on for this purpose now. Raises CannotGoOn."""
    answer: Message = Message.objects.select_related("parent", "conversation").get(pk=earlier.message_id)
    attempts = list(answer.generations.order_by("number"))
    offered = attempts[-1].offers(
        kinds=set(answer.parts.values_list("kind", flat=True)),
        asked_now=sum(attempt.purpose == Purpose.ANSWER_NOW for attempt in attempts),
        is_last=answer.chosen_id is None,
    )
    if attempts[-1].pk != earlier.pk or purpose not in offered:
        raise CannotGoOn
    return answer
