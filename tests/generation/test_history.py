"""What goes back to the model: the branch without thinking, trimmed by whole turns."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatapp.fittings import compose
from chatapp.generation import history
from chatapp.generation.history import Picture, Said, claimed, said_before, take_up
from chatapp.generation.trimming import choose_pictures, estimate_tokens, fit
from chatapp.models import Conversation, Generation, Journal, Message, Part, User
from chatapp.models.asked import Asked
from chatapp.words import PartKind, Reason, Role, State
from tests.views.conftest import picture_of

pytestmark = pytest.mark.django_db

U, A = Role.USER, Role.ASSISTANT


@pytest.fixture
def grow(alice: User):
    """Grows a conversation by a question and its answer; gives the answer."""
    conversation = Conversation.objects.create(owner=alice, title="t")

    def add(question: str, answer: str, *, state: str = State.DONE, reason: str = "", thinking: str = "") -> Message:
        parent = conversation.leaf
        asked = Message.objects.create(conversation=conversation, owner=alice, parent=parent, role=U)
        Part.objects.create(message=asked, position=0, kind=PartKind.TEXT, text=question, settled=True)
        said = Message.objects.create(conversation=conversation, owner=alice, parent=asked, role=A)
        generation = Generation.objects.create(
            conversation=conversation, message=said, number=1, state=state, reason=reason
        )
        place = 0
        for kind, text in ((PartKind.THINKING, thinking), (PartKind.TEXT, answer)):
            if text:
                Part.objects.create(
                    message=said, generation=generation, position=place, kind=kind, text=text, settled=True
                )
                place += 1
        conversation.leaf = said
        conversation.save()
        return said

    return add


def test_the_branch_comes_oldest_first_without_thinking(grow) -> None:
    grow("one?", "One.", thinking="hm")
    last = grow("two?", "not yet", state=State.WAITING)
    assert said_before(last) == [Said(U, "one?"), Said(A, "One."), Said(U, "two?")]


def test_an_answer_that_is_not_settled_yet_is_told_too(grow) -> None:
    ended = grow("one?", "", state=State.STOPPED)
    generation = ended.generations.get()
    for position, kind in enumerate((PartKind.THINKING, PartKind.TEXT)):
        Part.objects.create(message=ended, generation=generation, position=position, kind=kind)
    for seq, (position, text) in enumerate([(0, "hm"), (1, "On"), (1, "e.")], start=1):
        Journal.objects.create(generation=generation, seq=seq, position=position, text=text, at_ms=1)
    last = grow("two?", "", state=State.WAITING)
    assert said_before(last) == [Said(U, "one?"), Said(A, "One."), Said(U, "two?")]


def sent(answer: Message, *, room_tokens: int = 100_000) -> tuple[list[tuple[str, Any]], int]:
    """(what is sent for an answer, as (role, content); how many earlier turns were left out)"""
    generation = answer.generations.get()
    Generation.objects.filter(pk=generation.pk).update(state=State.QUEUED)
    job = take_up(generation.pk, "us")
    assert job
    turns, omitted, _ = fit(job.turns, system="", room_tokens=room_tokens)
    return [(message["role"], message["content"]) for message in compose(job, turns)["messages"]], omitted


def test_an_answer_without_text_is_dropped_and_roles_alternate(grow) -> None:
    grow("one?", "", state=State.LENGTH, thinking="for ever")
    last = grow("again?", "", state=State.WAITING)
    assert said_before(last) == [Said(U, "one?"), Said(U, "again?")]
    assert sent(last) == ([("user", "one?\n\nagain?")], 0)


def test_questions_around_failed_answers_are_joined_in_their_order(grow) -> None:
    for question, answer in [("one?", "One."), ("two?", ""), ("three?", ""), ("four?", "Four."), ("five?", "")]:
        grow(question, answer, state=State.DONE if answer else State.FAILED)
    last = grow("six?", "", state=State.WAITING)
    assert sent(last) == (
        [
            ("user", "one?"),
            ("assistant", "One."),
            ("user", "two?\n\nthree?\n\nfour?"),
            ("assistant", "Four."),
            ("user", "five?\n\nsix?"),
        ],
        0,
    )


def test_after_many_long_questions_that_failed_a_short_one_can_be_read(grow) -> None:
    for number in range(60):
        grow(f"{number} " + "x" * 187_000, "", state=State.FAILED, reason=Reason.CREDIT)
    last = grow("and now?", "", state=State.WAITING)
    [(role, content)], omitted = sent(last, room_tokens=131_072 - 16_384)
    assert role == "user"
    assert estimate_tokens(content) <= 131_072 - 16_384
    assert omitted == 59
    assert content == "59 " + "x" * 187_000 + "\n\nand now?"


def test_of_questions_that_failed_the_oldest_are_left_out_one_by_one(grow) -> None:
    grow("one?", "One.")
    for word in ("two", "three", "four"):
        grow(word + "?" * 3_000, "", state=State.FAILED)
    last = grow("five?", "", state=State.WAITING)
    assert sent(last, room_tokens=2_000 + 2_200) == (
        [("user", "three" + "?" * 3_000 + "\n\n" + "four" + "?" * 3_000 + "\n\nfive?")],
        3,
    )


def test_a_model_that_is_to_write_on_is_not_told_all_questions_that_failed_before(grow) -> None:
    for _ in range(3):
        grow("x" * 30_000, "", state=State.FAILED)
    broken_off = grow("why?", "Because", state=State.STOPPED)
    request = [Said(A, "Because"), Said(U, "Go on.", is_request=True)]
    kept, omitted, is_cut = fit([*said_before(broken_off), *request], system="", room_tokens=13_000)
    assert kept == [Said(U, "x" * 30_000), Said(U, "why?"), *request]
    assert (omitted, is_cut) == (2, False)


def test_pictures_of_older_questions_that_failed_stay_behind_when_a_request_is_full() -> None:
    heavy = Picture("a" * 32, "image/png", 4_000_000, 2_500)
    turns = [Said(U, str(place), (heavy, heavy)) for place in range(3)]
    chosen, omitted = choose_pictures(turns)
    assert [len(turn.pictures) for turn in chosen] == [0, 1, 2]
    assert omitted == 3


def test_what_is_too_far_back_is_counted_and_not_read(grow, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = grow("", "One.")
    Part.objects.create(message=shown.parent, position=1, kind=PartKind.IMAGE, image=picture_of(alice), settled=True)
    grow("forbidden", "", state=State.FILTERED, reason=Reason.QUESTION)
    unsettled = grow("two?", "", state=State.STOPPED)
    Part.objects.create(message=unsettled, generation=unsettled.generations.get(), position=0, kind=PartKind.TEXT)
    Journal.objects.create(generation=unsettled.generations.get(), seq=1, position=0, text="Two.", at_ms=1)
    empty = grow("three?", "", state=State.FAILED, thinking="hm")
    Part.objects.create(message=empty, position=1, kind=PartKind.TEXT, text="", settled=True)
    grow("four?", "Four.")
    grow("y" * 3_000, "w" * 3_000)
    last = grow("now?", "", state=State.WAITING)
    assert sent(last, room_tokens=2_000 + 2_030)[1] == 7
    monkeypatch.setattr(history, "MOST_READ_CHARS", 5_000)
    monkeypatch.setattr(history, "READ_AT_ONCE", 2)
    near = [Said(U, "y" * 3_000), Said(A, "w" * 3_000), Said(U, "now?")]
    far = [Said(role, "", is_unread=True) for role in (U, A, U, A, U, U)]
    assert said_before(last) == [*far, Said(A, "Four."), *near]
    # However much room there is.
    assert fit(said_before(last), system="", room_tokens=1_000_000) == (near, 7, False)


def test_a_long_branch_is_read_whole_in_its_order(grow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "READ_AT_ONCE", 4)
    for number in range(9):
        grow(f"{number}?", f"{number}.")
    last = grow("now?", "", state=State.WAITING)
    said = [Said(role, f"{number}{end}") for number in range(9) for role, end in ((U, "?"), (A, "."))]
    with CaptureQueriesContext(connection) as asked:
        assert said_before(last) == [*said, Said(U, "now?")]
    assert sum("journal" in query["sql"] for query in asked) == 5


def test_a_refused_question_does_not_poison_later_turns(grow) -> None:
    grow("fine?", "Fine.")
    grow("forbidden", "", state=State.FILTERED, reason=Reason.QUESTION)
    last = grow("and this?", "", state=State.WAITING)
    assert said_before(last) == [Said(U, "fine?"), Said(A, "Fine."), Said(U, "and this?")]


def asking(text: str, **more: object) -> Asked:
    return Asked(text=text, client_id=uuid4(), parameters={}, owner="us", **more)


def test_a_first_question_is_told_as_it_was_asked_without_being_read_again(alice: User) -> None:
    posted = Conversation.begin(asking(" Why\n\n*so*? "), owner=alice)
    assert posted.words == " Why\n\n*so*? "
    from_memory, read = claimed(posted.generation, "us", posted.words), claimed(posted.generation, "us")
    assert from_memory
    assert read
    assert from_memory.turns == read.turns == (Said(U, " Why\n\n*so*? "),)


def test_what_came_before_is_read(alice: User) -> None:
    first = Conversation.begin(asking("one?"), owner=alice)
    first.generation.stop()
    second = first.conversation.post(asking("two?"))
    assert (second.words, said_before(second.answer)) == ("", [Said(U, "one?"), Said(U, "two?")])


def test_a_question_with_a_picture_is_read(alice: User) -> None:
    posted = Conversation.begin(asking("What is it?", images=(picture_of(alice).public_id,)), owner=alice)
    found = claimed(posted.generation, "us", posted.words)
    assert found
    assert [len(turn.pictures) for turn in found.turns] == [1]


def test_everything_is_kept_when_it_fits() -> None:
    turns = [Said(U, "a"), Said(A, "b"), Said(U, "c")]
    assert fit(turns, system="", room_tokens=100_000) == (turns, 0, False)


def test_whole_turns_are_left_out_oldest_first() -> None:
    turns = [Said(U, "x" * 3000), Said(A, "y" * 3000), Said(U, "z" * 300), Said(A, "w" * 300), Said(U, "now?")]
    kept, omitted, is_cut = fit(turns, system="", room_tokens=2_000 + 1_000)
    assert kept == turns[2:]
    assert (omitted, is_cut) == (2, False)


def test_the_newest_question_stays_however_long_it_is() -> None:
    turns = [Said(U, "old"), Said(A, "old"), Said(U, "x" * 300_000)]
    kept, omitted, is_cut = fit(turns, system="", room_tokens=10_000)
    assert kept == turns[2:]
    assert (omitted, is_cut) == (2, False)


def test_what_is_kept_begins_with_a_question() -> None:
    turns = [Said(U, "q" * 30_000), Said(A, "short"), Said(U, "now?")]
    kept, omitted, is_cut = fit(turns, system="", room_tokens=3_000)
    assert kept == turns[2:]
    assert (omitted, is_cut) == (2, False)


@pytest.mark.parametrize("letter", ["x", "中", "x中"])
def test_a_model_that_is_to_write_on_is_told_the_question_and_the_end_of_its_answer(letter: str) -> None:
    so_far = letter * 150_000 + "the end"
    turns = [Said(U, "old"), Said(A, "old"), Said(U, "why?"), Said(A, so_far), Said(U, "Go on.", is_request=True)]
    kept, omitted, is_cut = fit(turns, system="", room_tokens=12_000)
    assert (kept[0], kept[2], omitted, is_cut) == (turns[2], turns[4], 2, True)
    assert len(kept) == 3
    told = kept[1].text
    assert told[0] == "…"
    assert so_far.endswith(told[1:])
    assert 9_900 <= estimate_tokens(told) <= 10_000


def test_some_of_the_answer_is_told_beside_a_question_that_fills_all() -> None:
    turns = [Said(U, "q" * 300_000), Said(A, "y" * 30_000 + "end"), Said(U, "Go on.", is_request=True)]
    kept, omitted, is_cut = fit(turns, system="", room_tokens=10_000)
    assert (kept[0], kept[2], omitted, is_cut) == (turns[0], turns[2], 0, True)
    assert kept[1].text == "…" + turns[1].text[-3_000:]


def test_an_answer_so_far_that_fits_is_told_whole() -> None:
    turns = [Said(U, "why?"), Said(A, "Because"), Said(U, "Go on.", is_request=True)]
    assert fit(turns, system="", room_tokens=3_000) == (turns, 0, False)


def test_chinese_counts_a_token_a_character() -> None:
    assert estimate_tokens("中文") == 2
    assert estimate_tokens("abcdef") == 2
    assert estimate_tokens("") == 0
