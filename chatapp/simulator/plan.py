"""What will be said in answer to a request: a plan made before the first token goes out."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, cycle, islice

from chatapp.simulator import demo, tools
from chatapp.simulator.ask import Ask
from chatapp.simulator.chunks import Kind, Token
from chatapp.simulator.script import Call, Script
from chatapp.simulator.tokens import split

# Line separators that are no line ends here, NUL, half surrogates, signs that join, and text from right to left.
AWKWARD = (
    *("line\u2028paragraph\u2029next\u0085", "tab\x0bfeed\x1cend", "nul\x00.", " \ud83d", "\ude00 "),
    *("👨\u200d", "👩\u200d👧", " cafe", "\u0301 ", "🇫", "🇷", " قطة", " 猫"),
    *(' "quoted\\" ', "\r\n", "\ufeff", "</th", "ink> &amp; <b>"),
)


@dataclass(slots=True)
class Plan:
    """The tokens to come, in order, and how they end when nothing goes wrong. `limit` counts tokens."""

    tokens: Iterator[Token]
    limit: int | None
    calls: tuple[Call, ...]
    thinks: bool

    @property
    def finish(self) -> str:
        """The reason of a natural end."""
        return "tool_calls" if self.calls else "stop"


def make_plan(ask: Ask, script: Script, question: str) -> Plan:
    """Decide what to say; `question` is the last message without the script."""
    thinking, answer, calls = _scripted(script) if script.scripted else _prepared(ask, question)
    if not ask.model.thinks:
        thinking = ()
    if not script.no_limit:
        thinking = islice(thinking, ask.thinking_budget)
    # A script stands in the question for good: its calls are made once, not again when the tool has answered.
    calls = () if ask.messages[-1]["role"] == "tool" else script.calls or calls
    first = next(iter_thinking := iter(thinking), None)
    thought: Iterable[str] = iter_thinking if first is None else chain((first,), iter_thinking)
    tokens = chain(_as("thinking", thought), _as("answer", () if calls else answer))
    limit = None if script.no_limit else ask.max_tokens
    return Plan(tokens=tokens, limit=limit, calls=calls, thinks=first is not None)


def numbered(letter: str, numbers: Iterable[int]) -> Iterator[str]:
    """Tokens that tell their place: `<r000001>`, `<r000002>` …"""
    return (f"<{letter}{number:06d}>" for number in numbers)


def _as(kind: Kind, texts: Iterable[str]) -> Iterator[Token]:
    return ((kind, text) for text in texts)


def _scripted(script: Script) -> tuple[Iterable[str], Iterable[str], tuple[Call, ...]]:
    thinking: Iterable[str] = numbered("r", range(1, (script.thinking or 0) + 1))
    if script.never_stops:
        thinking = numbered("r", count(1))
    elif script.think is not None:
        thinking = split(script.think)
    answers: list[Iterable[str]] = []
    if script.line is not None:
        answers.append(["x" * script.line])
    if script.unicode:
        answers.append(AWKWARD)
    if script.say is not None:
        answers.append(split(script.say))
    if script.answer is not None:
        answers.append(numbered("a", range(1, script.answer + 1)))
    if script.repeat:
        answers.append(cycle(split(script.repeat)))
    return thinking, chain.from_iterable(answers), ()


def _prepared(ask: Ask, question: str) -> tuple[Iterable[str], Iterable[str], tuple[Call, ...]]:
    seed = ask.body.get("seed")
    # Without a seed an answer asked for again differs a little, as it would with a model.
    variation = random.randrange(demo.VARIATIONS) if seed is None else seed % demo.VARIATIONS  # noqa: S311
    call = tools.choose_call(ask, question)
    if call is not None:
        return split(tools.thoughts_about(call, question)), (), (call,)
    result = tools.last_result(ask)
    if result is not None:
        thinking, answer = demo.about_result(question, *result)
    else:
        thinking, answer = demo.respond(
            demo.Question(
                text=question,
                earlier=tuple(ask.questions[:-1]),
                pictures=ask.pictures if ask.has_new_pictures else (),
            ),
            variation,
        )
    wanted = ask.body.get("response_format") or {}
    if wanted.get("type", "text") != "text":
        answer = tools.as_json(wanted, question, answer)
    return split(thinking), split(answer), ()
