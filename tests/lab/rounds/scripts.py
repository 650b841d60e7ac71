"""What upstream does in a talk: a script for the simulator, and the endings that it may lead to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

Ending = tuple[str, str]

DONE: Ending = ("done", "")
CUT: Ending = ("interrupted", "cut")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`words` for the simulator, `faults` by their names in the table, the endings that are right.

    `requests`: how many an attempt may make at most. `needs_stop`: it never ends by itself. `is_plain`: what is shown
    is the text itself, not Markdown made of it. `mixes`: thinking comes inside the content. `keeps_all`: every whole token
    arrives, however it ends.
    """

    words: str
    say: str = ""
    faults: tuple[str, ...] = ()
    endings: frozenset[Ending] = frozenset({DONE})
    requests: int = 1
    needs_stop: bool = False
    is_plain: bool = True
    mixes: bool = False
    keeps_all: bool = False

    def __str__(self) -> str:
        return f"{self.words}, say: {self.say}" if self.say else self.words


def draw(rng: Random) -> Script:
    """Something said, at some pace, in up to two forms, and in half of all cases it breaks."""
    script = rng.choices([_steady, _slow, _burst, _markdown, _unicode, _line], [8, 2, 2, 4, 1, 1])[0](rng)
    for name in rng.sample(sorted(FORMS), rng.choice([0, 0, 1, 2])):
        script = _in_form(script, name, rng)
    if rng.random() < 0.5:
        script = _broken(script, rng.choice(BREAKS), rng)
    return script


def _steady(rng: Random) -> Script:
    return Script(words=f"tokens {rng.randint(30, 600)}, rate {rng.randint(60, 400)}")


def _slow(rng: Random) -> Script:
    words = f"tokens {rng.randint(6, 24)}, rate {rng.randint(6, 12)}"
    # Every byte alone, where there are few: each is a piece of work for all who pass it on.
    return Script(words=words + rng.choice(["", ", bytes 1"]), faults=("upstream: a slow drip",))


def _burst(rng: Random) -> Script:
    return Script(words=f"tokens {rng.randint(2_000, 12_000)}, rate 0", faults=("upstream: a burst",))


def _unicode(rng: Random) -> Script:
    # Its answer has a closing think tag in it, which means what it says unless there was thinking before.
    words = f"unicode, thinking {rng.randint(1, 20)}, rate {rng.randint(10, 40)}"
    return Script(words=words, faults=("upstream: `unicode`",), is_plain=False)


def _line(rng: Random) -> Script:
    words = f"line {rng.randint(50_000, 400_000)}, answer {rng.randint(5, 50)}, rate 60"
    return Script(words=words, faults=("upstream: `line N`",))


BLOCKS = (
    "## A heading {n}",
    "Some *stress*, some **weight**, `code {n}` and [a link](https://example.com/{n}).",
    "- one\n- two {n}\n  - under two\n- three",
    "1. first\n2. second {n}\n\n   its own paragraph",
    "| a | b |\n|---|---|\n| {n} | 2 |\n| 3 | 4 |",
    "```python\ndef f{n}(x):\n    return x < {n} & 1\n```",
    "$$\nx_{{{n}}} = \\frac{{a}}{{b}}\n$$",
    "> quoted {n}\n> and more\n\nA line\nand its rest {n}.",
    "**“重点 {n}”**内容，قطة 👩\u200d👧 e\u0301",
    "---\n\n<script>alert({n})</script> &amp; <b>bold</b>",
)


def _markdown(rng: Random) -> Script:
    text = "\n\n".join(rng.choice(BLOCKS).format(n=n) for n in range(rng.randint(3, 14)))
    words = f"thinking {rng.randint(0, 80)}, rate {rng.randint(40, 200)}"
    return Script(words=words, say=text, faults=("upstream: Markdown",), is_plain=False)


# Forms of one kind exclude one another: the simulator would keep the last only.
FORMS: dict[str, Callable[[Random], str]] = {
    "thinking's place": lambda rng: rng.choice(
        ["reasoning-content", "reasoning-twice", "details-only", "plain-reasoning", "think-tags"]
    ),
    "usage's place": lambda rng: rng.choice(
        ["no-usage", *(f"usage {word}" for word in ("repeated", "empty-choices", "null-finish", "single"))]
    ),
    "line ends": lambda rng: rng.choice(["crlf", "cr"]),
    "events": lambda rng: rng.choice(["multi-line", "no-space", "bom", "odd"]),
    "the end": lambda rng: rng.choice(["no-done", "stay-open"]),
    "pieces": lambda rng: f"bytes {rng.choice([7, 100, 1400])}",
    "comments": lambda rng: f"comments 0.05, wait {rng.uniform(0.2, 1.5):.1f}",
    "garbage": lambda rng: f"garbage {rng.randint(1, 4)}",
    "a pause": lambda rng: f"pause {rng.uniform(0.3, 2.5):.1f} after {rng.randint(1, 20)}",
    "a silence": lambda rng: f"silent {rng.uniform(0.3, 2.5):.1f}",
    "a delay": lambda rng: f"delay {rng.uniform(0.2, 2.0):.1f}",
}


