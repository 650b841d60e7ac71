r"""Formulas: which are read as such, what they become, and what is shown when they are not understood."""

import pytest

from chatapp.rendering import Incremental, render
from chatapp.rendering.formulas import LONGEST_FORMULA, formula
from tests.rendering.dom import Document, assert_safe

# TeX, and what must be in its MathML.
UNDERSTOOD = [
    (r"x", ["<mi>x</mi>"]),
    (r"E = mc^2", ["<msup>", "<mn>2</mn>"]),
    (r"a_{ij}^{(t)}", ["<msubsup>"]),
    (r"\frac{a}{b}", ["<mfrac>"]),
    (r"\dfrac{1}{2} + \tfrac12", ['displaystyle="true"', 'displaystyle="false"']),
    (r"\sqrt{2}", ["<msqrt>"]),
    (r"\sqrt[3]{x}", ["<mroot>"]),
    (r"\binom{n}{k}", ['linethickness="0"']),
    (r"\sum_{i=1}^{n} i^2", ["∑", "<mn>1</mn>"]),
    (r"\prod_{k} k", ["∏"]),
    (r"\int_0^\infty e^{-x^2}\,dx", ["∫", "∞"]),
    (r"\oint_C \vec{F}\cdot d\vec{r}", ["∮", "⃗", "⋅"]),
    (r"\lim_{x \to 0} \frac{\sin x}{x}", ["lim", "→", "sin"]),
    (r"\max\limits_{x} f(x)", ["max"]),
    (r"\argmax_\theta p", ["arg\u2009max", "θ"]),
    (r"\operatorname{softmax}(z)", ["softmax"]),
    (r"\alpha\beta\gamma\Gamma\Omega\varepsilon", ["α", "β", "γ", "Γ", "Ω", "ε"]),
    (r"a \le b \neq c \approx d \in \mathbb{R}", ["≤", "≠", "≈", "∈", "ℝ"]),
    (r"\forall x \exists y : x \Rightarrow y", ["∀", "∃", "⇒"]),
    (r"A \cup B \subseteq \emptyset", ["∪", "⊆", "∅"]),
    (r"\nabla \times \mathbf{B} = \partial_t", ["∇", "×", "𝐁", "∂"]),
    (r"\hat{y} \bar{x} \dot{q} \tilde{n} \widetilde{ab}", ["<mover"]),
    (r"\overline{AB} \underline{x} \underbrace{a+b}_{n}", ["<mover", "<munder"]),
    (r"\left( \frac{1}{2} \right]", ["<mo>(</mo>", "<mo>]</mo>"]),
    (r"\lfloor x \rfloor \lVert v \rVert", ["⌊", "‖"]),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", ["<mtable", "<mtr>", "<mn>4</mn>"]),
    (r"\begin{bmatrix} a & \cdots \\ \vdots & \ddots \end{bmatrix}", ["⋯", "⋮", "⋱"]),
    (r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}", ["<mtable"]),
    (r"\begin{smallmatrix} a & b \end{smallmatrix}", ["<mtable"]),
    (r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}", ['class="to-start', "<mtext>else</mtext>"]),
    (r"\begin{aligned} a &= b \\ &= c \end{aligned}", ['class="to-end flush-end"', 'class="to-start flush-start"']),
    (r"\begin{align} a &= b \\ &= c \end{align}", ['class="wide"', 'class="half"']),
    (r"\begin{equation} x = 1 \tag{7} \end{equation}", ["(7)"]),
    (r"x = 1 \tag{3}", ["(3)"]),
    (r"\begin{split} a &= b \end{split}", ["<mtable"]),
    (r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}", ["rule-right", "rule-top"]),
    (r"\sum_{\substack{i<j \\ j<k}} x", ["<mtable"]),
    (r"\boxed{42}", ['<mrow class="box">']),
    (r"\cancel{x}", ['class="strike-up"']),
    (r"\color{red}{x} + \textcolor{blue}{y}", ['mathcolor="#FF0000"', 'mathcolor="#0000FF"']),
    (r"\text{if } x \text{ then}", ["<mtext>if"]),
    (r"\textbf{bold} x", ["<b>bold</b>"]),
    (r"\mathcal{L} \mathfrak{g} \mathrm{d}x", ["ℒ", "𝔤"]),
    (r"\xrightarrow{f} \rightleftharpoons", ["→", "⇌"]),
    (r"50\% \$ \# \_ \{ \}", ["%", "$", "{"]),
    (r"5 \times 10^{-3}\ \mathrm{kg}", ["×", "−"]),
    (r"90^\circ", ["∘"]),
    (r"\Large x", ["<mi>x</mi>"]),
    (r"x \pmod{3} \iff y", ["⟺"]),
    (r"\text{Fläche} = 面积", ["Fläche", "面"]),
]  # fmt: skip


@pytest.mark.parametrize(("tex", "parts"), UNDERSTOOD)
def test_a_formula_becomes_mathml_with_its_source(tex: str, parts: list[str]) -> None:
    html = render(f"$$\n{tex}\n$$")[0]
    assert html.startswith('<div class="formula"><math display="block"><semantics>')
    for part in parts:
        assert part in html
    note = Document(html[html.index("<annotation") : html.index("</semantics>")])
    assert note.elements == [("annotation", {"encoding": "application/x-tex"})]
    assert note.text == tex


