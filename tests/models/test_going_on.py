"""Further attempts at the same message: when they are offered, and that sending twice makes one."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chatapp.models import Conversation, Generation, Message, Part, Posted, User
from chatapp.models.asked import AlreadyAnswering, Asked, CannotGoOn
from chatapp.models.generation import MAX_ANSWER_NOW
from chatapp.words import PartKind, Purpose, State

pytestmark = pytest.mark.django_db


def asked(text: str = "why?") -> Asked:
    return Asked(text=text, client_id=uuid4(), parameters={})


def ended(posted: Posted, state: State, *kinds: PartKind) -> Generation:
    """The newest attempt of the answer has ended so, having written such parts."""
    for kind in kinds:
        place = posted.answer.parts.count()
        Part.objects.create(
            message=posted.answer, generation=posted.generation, position=place, kind=kind, text="so", settled=True
        )
    Generation.objects.filter(pk=posted.generation.pk).update(state=state, ended_ms=5, settled_at=timezone.now())
    return Generation.objects.get(pk=posted.generation.pk)


@pytest.fixture
def posted(alice: User) -> Posted:
    return Conversation.begin(asked(), owner=alice)


THOUGHT, TEXT = PartKind.THINKING, PartKind.TEXT
BOTH = {Purpose.CONTINUE, Purpose.ANSWER_NOW}


@pytest.mark.parametrize(
    ("state", "kinds", "offered"),
    [
        (State.STOPPED, {THOUGHT, TEXT}, {Purpose.CONTINUE}),
        (State.INTERRUPTED, {THOUGHT, TEXT}, {Purpose.CONTINUE}),
        (State.LENGTH, {TEXT}, {Purpose.CONTINUE}),
        (State.STOPPED, {THOUGHT}, BOTH),
        (State.LENGTH, {THOUGHT}, BOTH),
        (State.STOPPED, set(), set()),
        (State.FAILED, {THOUGHT}, {Purpose.ANSWER_NOW}),
        (State.FAILED, {THOUGHT, TEXT}, set()),
        (State.FILTERED, {THOUGHT}, set()),
        (State.DONE, {THOUGHT, TEXT}, set()),
        (State.THINKING, {THOUGHT}, {Purpose.ANSWER_NOW}),
        (State.ANSWERING, {THOUGHT, TEXT}, set()),
        (State.WAITING, set(), set()),
    ],
)
def test_what_is_offered_after_which_ending(state: State, kinds: set[PartKind], offered: set[Purpose]) -> None:
    generation = Generation(state=state)
    assert generation.offers(kinds=kinds, asked_now=0, is_last=True) == offered
    assert generation.offers(kinds=kinds, asked_now=0, is_last=False) == set()
    assert generation.offers(kinds=kinds, asked_now=MAX_ANSWER_NOW, is_last=True) == offered - {Purpose.ANSWER_NOW}


def test_a_further_attempt_is_of_the_same_message(posted: Posted) -> None:
    stopped = ended(posted, State.STOPPED, THOUGHT, TEXT)
    again = posted.conversation.go_on(stopped, purpose=Purpose.CONTINUE, parameters={"max_tokens": 9})
    assert again.is_new
    assert (again.answer, again.question) == (posted.answer, posted.question)
    found = again.generation
    assert (found.number, found.purpose, found.state, found.parameters) == (2, "continue", "queued", {"max_tokens": 9})
    assert Message.objects.count() == 2


def test_the_same_twice_makes_one(posted: Posted) -> None:
    stopped = ended(posted, State.STOPPED, THOUGHT)
    first = posted.conversation.go_on(stopped, purpose=Purpose.ANSWER_NOW, parameters={})
    again = posted.conversation.go_on(stopped, purpose=Purpose.ANSWER_NOW, parameters={})
    assert (first.is_new, again.is_new) == (True, False)
    assert first.generation == again.generation
    with pytest.raises(AlreadyAnswering):
        posted.conversation.go_on(stopped, purpose=Purpose.CONTINUE, parameters={})


def test_what_was_built_upon_is_not_written_on(posted: Posted) -> None:
    stopped = ended(posted, State.STOPPED, TEXT)
    posted.conversation.post(asked("and?"))
    Generation.objects.filter(message=posted.conversation.messages.order_by("id").last()).update(state=State.DONE)
    with pytest.raises(CannotGoOn):
        posted.conversation.go_on(stopped, purpose=Purpose.CONTINUE, parameters={})


def test_an_older_attempt_is_not_taken_up(posted: Posted) -> None:
    stopped = ended(posted, State.STOPPED, THOUGHT)
    second = posted.conversation.go_on(stopped, purpose=Purpose.ANSWER_NOW, parameters={})
    ended(second, State.STOPPED, TEXT)
    with pytest.raises(CannotGoOn):
        posted.conversation.go_on(stopped, purpose=Purpose.CONTINUE, parameters={})


def test_what_is_not_settled_is_not_written_on(posted: Posted) -> None:
    stopped = ended(posted, State.STOPPED, TEXT)
    Generation.objects.update(settled_at=None)
    with pytest.raises(CannotGoOn):
        posted.conversation.go_on(stopped, purpose=Purpose.CONTINUE, parameters={})


def test_it_is_asked_to_answer_now_twice_at_most(posted: Posted) -> None:
    generation = ended(posted, State.LENGTH, THOUGHT)
    for _ in range(MAX_ANSWER_NOW):
        more = posted.conversation.go_on(generation, purpose=Purpose.ANSWER_NOW, parameters={})
        generation = ended(more, State.LENGTH, THOUGHT)
    with pytest.raises(CannotGoOn):
        posted.conversation.go_on(generation, purpose=Purpose.ANSWER_NOW, parameters={})
