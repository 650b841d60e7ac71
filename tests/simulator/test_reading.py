"""Scripts, without a socket."""

from pathlib import Path

import pytest

from chatapp.simulator import directives
from chatapp.simulator.directives import DIRECTIVES, UnknownDirective
from chatapp.simulator.reading import find_script, parse
from chatapp.simulator.script import ByteStop, Call, Do, ErrorShape, Instead, Stop, ThinkingForm

DOCS = Path(__file__).parents[2] / "docs" / "simulator.md"
EXAMPLES = {"N": "404", "S": "1.5", "NAME": "zoom", '"…"': '"a, b"', "{…}": '{"x": [1, 2]}'}
WORDS = {"error N WORD": "image", "error N WORD after N": "image", "shape WORD": "bare", "usage WORD": "single"}


def example(spec: str) -> str:
    return " ".join(WORDS[spec] if word == "WORD" else EXAMPLES.get(word, word) for word in spec.split(" "))


@pytest.mark.parametrize("spec", DIRECTIVES)
def test_every_directive_is_understood_and_documented(spec: str) -> None:
    script = parse(example(spec))
    assert script != parse("")
    assert f"\n    {spec} " in (directives.__doc__ or "")
    assert f"| `{spec}` |" in DOCS.read_text("utf-8")


def test_directives_are_separated_by_commas_semicolons_and_lines() -> None:
    script = parse("tokens 7, rate 0.5; pause 2 after 5\nCUT after 3,,\n error 502 after 4, shape bare")
    assert (script.thinking, script.answer, script.rate) == (3, 4, 0.5)
    assert script.stops == (Stop(3, Do.CUT), Stop(4, Do.ERROR), Stop(5, Do.PAUSE, 2.0))
    assert (script.status, script.shape, script.instead) == (502, ErrorShape.BARE, None)


def test_quotes_and_braces_keep_separators() -> None:
    script = parse('think: "one, two;\nsay: \\"three\\"\\n", call zoom {"x": {"a": 1, "b": 2}}, call clock, crlf')
    assert script.think == 'one, two;\nsay: "three"\n'
    assert script.calls == (Call("zoom", '{"x": {"a": 1, "b": 2}}'), Call("clock", ""))
    assert script.newline == b"\r\n"


def test_say_takes_everything_to_the_end() -> None:
    script = parse('think: "hm", say: # Title, with; commas\n\nand "quotes" {\n')
    assert script.say == '# Title, with; commas\n\nand "quotes" {\n'
    assert script.think == "hm"


@pytest.mark.parametrize(
    "text", ["fly 3", "tokens", "tokens x", "error 999", "error 400 nonsense", "shape odd", "html 99"]
)
def test_an_unknown_directive_is_named(text: str) -> None:
    with pytest.raises(UnknownDirective, match=text):
        parse(f"tokens 3, {text}")


def test_a_script_is_found_in_a_message_and_prose_is_left_alone() -> None:
    assert find_script("Why? Simulate: tokens 3") == ("Why?", " tokens 3")
    assert find_script("simulate: say: hi") == ("", " say: hi")
    assert find_script("Please simulate: a coin toss") is None
    assert find_script("simulate the sea") is None
    assert find_script("Why? simulate: drop\n\nHow? simulate: tokens 3") == ("Why? simulate: drop\n\nHow?", " tokens 3")


def test_a_failing_script_works_after_all() -> None:
    script = parse("fail 2 times then ok, error 429, tokens 4, pause 1 after 2, hang after 3, cut at 9")
    assert script.failing() == script
    works = script.working()
    assert (works.instead, works.byte_stop, works.stops) == (None, None, (Stop(2, Do.PAUSE, 1.0),))
    assert works.answer == 2
    assert parse("fail 1 times then ok").failing().status == 503
    assert parse("fail 1 times then ok, drop").failing().instead is Instead.DROP


def test_forms_and_bytes_are_read() -> None:
    script = parse("think-tags, bytes 7 every 0.25, reset at 100")
    assert script.thinking_form is ThinkingForm.TAGS
    assert (script.piece_bytes, script.piece_seconds) == (7, 0.25)
    assert script.byte_stop == ByteStop(100, Do.RESET)
