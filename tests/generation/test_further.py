"""What the model is told when it is to write on."""

from chatapp.generation.further import ANSWER_NOW, GO_ON, QUOTED_CHARS, THINK_ON, quoted, said_so_far
from chatapp.words import PartKind, Purpose

THOUGHT, TEXT = (PartKind.THINKING, "First, the left."), (PartKind.TEXT, "There are thr")


def test_a_first_attempt_has_nothing_to_go_on_from() -> None:
    assert said_so_far(Purpose.ANSWER, [THOUGHT, TEXT]) is None


def test_an_answer_goes_on_where_it_ends() -> None:
    more = (PartKind.TEXT, "ee figs")
    assert said_so_far(Purpose.CONTINUE, [THOUGHT, TEXT, THOUGHT, more]) == ("There are three figs", GO_ON)


def test_a_thought_without_an_answer_is_taken_up_as_a_quotation() -> None:
    assert said_so_far(Purpose.CONTINUE, [THOUGHT]) == ("My thoughts so far:\n\n> First, the left.", THINK_ON)


def test_answering_now_quotes_all_thoughts() -> None:
    found = said_so_far(Purpose.ANSWER_NOW, [THOUGHT, (PartKind.THINKING, "Then the right.")])
    assert found == ("My thoughts so far:\n\n> First, the left.\n>\n> Then the right.", ANSWER_NOW)


def test_nothing_written_is_nothing_said() -> None:
    assert said_so_far(Purpose.CONTINUE, []) is None
    assert said_so_far(Purpose.ANSWER_NOW, [(PartKind.THINKING, " \n")]) is None


def test_a_quotation_says_each_long_line_once_and_ends_with_the_newest() -> None:
    loop = "Wait, let me check that once more.\n"
    assert quoted(loop * 50 + "x = 1\nx = 1\nSo it is four.").count("Wait") == 1
    assert quoted("x = 1\nx = 1") == "> x = 1\n> x = 1"
    long = quoted("\n".join(f"Line {n} of a very long thought." for n in range(5_000)))
    assert len(long) <= QUOTED_CHARS + 10
    assert long.startswith("> …")
    assert long.endswith("Line 4999 of a very long thought.")
