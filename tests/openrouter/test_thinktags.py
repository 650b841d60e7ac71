"""Thinking leaked into the content."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter.thinktags import CodeTracker, TagFilter
from chatapp.words import PartKind, ThinkTags

TEXT, THINKING = PartKind.TEXT, PartKind.THINKING
Parts = list[tuple[PartKind, str]]


def listen(filtered: TagFilter, texts: list[str], *, proper: bool = True) -> Parts:
    """The parts as they stand at the end, neighbours of one kind joined, white space at a part's start left out."""
    parts: Parts = []
    pieces = [piece for said in texts for piece in filtered.feed(said)] + filtered.close(proper=proper)
    for kind, text in pieces:
        if text is None:
            parts[-1:] = [(kind, written) for _, written in parts[-1:]]
        elif parts and parts[-1][0] is kind:
            parts[-1] = (kind, parts[-1][1] + text)
        else:
            parts.append((kind, text))
    return [(kind, text) for kind, text in parts if text.strip()]


def split(tags: ThinkTags, *texts: str, proper: bool = True) -> Parts:
    return listen(TagFilter(tags), list(texts), proper=proper)


def test_off_leaves_every_tag_where_it_is() -> None:
    assert split(ThinkTags.OFF, "<think>a</thi", "nk>b") == [(TEXT, "<think>a</think>b")]


def test_on_thinks_until_the_closing_tag() -> None:
    assert split(ThinkTags.ON, "Hm.\n</think>\n\nYes.") == [(THINKING, "Hm.\n"), (TEXT, "Yes.")]


def test_on_shows_thinking_while_it_comes() -> None:
    assert TagFilter(ThinkTags.ON).feed("Hm") == [(THINKING, "Hm")]


def test_on_without_any_tag_was_text_if_it_ended_properly() -> None:
    assert split(ThinkTags.ON, "Just ", "an answer.") == [(TEXT, "Just an answer.")]


def test_on_cut_before_the_tag_was_thinking() -> None:
    assert split(ThinkTags.ON, "Hm, let me", proper=False) == [(THINKING, "Hm, let me")]


def test_an_opening_tag_is_proof_of_thinking_even_without_a_closing_one() -> None:
    for tags in (ThinkTags.ON, ThinkTags.AUTO):
        assert split(tags, "<think>Hm") == [(THINKING, "Hm")]


def test_auto_shows_text_while_it_comes_and_takes_it_back_at_the_tag() -> None:
    filtered = TagFilter(ThinkTags.AUTO)
    assert filtered.feed("Hm.\n") == [(TEXT, "Hm.\n")]
    assert filtered.feed("</think>\n\nYes") == [(THINKING, None), (TEXT, "Yes")]


def test_auto_without_tags_is_text() -> None:
    assert split(ThinkTags.AUTO, "a < b, ", "</thin> air") == [(TEXT, "a < b, </thin> air")]


@pytest.mark.parametrize("tags", [ThinkTags.ON, ThinkTags.AUTO])
def test_both_tags_and_the_white_space_behind_them_go(tags: ThinkTags) -> None:
    assert split(tags, "\n<think>\nHm.\n</think>\n\n\nYes.\n") == [(THINKING, "Hm.\n"), (TEXT, "Yes.\n")]


@pytest.mark.parametrize("tags", [ThinkTags.ON, ThinkTags.AUTO])
def test_thinking_of_nothing_leaves_no_trace(tags: ThinkTags) -> None:
    for empty in ("</think>\n\nYes", "<think></think>Yes", "<think>\n\n</think>\n\nYes", "\n</think>Yes"):
        assert split(tags, empty) == [(TEXT, "Yes")]


def test_only_the_first_closing_tag_counts() -> None:
    assert split(ThinkTags.AUTO, "a</think>b</think>c") == [(THINKING, "a"), (TEXT, "b</think>c")]


def test_a_second_opening_tag_is_text() -> None:
    assert split(ThinkTags.AUTO, "<think><think>a</think>b") == [(THINKING, "<think>a"), (TEXT, "b")]


