"""Any cut of a text and any start give the same blocks; without late definitions they are those of the settled render."""

import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatapp.rendering import Incremental, render
from chatapp.rendering.html import LONGEST_TEXT
from tests.rendering.dom import assert_safe
from tests.rendering.nasty import ENDS, LINES, NOTES, document, pieces

DEFINITION = re.compile(r"\[(foo|bar)\]:")
COLOUR = re.compile(r'<span class="(?:c|cp|k|kc|kt|n[abcdftov]|s|se|sr|m|g[dehiprso])">(.*?)</span>', re.DOTALL)

documents = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(ENDS)), max_size=12).map(
    lambda lines: "".join(line + end for line, end in lines)
)


def whole(text: str) -> tuple[list[str], str]:
    """Blocks and tail when the text comes in one piece."""
    reader = Incremental()
    reader.feed(text)
    return list(reader.blocks), reader.tail


def without_colour(html: str) -> str:
    """Code whose fence is open has no colour yet, but the settled render gives it one."""
    return COLOUR.sub(r"\1", html)


def assert_same_at_every_stop(text: str, stops: list[int]) -> None:
    """Feed up to each stop, and compare with a reader that starts there."""
    reader, at, seen = Incremental(), 0, []
    for stop in sorted(stops):
        reader.feed(text[at:stop])
        at = stop
        now = (list(reader.blocks), reader.tail)
        assert now == whole(text[:stop]), f"after {text[:stop]!r}"
        assert now[0][: len(seen)] == seen, "a closed block changed"
        seen = now[0]
    assert reader.text == text[:at]
    assert reader.length == at


@pytest.mark.parametrize("seed", range(120))
def test_every_single_cut_gives_the_same(seed: int) -> None:
    text = document(random.Random(seed), lines=2 + seed % 9, more=NOTES)
    assert_same_at_every_stop(text, list(range(1, len(text) + 1)))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_of_one_size_give_the_same(size: int) -> None:
    for seed in range(1000, 1012):
        text = document(random.Random(seed), lines=12)
        assert_same_at_every_stop(text, list(range(size, len(text) + 1, size)))


@settings(max_examples=80, deadline=None)
@given(documents, st.randoms(use_true_random=False))
@example("para\n| a | b |\n|---|-", random.Random(1))
@example("- foo\n| a | b |\n     |---|-", random.Random(1))
@example("# a | b\n--|--\n", random.Random(2))
@example("``` a | b\n  |---|-", random.Random(2))
@example('- [foo]: https://x.example\n"title\nmore"\n', random.Random(3))
@example("- a\n\n1", random.Random(4))
@example("2\n2.\n2. a", random.Random(4))
@example("2) paren\r$$x\n> ```\r|---|---|\n$$", random.Random(5))
@example("```\ncode\n    ```\n```", random.Random(6))
@example("$$\na\n\nb\n$$\n", random.Random(7))
@example("a\r\x00\nb\r", random.Random(8))
@example("- a\n\n\t\n   - b", random.Random(9))
def test_random_cuts_give_the_same(text: str, rng: random.Random) -> None:
    assert_same_at_every_stop(text, [rng.randrange(len(text) + 1) for _ in range(8)])


# What has a meaning inside of a line, or at its start, or only looks like it; and spaces of every kind.
MARKS = (
    *(
        "*",
        "**",
        "_",
        "`",
        "``",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "[",
        "]",
        "[foo]",
        "](http://x.y)",
        "http://a.bc",
        "![",
    ),
    *(
        "&",
        "&amp",
        "&amp;",
        ";",
        "<",
        "<br>",
        ">",
        "# ",
        "- ",
        "+ ",
        "1",
        "1. ",
        "2)",
        ".",
        ")",
        "(",
        "5 each",
        "|",
        "~~",
    ),
    *(
        "=",
        "^",
        "@",
        "a@b.co",
        ":",
        "\\",
        "\\*",
        "中文",
        "，",
        "😀",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\t",
        "\x0b",
        "\x00",
        "  ",
    ),
)
line_pieces = st.lists(st.sampled_from((*MARKS, *(["word", " and ", "the "] * 8))), min_size=1, max_size=12)


@settings(max_examples=400, deadline=None)
@given(line_pieces)
@example(["word", "\u00a0", " ", "and"])
@example(["1", ".", " word"])
@example(["&amp", ";"])
@example(["a_", "b_ c", " word"])
def test_a_line_that_grows_by_words_is_the_same(found: list[str]) -> None:
    stops = [len("".join(found[: count + 1])) for count in range(len(found))]
    assert_same_at_every_stop("".join(found), stops)