def _in_form(script: Script, name: str, rng: Random) -> Script:
    words = FORMS[name](rng)
    return replace(
        script,
        words=f"{script.words}, {words}",
        faults=(*script.faults, f"upstream: {_named(words, name)}"),
        mixes=script.mixes or words == "think-tags",
    )


def _named(words: str, name: str) -> str:
    return "`bytes N`" if name == "pieces" else f"`{words}`" if words.replace("-", "").isalpha() else name


@dataclass(frozen=True, slots=True)
class Break:
    """A way to break. In its words {n} is a number of tokens and {b} of bytes, {s} a number of seconds."""

    words: str
    endings: frozenset[Ending]
    requests: int = 1
    needs_stop: bool = False

    @property
    def keeps_all(self) -> bool:
        """A reset may overtake what was sent before it, and a byte limit cuts a token in two; a close does neither."""
        return "after {n}" in self.words and "reset" not in self.words


def _break(words: str, *endings: Ending, requests: int = 1, needs_stop: bool = False) -> Break:
    return Break(words, frozenset(endings), requests, needs_stop)


# A point that is never reached does nothing, so an answer may also be done.
BREAKS = (
    _break("cut after {n}", CUT, DONE),
    _break("cut-close after {n}", CUT, DONE),
    _break("reset after {n}", CUT, DONE),
    _break("cut-in-json after {n}", CUT, DONE),
    _break("cut-in-character after {n}", CUT, DONE),
    _break("cut at {b}", CUT, DONE),
    _break("reset at {b}", CUT, DONE),
    _break("hang after {n}", DONE, needs_stop=True),
    _break("hang at {b}", DONE, needs_stop=True),
    _break("silent", needs_stop=True),
    _break("never-stops", needs_stop=True),
    _break("wait {s} after {n}", DONE),
    _break("length after {n}", ("length", "tokens"), DONE),
    _break("filter after {n}", ("filtered", "answer"), DONE),
    _break("done-without-finish", CUT),
    _break("endless after {n}", ("failed", "upstream"), ("length", "size"), DONE),
    _break("error 502 after {n}", ("failed", "upstream"), DONE),
    _break("error 502 after {n}, shape bare", ("failed", "upstream"), DONE),
    _break("error 502 after {n}, shape string, error-done", ("failed", "upstream"), DONE),
    _break("error 429 after {n}, shape empty-choices", ("failed", "busy"), DONE),
    _break("error 400 context", ("failed", "too_long")),
    _break("error 401", ("failed", "key")),
    _break("error 402", ("failed", "credit")),
    _break("error 403", ("filtered", "question")),
    _break("error 404", ("failed", "model")),
    _break("error 413", ("failed", "too_large")),
    _break("error 429", ("failed", "busy"), requests=3),
    _break("error 502", ("failed", "upstream"), requests=3),
    _break("error 529, retry-after 60", ("failed", "busy")),
    _break("fail 1 times then ok", DONE, requests=2),
    _break("drop", CUT),
    _break("html 200", ("failed", "upstream")),
    _break("json 200", ("failed", "upstream"), requests=3),
    _break("empty 200", ("failed", "empty"), requests=2),
    _break("gzip-bomb", ("failed", "upstream")),
)


def _broken(script: Script, way: Break, rng: Random) -> Script:
    words = way.words.format(n=rng.randint(1, 40), b=rng.randint(300, 12_000), s=f"{rng.uniform(0.3, 2.5):.1f}")
    return replace(
        script,
        words=f"{script.words}, {words}",
        faults=(*script.faults, f"upstream: `{name_of(way)}`"),
        endings=way.endings,
        requests=way.requests,
        needs_stop=way.needs_stop,
        keeps_all=way.keeps_all,
    )


def name_of(way: Break) -> str:
    """How a break is called in the table."""
    return way.words.partition(",")[0].replace("{n}", "N").replace("{b}", "N").replace("{s}", "S")
