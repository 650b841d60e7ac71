"""Blocks of code: their markup, their languages, their colours, and that no character of them is lost."""

import pytest

from chatapp.rendering import render
from chatapp.rendering.code import CLASSES, LANGUAGE_CLASSES, Ink, code_block
from tests.rendering.dom import assert_safe

SAMPLES = {
    "python": 'def f(x: int) -> str:\n    """Doc."""\n    return f"{x!r}"  # note\n',
    "javascript": "const f = async (x) => `${x}`; // note\n",
    "typescript": "interface A { b?: number }\n",
    "json": '{"bbox_2d": [1, 2.5, null], "label": "fig"}\n',
    "html": '<a href="x" onclick="y()">z</a><script>let a = 1</script>\n',
    "css": "a:hover { color: oklch(50% 0 0) !important }\n",
    "bash": 'for f in *.txt; do echo "$f" | wc -l; done # note\n',
    "console": "$ ls -l\ntotal 0\n",
    "c": '#include <stdio.h>\nint main(void) { return printf("%d\\n", 1); }\n',
    "cpp": "template <typename T> auto f(T&& x) -> decltype(x) { return x; }\n",
    "csharp": 'public record A(int B) { public string C => $"{B}"; }\n',
    "java": "public final class A { private static final int B = 0x1F; }\n",
    "kotlin": 'fun main() = println("a ${1 + 1}")\n',
    "go": "func main() { x := make(chan int); go func() { x <- 1 }() }\n",
    "rust": "fn main() -> Result<(), Box<dyn Error>> { println!(\"{:?}\", 'a'); Ok(()) }\n",
    "swift": "struct A: View { @State var b = 1 }\n",
    "php": '<?php function f(int $a): ?string { return "$a"; }\n',
    "ruby": "def f(a) = a.map { |x| x&.to_s } # note\n",
    "sql": "SELECT a, COUNT(*) FROM b WHERE c = 'd' GROUP BY 1; -- note\n",
    "yaml": "a:\n  - b: &x 1\n    c: *x\n",
    "toml": "[a]\nb = 1979-05-27\n",
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n",
    "docker": "FROM python:3.11\nRUN pip install x\n",
    "make": "a: b\n\t@echo $(C)\n",
    "latex": "\\begin{a}$x$ % note\n",
    "markdown": "# a\n```python\nx = 1\n```\n",
    "r": "f <- function(x) x + 1L # note\n",
    "matlab": "a = zeros(3); % note\n",
    "haskell": "f :: Int -> Maybe Int\nf x = Just $ x + 1\n",
    "lua": "local a = function() return nil end -- note\n",
    "perl": "my %h = (a => 1); print qq{$h{a}\\n};\n",
    "scala": "case class A(b: Int = 1)\n",
    "julia": "f(x)::Int = x^2 # note\n",
    "xml": '<?xml version="1.0"?><a b="c"><!-- d --></a>\n',
    "graphql": "query { a(b: 1) { c } }\n",
    "terraform": 'resource "a" "b" { c = var.d }\n',
    "verilog": "module a(input b); endmodule\n",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_a_language_is_coloured_and_no_character_is_lost(language: str) -> None:
    code = SAMPLES[language]
    fence = "````" if "```" in code else "```"
    (html,) = render(f"{fence}{language}\n{code}{fence}")
    document = assert_safe(html)
    assert document.text == code
    assert html.startswith(
        f'<code-block data-language="{language}"><pre tabindex="0"><code class="language-{language}">'
    )
    colours = {attributes["class"] for attributes in document.all("span")}
    assert colours
    assert colours <= CLASSES
    assert f"language-{language}" in LANGUAGE_CLASSES


@pytest.mark.parametrize(
    ("name", "language"),
    [("py", "python"), ("Python", "python"), ("js", "javascript"), ("c++", "cpp"), ("sh", "bash"), ("yml", "yaml"), ("c#", "csharp")],
)  # fmt: skip
def test_other_names_of_a_language(name: str, language: str) -> None:
    assert f'<code-block data-language="{language}">' in render(f"```{name} title=x\nx\n```")[0]


@pytest.mark.parametrize(
    ("info", "label"),
    [("mermaid", "mermaid"), ("brainfuck", "brainfuck"), ("http", "http"), ("{.python}", None), ('"><b>', None), ("a" * 99, "a" * 24), ("", None)],
)  # fmt: skip
def test_an_unknown_language_is_named_and_plain(info: str, label: str | None) -> None:
    (html,) = render(f"```{info}\n<b> & x\n```")
    document = assert_safe(html)
    assert document.text == "<b> & x\n"
    assert document.all("code-block") == [{} if label is None else {"data-language": label}]
    assert document.all("code") == [{}]


def test_indented_code_and_open_code() -> None:
    assert render("    a\n\n      b") == ['<code-block><pre tabindex="0"><code>a\n\n  b\n</code></pre></code-block>']
    assert render("```\na\n\nb") == ['<code-block><pre tabindex="0"><code>a\n\nb</code></pre></code-block>']


@pytest.mark.parametrize(
    "code", ["\n\n  a\n\n", "\ta\n", " \n", "a\u2028b\n", "\u00a0\n", "&lt;\n", "é中😀\n", "x" * 31_000 + "\n"]
)
@pytest.mark.parametrize("language", ["python", "markdown", "yaml", "make", "diff", "html", ""])
def test_white_space_and_rare_characters_stay(language: str, code: str) -> None:
    assert assert_safe(render(f"```{language}\n{code}```")[0]).text == code


def test_code_that_is_too_long_is_plain() -> None:
    assert "<span" not in code_block("import os\n" * 4000, "python", Ink())
    assert "<span" in code_block("import os\n" * 400, "python", Ink())


def test_ink_runs_dry_on_code_that_lexers_are_slow_on() -> None:
    ink = Ink()
    for length in range(3000, 3010):  # each has to be read anew
        code_block("a\n" * length, "csharp", ink)
    assert "<span" not in code_block("import os\n", "python", ink)
    assert "<span" in code_block("import os\n", "python", Ink())


@pytest.mark.parametrize("language", sorted(name.removeprefix("language-") for name in LANGUAGE_CLASSES))
def test_each_language_bears_any_code(language: str) -> None:
    for piece in ("(", "'\"`", "/*", "<a b=", "${", "{%", "\\", "a\n", "begin ", "<<A\n"):
        assert assert_safe(code_block(piece * 60, language, Ink())).text == piece * 60
