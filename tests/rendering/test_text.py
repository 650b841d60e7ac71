"""What Markdown becomes: the elements, their direction, and writing in many scripts."""

import os
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest

from chatapp.rendering import render
from tests.rendering.dom import assert_safe

LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"'


def one(text: str) -> str:
    """The only block of the text."""
    (html,) = render(text)
    assert_safe(html)
    return html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("words", '<p dir="auto">words</p>'),
        ("two\nlines", '<p dir="auto">two\nlines</p>'),
        ("hard  \nbreak\\\nagain", '<p dir="auto">hard<br>\nbreak<br>\nagain</p>'),
        ("*a* **b** ***c*** ~~d~~ `e<`", '<p dir="auto"><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <s>d</s> <code>e&lt;</code></p>'),
        ("10~20 and 30~40", '<p dir="auto">10~20 and 30~40</p>'),
        ("# a", '<h3 dir="auto">a</h3>'),
        ("## a", '<h4 dir="auto">a</h4>'),
        ("### a", '<h5 dir="auto">a</h5>'),
        ("#### a", '<h6 dir="auto">a</h6>'),
        ("###### a", '<h6 dir="auto">a</h6>'),
        ("a\n===", '<h3 dir="auto">a</h3>'),
        ("a\n---", '<h4 dir="auto">a</h4>'),
        ("***", "<hr>"),
        ("> a", '<blockquote dir="auto">\n<p dir="auto">a</p>\n</blockquote>'),
        ("- a\n- b", '<ul>\n<li dir="auto">a</li>\n<li dir="auto">b</li>\n</ul>'),
        ("- a\n\n- b", '<ul>\n<li dir="auto"><p dir="auto">a</p>\n</li>\n<li dir="auto"><p dir="auto">b</p>\n</li>\n</ul>'),
        ("3. a", '<ol start="3">\n<li dir="auto">a</li>\n</ol>'),
        ("1) a", '<ol>\n<li dir="auto">a</li>\n</ol>'),
        ("<b>a</b> &amp; &copy; <i", '<p dir="auto">&lt;b&gt;a&lt;/b&gt; &amp; © &lt;i</p>'),
        ("a<br>b<BR/>c", '<p dir="auto">a<br>\nb<br>\nc</p>'),
        ("[a](https://ok.example 'T')", f'<p dir="auto"><a href="https://ok.example" title="T" {LINK}>a</a></p>'),
        ("[a]\n\n[a]: https://ok.example", f'<p dir="auto"><a href="https://ok.example" {LINK}>a</a></p>'),
        ("<mailto:a@ok.example> <b@ok.example>", f'<p dir="auto"><a href="mailto:a@ok.example" class="bare" {LINK}>mailto:a@ok.example</a> <a href="mailto:b@ok.example" class="bare" {LINK}>b@ok.example</a></p>'),
        ("", None),
        ("\n \n", None),
        ("[a]: https://ok.example", None),
    ],
)  # fmt: skip
def test_markdown_becomes_elements(text: str, html: str | None) -> None:
    assert render(text) == ([] if html is None else [html])


def test_tasks_are_words_for_those_who_listen() -> None:
    done, todo = (
        '<span class="task" role="img" aria-label="done">☑</span> ',
        '<span class="task" role="img" aria-label="to do">☐</span> ',
    )
    assert one("- [x] a\n- [ ] b\n- c") == (
        '<ul class="contains-task-list">\n'
        f'<li class="task-list-item" dir="auto">{done}a</li>\n'
        f'<li class="task-list-item" dir="auto">{todo}b</li>\n<li dir="auto">c</li>\n</ul>'
    )
    assert "☐" not in one("- [](https://ok.example)\n- [ ]no\n- text [ ] text")


def test_a_table_scrolls_by_itself_and_aligns_by_classes() -> None:
    assert one("| a | b | c | d |\n|---|:--|:-:|--:|\n| 1 | `2\\|` | | $4$ |\n| 5") == (
        '<div class="table" tabindex="0" role="region" aria-label="Table"><table dir="auto">\n'
        '<thead><tr><th dir="auto">a</th><th dir="auto">b</th><th dir="auto" class="align-center">c</th>'
        '<th dir="auto" class="align-end num">d</th></tr></thead>\n<tbody>\n'
        '<tr><td dir="auto">1</td><td dir="auto"><code>2|</code></td><td dir="auto" class="align-center"></td>'
        '<td dir="auto" class="align-end num"><math><semantics><mrow><mn>4</mn></mrow>'
        '<annotation encoding="application/x-tex">4</annotation></semantics></math></td></tr>\n'
        '<tr><td dir="auto">5</td><td dir="auto"></td><td dir="auto" class="align-center"></td>'
        '<td dir="auto" class="align-end num"></td></tr>\n</tbody>\n</table></div>'
    )


@pytest.mark.parametrize(
    "text", ["a | b\n- | -", "| a |\n| b |", "| a | b |\n|---|", "a\n\n|---|", "| a |\n|-x-|", "a\n--|--"]
)
def test_what_only_looks_like_a_table(text: str) -> None:
    assert "<table" not in "".join(render(text))


