"""Titles, branches, walks along them, and the moves of an attempt's state."""

from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chatapp.models import Conversation, Generation, Message, User
from chatapp.models.asked import AlreadyAnswering, Asked, NothingToRegenerate
from chatapp.models.conversation import Posted
from chatapp.models.titles import clean_title, title_from
from chatapp.words import State

pytestmark = pytest.mark.django_db


def asked(text: str = "Why?") -> Asked:
    return Asked(text=text, client_id=uuid4(), parameters={})


def ended(posted: Posted) -> Posted:
    Generation.objects.filter(pk=posted.generation.pk).update(state=State.DONE, settled_at=timezone.now())
    return posted


TITLES = [
    ("Why is the sky blue?", "Why is the sky blue?"),
    ("\n\n  # Heading first\nthen text", "Heading first"),
    ("word " * 40, ("word " * 40)[:55].rsplit(" ", 1)[0] + "…"),
    ("x" * 300, "x" * 59 + "…"),
    ("为什么天空是蓝色的" * 12, ("为什么天空是蓝色的" * 12)[:59] + "…"),
    ("a\u202eb\u200bc\x07", "abc"),
    ("👩\u200d👧 family", "👩\u200d👧 family"),
    ("   \n \t", ""),
    ("***", "***"),
    ("\U000e0041tag", "tag"),
]


@pytest.mark.parametrize(("question", "title"), TITLES, ids=[row[0][:12] for row in TITLES])
def test_a_title_is_the_questions_first_words(question: str, title: str) -> None:
    found = title_from(question)
    assert len(found) <= 60
    if not question.startswith("word"):
        assert found == title
    else:
        assert found.endswith("word…")


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert clean_title("a\r\nb\u2028c" + "d" * 500) == ("a b c" + "d" * 500)[:200]


def test_the_walk_up_and_down_follow_the_branch_shown(alice: User) -> None:
    first = ended(Conversation.begin(asked("one"), owner=alice))
    talk = first.conversation
    second = ended(talk.post(asked("two")))
    third = ended(talk.post(asked("three")))
    assert third.answer.path_up(100) == [
        first.question.pk, first.answer.pk, second.question.pk, second.answer.pk, third.question.pk, third.answer.pk
    ]  # fmt: skip
    assert third.answer.path_up(2) == [third.question.pk, third.answer.pk]
    branch = ended(talk.edit(second.question, asked("two, otherwise")))
    talk.refresh_from_db()
    assert talk.leaf_id == branch.answer.pk
    assert first.question.leaf_below() == branch.answer.pk
    Message.objects.get(pk=second.question.pk).choose()
    talk.refresh_from_db()
    assert talk.leaf_id == third.answer.pk
    assert first.question.leaf_below() == third.answer.pk


def test_each_fork_remembers_its_choice(alice: User) -> None:
    first = ended(Conversation.begin(asked("one"), owner=alice))
    talk = first.conversation
    second = ended(talk.post(asked("two")))
    again = ended(talk.regenerate(second.answer, client_id=None, parameters={}))
    other_root = ended(talk.edit(first.question, asked("one, otherwise")))
    for chosen, leaf in ((first.question, again.answer), (other_root.question, other_root.answer)):
        Message.objects.get(pk=chosen.pk).choose()
        talk.refresh_from_db()
        assert talk.leaf_id == leaf.pk
    Message.objects.get(pk=second.answer.pk).choose()
    Message.objects.get(pk=other_root.question.pk).choose()
    Message.objects.get(pk=first.question.pk).choose()
    talk.refresh_from_db()
    assert talk.leaf_id == second.answer.pk


def test_a_page_is_found_around_any_message(alice: User) -> None:
    posted = ended(Conversation.begin(asked("0"), owner=alice))
    talk, made = posted.conversation, [posted]
    for place in range(1, 6):
        made.append(ended(talk.post(asked(str(place)))))
    end = made[1].question.end_of_page(4)
    assert end.pk == made[2].question.pk
    assert made[5].answer.end_of_page(4).pk == made[5].answer.pk


def test_one_answer_runs_at_a_time(alice: User) -> None:
    posted = Conversation.begin(asked(), owner=alice)
    with pytest.raises(AlreadyAnswering):
        posted.conversation.post(asked())
    with pytest.raises(AlreadyAnswering):
        posted.conversation.regenerate(posted.answer, client_id=None, parameters={})
    # The database itself says so, whatever the code above forgets.
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.create(conversation=posted.conversation, message=posted.answer, number=2)


def test_only_answers_are_regenerated(alice: User) -> None:
    posted = ended(Conversation.begin(asked(), owner=alice))
    with pytest.raises(NothingToRegenerate):
        posted.conversation.regenerate(posted.question, client_id=None, parameters={})


def test_an_attempt_is_claimed_once(alice: User) -> None:
    generation = Conversation.begin(asked(), owner=alice).generation
    assert generation.claim("one")
    assert not generation.claim("two")
    generation.refresh_from_db()
    assert (generation.owner, generation.state) == ("one", State.WAITING)


def test_an_attempt_ends_once(alice: User) -> None:
    generation = Conversation.begin(asked(), owner=alice).generation
    assert generation.stop()
    assert not generation.stop()
    assert not generation.claim("late")
    assert not generation.abandon()
    generation.refresh_from_db()
    assert (generation.state, generation.reason) == (State.STOPPED, "person")


def test_an_attempt_whose_heart_has_beaten_is_not_abandoned(alice: User) -> None:
    generation = Conversation.begin(asked(), owner=alice).generation
    generation.claim("one")
    generation.refresh_from_db()
    Generation.objects.filter(pk=generation.pk).update(heartbeat=timezone.now())
    assert not generation.abandon()
    generation.refresh_from_db()
    assert generation.abandon()
    generation.refresh_from_db()
    assert (generation.state, generation.reason) == (State.INTERRUPTED, "server")


@pytest.mark.django_db(transaction=True)
def test_the_same_client_id_sent_twice_at_once_is_one_message(alice: User) -> None:
    both, made = Barrier(2), []
    question = asked()

    def send() -> None:
        both.wait(timeout=10)
        try:
            made.append(Conversation.begin(question, owner=alice))
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(posted.is_new for posted in made) == [False, True]
    assert made[0].answer == made[1].answer
    assert Conversation.objects.count() == 1