@pytest.mark.parametrize(
    "code",
    [
        "Models close with\n```\n</think>\n```\nas a rule.",
        "~~~xml\n```\n</think>\n~~~\n",
        "````\n```\n</think>\n````\n",
        "The tag `</think>` ends it.",
        "``` </think>",
    ],
)
def test_auto_takes_a_tag_within_code_for_text(code: str) -> None:
    assert split(ThinkTags.AUTO, code) == [(TEXT, code)]
    assert split(ThinkTags.AUTO, *code) == [(TEXT, code)]


def test_auto_finds_the_tag_after_code() -> None:
    text = "```\n</think>\n```\nHm `x` and\n"
    assert split(ThinkTags.AUTO, *(text + "</think>Yes")) == [(THINKING, text), (TEXT, "Yes")]


@pytest.mark.parametrize("tags", [ThinkTags.ON, ThinkTags.AUTO])
@pytest.mark.parametrize("text", ["Hm.\n</think>\n\nYes.", "<think>\nHm.\n</think>\n\nYes."])
def test_tags_cut_in_three_anywhere_never_leak(tags: ThinkTags, text: str) -> None:
    for first, second in combinations(range(len(text) + 1), 2):
        texts = [part for part in (text[:first], text[first:second], text[second:]) if part]
        assert split(tags, *texts) == [(THINKING, "Hm.\n"), (TEXT, "Yes.")]


def test_what_only_looked_like_a_tag_is_given_back_at_the_end() -> None:
    assert split(ThinkTags.AUTO, "1 </thin") == [(TEXT, "1 </thin")]
    assert split(ThinkTags.AUTO, "<thi") == [(TEXT, "<thi")]
    assert split(ThinkTags.ON, "1 </thin", proper=False) == [(THINKING, "1 </thin")]


def test_no_more_is_held_back_than_could_become_a_tag() -> None:
    filtered = TagFilter(ThinkTags.AUTO)
    assert filtered.feed("abc </th") == [(TEXT, "abc ")]
    assert filtered.feed("rone> x <") == [(TEXT, "</throne> x ")]
    assert filtered.feed("br>") == [(TEXT, "<br>")]


@pytest.mark.parametrize("tags", [ThinkTags.ON, ThinkTags.AUTO])
def test_after_thinking_that_came_by_itself_no_tag_is_touched(tags: ThinkTags) -> None:
    filtered = TagFilter(tags)
    assert filtered.separate() == []
    assert listen(filtered, ["Write ", "<think>a</think>"]) == [(TEXT, "Write <think>a</think>")]


@pytest.mark.parametrize("tags", [ThinkTags.ON, ThinkTags.AUTO])
def test_a_closing_tag_left_over_from_such_thinking_goes(tags: ThinkTags) -> None:
    filtered = TagFilter(tags)
    filtered.separate()
    assert listen(filtered, ["</thi", "nk>\n\n", "Yes"]) == [(TEXT, "Yes")]


def test_on_content_before_such_thinking_was_text() -> None:
    filtered = TagFilter(ThinkTags.ON)
    assert filtered.feed("One <") == [(THINKING, "One ")]
    assert filtered.separate() == [(TEXT, None), (TEXT, "<")]
    assert filtered.feed("</think>") == [(TEXT, "</think>")]


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "`", "```\n", "\n", " ", "a", "<", "</thi"]), max_size=12),
    st.sampled_from(ThinkTags),
    st.booleans(),
    st.data(),
)
def test_no_cutting_changes_the_parts(pieces: list[str], tags: ThinkTags, proper: bool, data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    edges = sorted({0, len(text), *cuts})
    texts = [text[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    assert split(tags, *texts, proper=proper) == split(tags, *([text] if text else []), proper=proper)


@given(st.text(st.sampled_from(["`", "~", "\n", " ", "a"]), max_size=60), st.integers(0, 60))
def test_code_is_tracked_alike_however_it_is_cut(text: str, cut: int) -> None:
    whole, cut_up = CodeTracker(), CodeTracker()
    whole.feed(text)
    cut_up.feed(text[:cut])
    cut_up.feed(text[cut:])
    assert whole.inside == cut_up.inside