@pytest.mark.parametrize(
    "after", ["> quote", "- item", "1. item", "# head", "---", "```\nx\n```", "    code", "", "$$\nx\n$$"]
)
def test_a_table_ends_where_something_else_begins(after: str) -> None:
    blocks = render(f"| a |\n|---|\n| b |\n{after}\n\nwords")
    assert blocks[0].count("<tr>") == 2
    assert blocks[-1] == '<p dir="auto">words</p>'


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://ok.example", "https://ok.example"),
        ("see HTTPS://ok.example/A.", "HTTPS://ok.example/A"),
        ("(https://ok.example/a_(b))", "https://ok.example/a_(b)"),
        ("https://ok.example/a_b_c*d", "https://ok.example/a_b_c*d"),
        ("**https://ok.example/**", "https://ok.example/"),
        ("https://ok.example/?a=1&b=2#c, and", "https://ok.example/?a=1&b=2#c"),
        ("https://ok.example:8080/x;", "https://ok.example:8080/x"),
        ("http://localhost:8000/up", "http://localhost:8000/up"),
        ("见https://ok.example/文档，谢谢", "https://ok.example/文档"),
        ("（https://ok.example/a）", "https://ok.example/a"),
        ("“https://ok.example/a”", "https://ok.example/a"),
        ("| a |\n|---|\n| https://ok.example/a |", "https://ok.example/a"),
        ("<https://ok.example/a>", "https://ok.example/a"),
    ],
)
def test_bare_addresses_are_links(text: str, address: str) -> None:
    document = assert_safe(one(text))
    assert len(document.all("a")) == 1
    assert address in document.text
    assert f">{escape(address)}</a>" in one(text)


@pytest.mark.parametrize(
    "text",
    ["example.com", "README.md", "main.rs", "http://", "https://x", "xhttps://ok.example", "ftp://ok.example", "a@ok.example", "`https://ok.example`", "12:30", "std::io"],
)  # fmt: skip
def test_what_is_no_address_is_no_link(text: str) -> None:
    assert "<a" not in one(text)


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("**“重点”**内容", "“重点”"),
        ("这是**“重点”**内容", "“重点”"),
        ("他说**《书》**很好", "《书》"),
        ("**注意：**请看", "注意："),
        ("这**（重要）**是", "（重要）"),
        ("请用**`code`**运行", "code"),
        ("**100%**的人", "100%"),
        ("**「強調」**です", "「強調」"),
        ("これは**重要（じゅうよう）**です", "重要（じゅうよう）"),
        ("**太字。**次の文", "太字。"),
        ("**スクリプト(script)**を", "スクリプト(script)"),
        ("**스크립트(script)**라고", "스크립트(script)"),
        ("한국어 **강조**는", "강조"),
        ("**‘인용’**입니다", "‘인용’"),
        ("**a**", "a"),
        ('**"a"** b', '"a"'),
    ],
)
def test_emphasis_needs_no_spaces_where_a_script_has_none(text: str, strong: str) -> None:
    html = one(text)
    start = html.index("<strong>")
    assert assert_safe(html[start : html.index("</strong>") + len("</strong>")]).text == strong


@pytest.mark.parametrize("text", ["** a**", "**a **", "2 * 3 * 4", "a_b_c", "中_文_字", "**。"])
def test_what_is_no_emphasis_stays_text(text: str) -> None:
    assert one(text) == f'<p dir="auto">{text}</p>'


def test_struck_text_in_chinese() -> None:
    assert one("原价~~“100”~~现价") == '<p dir="auto">原价<s>“100”</s>现价</p>'


def test_footnotes_come_last_in_the_order_of_their_mention() -> None:
    blocks = render("b[^b] a[^a] b[^b] [^none]\n\n[^a]: first *one*\n\n    more\n\n[^b]: second[^c]\n[^c]: third\n")
    assert (
        blocks[0]
        == '<p dir="auto">b<sup class="footnote">1</sup> a<sup class="footnote">2</sup> b<sup class="footnote">1</sup> [^none]</p>'
    )
    assert len(blocks) == 2
    assert blocks[1] == (
        '<section class="footnotes" role="doc-endnotes"><ol>\n'
        '<li dir="auto"><p dir="auto">second<sup class="footnote">3</sup></p></li>\n'
        '<li dir="auto"><p dir="auto">first <em>one</em></p>\n<p dir="auto">more</p></li>\n'
        '<li dir="auto"><p dir="auto">third</p></li>\n</ol></section>'
    )


def test_a_footnote_inside_of_a_quote_leaves_the_quote() -> None:
    assert render("> a[^1]\n>\n> [^1]: note") == [
        '<blockquote dir="auto">\n<p dir="auto">a<sup class="footnote">1</sup></p>\n</blockquote>',
        '<section class="footnotes" role="doc-endnotes"><ol>\n<li dir="auto"><p dir="auto">note</p></li>\n</ol></section>',
    ]


def test_lines_may_end_in_any_way() -> None:
    assert render("a\r\nb\rc\n\r\n# d\r") == render("a\nb\nc\n\n# d\n")


def test_rendering_needs_no_settings() -> None:
    """The room works before Django is set up, in a process of its own."""
    script = "from chatapp.rendering import join, render; print(join(render('*a*'), ''))"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == '<div class="block"><p dir="auto"><em>a</em></p></div><div class="tail"></div>\n'
