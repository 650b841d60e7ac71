"""Fill the site with example people and conversations in every state, settled as real answers are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from chatapp import wiring
from chatapp.models import Call, Conversation, Generation, Journal, Part, Posted, User
from chatapp.models.conversation import Asked
from chatapp.openrouter.catalogue import QWEN3_VL_8B_THINKING
from chatapp.simulator import demo
from chatapp.words import PartKind, Reason, State

PASSWORD = "correct horse battery"  # noqa: S105 (of people who exist only as examples)
PEOPLE = (("alice@example.com", False), ("bob@example.com", False), ("dora@example.com", True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A conversation to make: its questions, how its last answer ended, and how old it is."""

    questions: tuple[str, ...]
    days: int = 0
    state: State = State.DONE
    reason: str = ""
    explanation: str = ""
    has_answer: bool = True


EXAMPLES = (
    Example(questions=("Why is the sky blue?", "And why are sunsets red?", "What about Mars?")),
    Example(questions=("Solve x² − 6x + 5 = 0 and show each step.",)),
    Example(questions=("这张发票的总额是多少？请一步一步地算。",), days=1),
    Example(questions=("لماذا السماء زرقاء؟",), days=1),
    Example(
        questions=("Write a Python function that finds primes.",), days=2, state=State.STOPPED, reason=Reason.PERSON
    ),
    Example(
        questions=("Explain how a transformer reads a sentence.",),
        days=3,
        state=State.LENGTH,
        reason=Reason.TOKENS,
        has_answer=False,
    ),
    Example(questions=("Plan three days in Lisbon.",), days=5, state=State.INTERRUPTED, reason=Reason.CUT),
    Example(questions=("Plan a week of meals.",), days=6, state=State.INTERRUPTED, reason=Reason.RESTART),
    Example(
        questions=("Something a filter dislikes.",),
        days=12,
        state=State.FILTERED,
        reason=Reason.QUESTION,
        explanation="The model's provider refused this question. Ask in other words.",
        has_answer=False,
    ),
    Example(
        questions=("What is Bayes' rule good for?",),
        days=40,
        state=State.FAILED,
        reason=Reason.BUSY,
        explanation="The model is busy. Try again in a moment.",
        has_answer=False,
    ),
    Example(questions=("How do I write a letter of complaint?",), days=70),
)


class Command(BaseCommand):
    """Makes the examples; run again it adds nothing."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_LOCAL:
            raise CommandError(
                "Example people have a known password: they are made only where PUBLIC_ORIGIN is loopback."
            )
        for email, is_administrator in PEOPLE:
            if not User.objects.filter(email=email).exists():
                User.objects.create_user(email, PASSWORD, is_staff=is_administrator, is_superuser=is_administrator)
        alice = User.objects.get(email=PEOPLE[0][0])
        for example in EXAMPLES:
            with transaction.atomic():
                _make(alice, example)
        self.stdout.write(f"Sign in as {PEOPLE[0][0]} with the password “{PASSWORD}”.")


def _make(owner: User, example: Example) -> None:
    conversation = None
    for place, question in enumerate(example.questions):
        client_id = uuid5(NAMESPACE_URL, f"seed:{owner.email}:{question}")
        posted = _post(owner, conversation, question, client_id)
        if not posted.is_new:
            return
        conversation = posted.conversation
        is_last = place == len(example.questions) - 1
        _answer(posted, question, example if is_last else Example(questions=()))
    if conversation:
        when = timezone.now() - timedelta(days=example.days)
        Conversation.objects.filter(pk=conversation.pk).update(created_at=when, active_at=when)


def _post(owner: User, conversation: Conversation | None, question: str, client_id: UUID) -> Posted:
    asked = Asked(text=question, client_id=client_id, parameters=wiring.parameters_for(owner, {}))
    return conversation.post(asked) if conversation else Conversation.begin(asked, owner=owner)


def _answer(posted: Posted, question: str, example: Example) -> None:
    thinking, answer = demo.respond(demo.Question(question))
    texts = {PartKind.THINKING: thinking} | ({PartKind.TEXT: answer} if example.has_answer else {})
    if example.state in {State.FILTERED, State.FAILED}:
        texts = {}
    at_ms = 600
    for position, (kind, text) in enumerate(texts.items()):
        shown = text if example.state == State.DONE or kind == PartKind.THINKING else text[: len(text) // 2]
        Part.objects.create(
            message=posted.answer, generation=posted.generation, position=position, kind=kind, started_ms=at_ms
        )
        at_ms += 40 * len(shown) // 4
        Journal.objects.create(
            generation=posted.generation, seq=position + 1, position=position, text=shown, at_ms=at_ms
        )
    if texts and example.state == State.DONE:
        completion_tokens = (len(thinking) + len(answer)) // 4
        Call.objects.create(
            generation=posted.generation,
            model="qwen/qwen3-vl-8b-thinking",
            provider="Simulator",
            finish_reason="stop",
            prompt_tokens=len(question) // 4 + 9,
            completion_tokens=completion_tokens,
            reasoning_tokens=len(thinking) // 4,
            cost=QWEN3_VL_8B_THINKING.cost(prompt_tokens=0, completion_tokens=completion_tokens),
        )
    Generation.objects.filter(pk=posted.generation.pk).update(
        state=example.state, reason=example.reason, explanation=example.explanation, ended_ms=at_ms
    )
    wiring.settle_attempt(posted.generation.pk)