def test_a_line_too_long_to_look_into_loses_its_marks_at_the_same_place() -> None:
    reader, text = Incremental(), "**a** " + "word " * (LONGEST_TEXT // 5)
    reader.feed(text[:-10])
    assert "<strong>" in reader.tail
    reader.feed("word " * 5)
    assert (reader.blocks, reader.tail) == whole(text[:-10] + "word " * 5)
    assert "<strong>" not in reader.tail
    text = reader.text
    for piece in ("and ", "**b** ", "<i> & ", "1. ", "中文， ", "\u00a0", " ", "\t", "end", "\n", "\n", "more"):
        reader.feed(piece)
        text += piece
        assert (reader.blocks, reader.tail) == whole(text), piece


@pytest.mark.parametrize("seed", range(200))
def test_with_its_tail_it_equals_the_settled_render(seed: int) -> None:
    text = document(random.Random(5000 + seed), lines=1 + seed % 15)
    blocks, tail = whole(text)
    settled = render(text)
    for html in [*blocks, tail, *settled]:
        assert_safe(html)
    if DEFINITION.search(text):
        return  # links may be defined after their use
    assert settled[: len(blocks)] == blocks
    assert without_colour(tail) == without_colour("".join(settled[len(blocks) :]))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_characters_render(text: str) -> None:
    for html in render(text):
        assert_safe(html)
    assert_safe(whole(text)[1])


@pytest.mark.parametrize("seed", range(5))
def test_half_read_pieces_change_nothing(seed: int) -> None:
    """A reader that looks after some pieces only: what it does not look at it must not need."""
    rng = random.Random(seed)
    text = document(rng, lines=60)
    reader = Incremental()
    for piece in pieces(rng, text):
        reader.feed(piece)
        if rng.random() < 0.5:
            assert isinstance(reader.tail, str)
    assert (list(reader.blocks), reader.tail) == whole(text)


def test_a_block_is_rendered_once() -> None:
    reader = Incremental()
    reader.feed("one\n\ntwo\n\n")
    first = reader.blocks[0]
    reader.feed("three\n\nfour")
    assert reader.blocks[0] is first
    assert [*reader.blocks, reader.tail] == [f'<p dir="auto">{word}</p>' for word in ("one", "two", "three", "four")]


def test_links_know_earlier_definitions_only() -> None:
    reader = Incremental()
    reader.feed("[a]\n\n[a]: https://a.example\n\n[a]\n\n")
    assert reader.blocks == [
        '<p dir="auto">[a]</p>',
        '<p dir="auto"><a href="https://a.example" target="_blank" rel="noopener noreferrer nofollow ugc">a</a></p>',
    ]


def test_a_definition_that_is_still_written_binds_nothing() -> None:
    reader = Incremental()
    reader.feed("- see\n\n[a]: https://a.ex")
    assert reader.tail == ""
    reader.feed("ample/b\n\n[a]\n\n")
    assert 'href="https://a.example/b"' in reader.blocks[-1]


@pytest.mark.parametrize("opener", ["$$", "\\["])
def test_an_open_formula_stays_open_until_it_is_too_long(opener: str) -> None:
    reader = Incremental()
    reader.feed(f"{opener}\n\\frac{{a}}{{b}}\n\nwords\n\n# heading\n")
    assert reader.blocks == []
    reader.feed("more words\n\n" * 200)
    assert len(reader.blocks) > 200


def test_a_list_is_closed_by_the_first_letter_after_a_blank_line() -> None:
    reader = Incremental()
    reader.feed("- a\n- b\n\n-")
    assert reader.blocks == []
    reader = Incremental()
    reader.feed("- a\n- b\n\nIn")
    assert (len(reader.blocks), reader.tail) == (1, '<p dir="auto">In</p>')


def test_open_code_is_a_block_of_code_and_gets_its_colour_when_closed() -> None:
    reader = Incremental()
    reader.feed("```python\nimport os\n")
    assert reader.tail.startswith(
        '<code-block data-language="python"><pre tabindex="0"><code class="language-python">import'
    )
    reader.feed("```\n")
    assert '<span class="k">import</span>' in reader.blocks[0]


def test_text_beyond_the_limit_is_kept_as_it_is() -> None:
    text = "word " * 200_000 + "<b>beyond</b>\n\n# end"
    blocks, tail = whole(text)
    reader = Incremental()
    reader.feed(text[:999_990])
    assert "<pre" not in reader.tail
    reader.feed(text[999_990:])
    assert (list(reader.blocks), reader.tail) == (blocks, tail)
    assert tail.endswith("&lt;b&gt;beyond&lt;/b&gt;\n\n# end</pre>")
    assert render(text)[0].startswith('<pre class="plain"')
