"""Text made to be slow or deep ends, and loses no word.  Times are the benchmarks' matter."""

import pytest

from chatapp.rendering import Incremental, plain, render
from tests.rendering.dom import assert_safe

SIZE = 6_000
LOOKED_AT = 300_000  # characters; the parser of these tests is slower than what it tests


def big(piece: str, size: int = SIZE) -> str:
    return piece * (size // len(piece))


REPEATED = [
    "> ", ">", "- ", "1. ", "* a\n   b\n", "- > ", "-\n", "- a\n", "- $$\n", "> $$\n", "a|b\n", "|a|\n|-|\n", "|", "# a\n",
    "[", "![", "[a](", "[a][", "[]", "[[a]", "]", "[a](<", '[a](b "', "![a](https://b.example) ", "[^", "[a]:\n", "[a]: b \"\n",
    "*a ", "**a", "*_", "a**b", "_a_*", "~~a", "*a **b ", "***a", "`a", "`` ` ", "$", "$a ", "$$a ", "$$\n", "\\[\n", "\\(", "\\",
    "$x$ ", "$x" + "'" * 900 + "$ ", "https://", "http://", "http://a.example ", "http://a.example/)", "https://a", ":", "://", "<", "<a ",
    "<!--", "<br>", "<http://", "<a@b", "&", "&a", "&amp;", "```\n", "~~~~\n", "    x\n", "\n", " ", "\t", "\r", "\x00", "中", "**“重”**内",
    "\U0001f600", "\ud800", "\u202e", "word ", "word\n", "a\n===\n", "---\n", "- [ ] a\n", "[a.bc](http://b.example) ",
]  # fmt: skip

SHAPES = {
    "a list of a thousand levels": "".join("  " * level + "- x\n" for level in range(1000)),
    "growing runs of backticks": "".join("`" * n + "a" for n in range(1, 1400)),
    "five thousand quotes": ">" * 5000 + " x",
    "a table of 200 columns and 500 rows": "|" + "a|" * 200 + "\n|" + "-|" * 200 + "\n" + ("|" + "b|" * 200 + "\n") * 500,
    "a wide table with empty rows": "|" + "a|" * 256 + "\n|" + "-|" * 256 + "\n" + "x\n" * 2000,
    "twenty thousand addresses": "http://" * 20_000,
    "brackets that close at the end": "[" * 5000 + "a" + "](http://b.example)" * 5000,
    "emphasis a thousand deep": "*a **b " * 1000 + "c** d*" * 1000,
    "definitions": "".join(f"[{n}]: https://b.example/{n}\n" for n in range(2000)) + "[7]",
    "footnotes that mention the next": "".join(f"x[^{n}]\n\n[^{n}]: y [^{n + 1}]\n\n" for n in range(1000)),
    "footnotes inside of footnotes": "[^a]: " * 2000,
    "code that lexers are slow on": "```csharp\n" + "a\n" * 10_000 + "```\n",
    "many blocks of such code": ("```csharp\n" + "a\n" * 700 + "```\n") * 20,
    "ampersands": "&" * 300_000,
    "ampersands in code": "```\n" + "&" * 300_000,
    "quotes around an open formula": "> $$\n" * 2000,
    "a formula in braces": "$" + "{" * 900 + "x" + "}" * 900 + "$",
    "a formula of fractions": "$" + "\\frac{" * 200 + "1" + "}{2}" * 200 + "$",
    "a formula of accents": "$" + "\\hat " * 380 + "x$",
    "a formula of powers": "$" + "x^{" * 400 + "}" * 400 + "$",
    "a formula of brackets": "$" + "\\left(" * 120 + "x" + "\\right)" * 120 + "$",
    "a formula that defines itself": "$\\newcommand{\\a}{\\a\\a}\\a$ $\\def\\b{\\b\\b}\\b$",
}  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_the_same_again_and_again_is_read_to_its_end(piece: str) -> None:
    text = big(piece)
    for html in render(text):
        assert assert_safe(html).deepest < 120
    reader = Incremental()
    for start in range(0, len(text), SIZE // 3):
        reader.feed(text[start : start + SIZE // 3])
        assert_safe(reader.tail)


@pytest.mark.parametrize("name", SHAPES)
def test_a_hostile_shape_is_read_to_its_end(name: str) -> None:
    blocks = render(SHAPES[name])
    assert blocks
    for html in blocks:
        assert assert_safe(html).deepest < 120 if len(html) < LOOKED_AT else "<script" not in html
    reader = Incremental()
    reader.feed(SHAPES[name])
    assert reader.tail or reader.blocks


def test_what_is_nested_too_deeply_is_shown_as_it_was_written() -> None:
    text = "".join("  " * level + f"- word{level}\n" for level in range(60))
    shown = "".join(assert_safe(html).text for html in render(text))
    assert [word for word in shown.split() if word.startswith("word")] == [f"word{level}" for level in range(60)]


def test_a_text_above_a_megabyte_is_shown_raw() -> None:
    text = "# " + "a" * 1_000_000
    assert render(text) == [plain(text)]


def test_an_endless_paragraph_is_shown_without_markup() -> None:
    text = "**a** " * 5000
    assert "<strong>" not in render(text)[0]
    assert assert_safe(render(text)[0]).text.split() == text.split()


def test_a_failure_shows_the_text_itself(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from chatapp.rendering import incremental, settled

    def broken(*_: object) -> str:
        raise RecursionError

    for module in (settled, incremental):
        monkeypatch.setattr(module._MARKDOWN, "html", broken)
    text = "<b>one</b>\n\ntwo"
    assert render(text) == [plain(text)]
    reader = Incremental()
    reader.feed(text)
    assert (reader.blocks, reader.tail) == ([], plain(text))
    reader.feed(" three")
    assert (reader.blocks, reader.tail) == ([], plain(text + " three"))
    assert "could not be rendered" in caplog.text
