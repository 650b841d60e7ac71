"""Reads scripts: the words of `directives` made into a `Script`."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from chatapp.simulator.directives import DIRECTIVES, Changes, UnknownDirective
from chatapp.simulator.script import NO_SCRIPT, Script

_MARK = re.compile(r"\bsimulate:", re.IGNORECASE)
_SAY = re.compile(r"\s*say:[ \t]?\n?", re.IGNORECASE)
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[{},;\n]', re.DOTALL)
_SEPARATORS = frozenset(",;\n")
_ARGUMENTS = {
    "N": r"(\d{1,9})",
    "S": r"(\d{1,6}(?:\.\d{1,6})?)",
    "WORD": r"([a-z][a-z-]*)",
    "NAME": r"([\w./-]+)",
    '"…"': r'"((?:[^"\\]|\\.)*)"',
    "{…}": r"(\{.*\})?",
}


def find_script(message: str) -> tuple[str, str] | None:
    """What stands before and after `simulate:` in a message, if a directive follows it. Prose is left alone.

    The last one counts: a question whose answer had no text comes joined to the next one.
    """
    for found in reversed(list(_MARK.finditer(message))):
        script = message[found.end() :]
        directives, say = _cut(script)
        if say is not None or any(_change_for(directive) for directive in directives):
            return message[: found.start()].strip(), script
    return None


def parse(text: str) -> Script:
    """Read a script. Raises UnknownDirective."""
    directives, say = _cut(text)
    script = replace(NO_SCRIPT, text=text.strip(), say=say)
    for directive in directives:
        change = _change_for(directive)
        if change is None:
            raise UnknownDirective(directive)
        try:
            script = script.changed(change())
        except ValueError as exc:
            raise UnknownDirective(directive) from exc
    return replace(script, stops=tuple(sorted(script.stops, key=lambda stop: stop.after)))


def _cut(text: str) -> tuple[list[str], str | None]:
    """The directives, and what `say:` says to the end. Separators within quotes and braces do not count."""
    directives: list[str] = []
    start = depth = 0
    for found in _SIGN.finditer(text + "\n"):
        if say := _SAY.match(text, start):
            return directives, text[say.end() :]
        depth = max(0, depth + (found[0] == "{") - (found[0] == "}"))
        if found[0] in _SEPARATORS and not depth:
            directives.append(text[start : found.start()].strip())
            start = found.end()
    directives.append(text[start:].strip())
    return [directive for directive in directives if directive], None


def _change_for(directive: str) -> Callable[[], Changes] | None:
    for pattern, change in _PATTERNS.items():
        if found := pattern.fullmatch(directive):
            return partial(change, *found.groups())
    return None


def _pattern(spec: str) -> re.Pattern[str]:
    first, *rest = spec.split(" ")
    parts = [(r"\s*" if word == "{…}" else r"\s+") + (_ARGUMENTS.get(word) or re.escape(word)) for word in rest]
    return re.compile(re.escape(first) + "".join(parts), re.IGNORECASE | re.DOTALL)


_PATTERNS = {_pattern(spec): change for spec, change in DIRECTIVES.items()}
