"""How an example conversation is made: posted as a person's is, and settled as a real answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from chatapp import fittings
from chatapp.models import Call, Conversation, Generation, Journal, Part, Posted, User
from chatapp.models.asked import Asked
from chatapp.openrouter.catalogue import QWEN3_VL_8B_THINKING
from chatapp.simulator import demo
from chatapp.views.images import take
from chatapp.words import PartKind, Purpose, State

LETTERS_PER_TOKEN = 4
MS_PER_TOKEN = 40
FIRST_TOKEN_MS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to answer. Texts that are None are the demo's, the answer's first half where it broke off."""

    thinking: str | None = None
    answer: str | None = None
    state: State = State.DONE
    reason: str = ""
    explanation: str = ""
    purpose: Purpose = Purpose.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A conversation to make. `attempts` are at the last answer, which has so many `versions`, `before` is every other
    answer; `pictures` are those of each question, as far as they go: bytes and name."""

    questions: Sequence[str]
    before: Attempt = Attempt()
    attempts: Sequence[Attempt] = (Attempt(),)
    versions: int = 1
    pictures: Sequence[Sequence[tuple[bytes, str]]] = ()
    title: str = ""
    days: int = 0


def make(owner: User, example: Example) -> None:
    """Put it into the database; made before, it stays as it is."""
    images = [[take(owner, ContentFile(*file))[0].public_id for file in files] for files in example.pictures]
    with transaction.atomic():
        conversation = None
        for place, question in enumerate(example.questions):
            posted = _post(owner, conversation, question, images[place] if place < len(images) else [])
            if not posted.is_new:
                return
            conversation = posted.conversation
            is_last = place == len(example.questions) - 1
            _answer(posted, question, example.attempts if is_last else [example.before])
        if conversation:
            _versions(posted, example)
            _finish(conversation, example)


def _post(owner: User, conversation: Conversation | None, question: str, images: Sequence[UUID]) -> Posted:
    asked = Asked(
        text=question,
        client_id=uuid5(NAMESPACE_URL, f"seed:{owner.email}:{question}"),
        parameters=fittings.parameters_for(owner, {}),
        images=tuple(images),
    )
    return conversation.post(asked) if conversation else Conversation.begin(asked, owner=owner)


def _answer(posted: Posted, question: str, attempts: Sequence[Attempt]) -> None:
    generation = posted.generation
    for place, attempt in enumerate(attempts):
        if place:
            parameters = generation.parameters
            generation = posted.conversation.go_on(
                generation, purpose=attempt.purpose, parameters=parameters
            ).generation
        _write(generation, question, attempt)


def _versions(posted: Posted, example: Example) -> None:
    for _ in range(1, example.versions):
        parameters = posted.generation.parameters
        again = posted.conversation.regenerate(posted.answer, client_id=None, parameters=parameters)
        _answer(again, example.questions[-1], example.attempts)


def _finish(conversation: Conversation, example: Example) -> None:
    if example.title:
        conversation.rename(example.title)
    when = timezone.now() - timedelta(days=example.days)
    Conversation.objects.filter(pk=conversation.pk).update(created_at=when, active_at=when)


def _write(generation: Generation, question: str, attempt: Attempt) -> None:
    texts = _texts(question, attempt)
    at_ms = FIRST_TOKEN_MS
    first_position = Part.objects.filter(message=generation.message).count()
    for seq, (kind, text) in enumerate(texts.items(), start=1):
        position = first_position + seq - 1
        Part.objects.create(
            message=generation.message, generation=generation, position=position, kind=kind, started_ms=at_ms
        )
        at_ms += MS_PER_TOKEN * _tokens(text)
        Journal.objects.create(generation=generation, seq=seq, position=position, text=text, at_ms=at_ms)
    if texts:
        _bill(generation, question, texts)
    if attempt.state == State.LENGTH:
        generation.parameters |= {"max_tokens": sum(map(_tokens, texts.values()))}
    Generation.objects.filter(pk=generation.pk).update(
        state=attempt.state,
        reason=attempt.reason,
        explanation=attempt.explanation,
        parameters=generation.parameters,
        first_thinking_ms=FIRST_TOKEN_MS,
        ended_ms=at_ms,
    )
    fittings.settle_attempt(generation.pk)


def _texts(question: str, attempt: Attempt) -> dict[PartKind, str]:
    thinking, answer = attempt.thinking, attempt.answer
    if thinking is None or answer is None:
        thinks, answers = demo.respond(demo.Question(question))
        told = answers if attempt.state == State.DONE else answers[: len(answers) // 2]
        thinking, answer = thinks if thinking is None else thinking, told if answer is None else answer
    texts = {PartKind.THINKING: thinking, PartKind.TEXT: answer}
    return {kind: text for kind, text in texts.items() if text}


def _bill(generation: Generation, question: str, texts: dict[PartKind, str]) -> None:
    prompt, completion = _tokens(question) + 9, sum(map(_tokens, texts.values()))
    Call.objects.create(
        generation=generation,
        model="qwen/qwen3-vl-8b-thinking",
        provider="Simulator",
        finish_reason="stop",
        prompt_tokens=prompt,
        completion_tokens=completion,
        reasoning_tokens=_tokens(texts.get(PartKind.THINKING, "")),
        cost=QWEN3_VL_8B_THINKING.cost(prompt_tokens=prompt, completion_tokens=completion),
    )


def _tokens(text: str) -> int:
    return len(text) // LETTERS_PER_TOKEN