@pytest.mark.parametrize("tex", [tex for tex, _ in UNDERSTOOD])
def test_nothing_the_policy_forbids_comes_out_of_a_formula(tex: str) -> None:
    raw = formula(tex, display=True)
    assert raw is not None
    assert "style=" not in raw.replace("displaystyle=", "")
    assert_safe(raw)


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("a $x$ b", "x"),
        ("$x$", "x"),
        ("($x$), $y$.", "x"),
        ("the $n$th", "n"),
        ("公式$x$是", "x"),
        ("$2 + 2$", "2 + 2"),
        ("$1000 - 200 = 800$", "1000 - 200 = 800"),
        ("$5x$", "5x"),
        (r"a \(x\) b", "x"),
        (r"a \( x \) b", "x"),
        (r"a \[x\] b", "x"),
        ("a $$x$$ b", "x"),
        ("where $x\ny$ holds", "x\ny"),
        (r"$a\$b$", r"a\$b"),
        ("**$x$**", "x"),
        ("[$x$](https://ok.example)", "x"),
        ("$a_1 * b_2 * c$", "a_1 * b_2 * c"),
        ("# $x$", "x"),
        ("| a |\n|---|\n| $x$ |", "x"),
        ("- $x$", "x"),
        ("> $x$", "x"),
        ("- item\n\n  $$\n  x\n  $$", "x"),
        ("1. item\n   \\[\n   x\n   \\]", "x"),
        ("> $$\n> x\n> $$", "x"),
        ("text before\n$$\nx\n$$\ntext after", "x"),
        ("\\[\nx\n\\]", "x"),
        ("$$x$$", "x"),
        ("$$\n\nx\n\n$$", "x"),
        ("$$\na\n- b\n+ c\n$$", "a\n- b\n+ c"),
        ("$$\na\n= b\n$$", "a\n= b"),
        ("\\[\n\\begin{aligned} a &= b \\\\[2pt] c &= d \\end{aligned}\n\\]", r"\begin{aligned} a &= b \\[2pt] c &= d \end{aligned}"),
    ],
)  # fmt: skip
def test_read_as_a_formula(text: str, tex: str) -> None:
    html = "".join(render(text))
    assert html.count("<math") == 1 or text.count("$") == 4
    start = html.index("<annotation")
    assert Document(html[start : html.index("</semantics>", start)]).text == tex


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "between $5 and $10.",
        "It costs $5, or 5$ there",
        "$20. He paid with A$",
        "**$5** or **$6**",
        "US$5 and CA$ notes",
        "$5/month to US$",
        "$5 million–$6 million",
        "$100-$200",
        "$1,000.50 and $2",
        "$ x $",
        "$x $",
        "$ x$",
        "a $ b",
        "5$",
        "$",
        "$$",
        "$$$",
        "$$$$",
        "$HOME and $PATH",
        r"\$5\$",
        r"\$x$",
        "`$x$`",
        "```\n$x$\n```",
        "    $$\n    x\n    $$",
        r"\(",
        r"\( \)",
        r"\\(x\\)",
        "$x\n\ny$",
        "$5美元和$",
    ],
)
def test_not_read_as_a_formula(text: str) -> None:
    assert "<math" not in "".join(render(text))


@pytest.mark.parametrize("text", ["$5 and $10", "from $5.00 to $7.50 (or $3)", "US$5", "5 $"])
def test_prices_are_shown_as_written(text: str) -> None:
    assert render(text) == [f'<p dir="auto">{text}</p>']


@pytest.mark.parametrize(
    "tex", [r"\unknown{x}", r"\frac{1}", r"}{", r"a & b", r"\ce{H2O}", "x^", r"\left(", r"\begin{x}"]
)
def test_what_is_not_understood_is_shown_as_source(tex: str) -> None:
    for text in (f"$${tex}$$", f"word ${tex}$ word"):
        document = assert_safe(render(text)[0])
        assert {"class": "tex"} in document.all("code")
        assert tex in document.text


@pytest.mark.parametrize(
    "tex",
    [
        "{" * 500 + "}" * 500,
        "\\frac{" * 100 + "}{1}" * 100,
        "\\left(" * 100 + "\\right)" * 100,
        "\\begin{matrix}" * 60 + "\\end{matrix}" * 60,
        "\\hat " * 300 + "x",
        "x^{" * 300 + "}" * 300,
        r"\newcommand{\a}{\a\a}\a",
        r"\def\a{\a}\a",
        "x" + "'" * 1900,
        "x" * (LONGEST_FORMULA + 1),
    ],
)
def test_a_bomb_is_not_even_lit(tex: str) -> None:
    assert formula(tex, display=True) is None


def test_lengths_cannot_move_a_formula_out_of_its_place() -> None:
    html = "".join(render(r"$\raisebox{-90em}{x} \hspace{-90em} y$"))
    assert "voffset" not in html
    assert "90" not in Document(html[: html.index("<annotation")] + "</semantics></math></p>").text
    assert all("90" not in str(values) for values in Document(html).elements)


def test_each_formula_counts_for_itself() -> None:
    assert "(1)" not in "".join(render("$$\\begin{align}a&=b\\end{align}$$\n\n$$\\begin{gather}a\\end{gather}$$"))


def test_an_unfinished_formula_is_shown_as_source_until_it_is_finished() -> None:
    reader = Incremental()
    reader.feed("$$\n\\frac{a}{b}")
    assert reader.tail == '<div class="formula"><code class="tex">$$\n\\frac{a}{b}</code></div>'
    reader.feed("\n$$")
    assert "<mfrac>" in reader.tail
    reader.feed("\n")
    assert "<mfrac>" in reader.blocks[0]


def test_words_after_a_stray_opener_stay_words() -> None:
    assert render("$$ is the process\n\n# Title\n")[1] == '<h3 dir="auto">Title</h3>'
