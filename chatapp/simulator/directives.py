"""Scripts in plain words, for tests and for playing.

A script is what follows `simulate:` in the last message of the user, or what was posted to `/control/script`:
directives, separated by commas, semicolons or line ends. N is a whole number, S a number of seconds, NAME and WORD are
words. A point "after N" counts thinking and answer tokens together; a point that is never reached does nothing.

What is said (without any of these: the demo's answer to the rest of the message)

    tokens N                   N self-describing tokens: half thinking `<r000001>` …, half answer `<a000001>` …
    thinking N                 N self-describing tokens of thinking
    answer N                   N self-describing tokens of answer
    say: …                     exactly this Markdown, up to the end of the message
    think: "…"                 exactly this thinking
    repeat "…"                 an answer that repeats itself until the limit
    never-stops                thinking without end, deaf to every budget, until the connection closes
    no-limit                   deaf to max_tokens and to the budget of thinking
    line N                     an answer that begins with a single event of N bytes of text
    unicode                    an answer of characters that break careless readers, half surrogates among them
    call NAME {…}              a tool call with these arguments; may be given several times
    replay NAME                the recorded stream of that name, byte for byte

When

    rate S                     S tokens per second; 0 is as fast as they are taken
    delay S                    wait before the headers
    wait S                     after the headers, only comments for S seconds
    wait S after N             only comments for S seconds at that point
    silent                     after the headers, nothing, until the connection closes
    silent S                   after the headers, nothing for S seconds
    pause S after N            nothing for S seconds at that point
    hang after N               nothing more from that point
    comments S                 a comment after every S quiet seconds (normally 1)
    generation S               the look-up of the generation finds it S seconds after the end

How it breaks

    drop                       close the connection without a word
    cut after N                close it inside a chunked body
    cut-close after N          a body framed by closing alone, closed: a clean end without a finish
    reset after N              a TCP reset
    cut-in-json after N        close it inside the JSON of the next event
    cut-in-character after N   close it inside a three-byte character
    cut at N                   close it after N bytes of the body
    reset at N                 a TCP reset after N bytes of the body
    hang at N                  nothing more after N bytes of the body
    length after N             the limit is reached there
    filter after N             the content filter steps in there
    fail N times then ok       break as the rest says (or with a 503) N times, then answer; counted for each message
    garbage N                  N events that are not JSON, among the tokens

Errors

    error N                    that status instead of a stream
    error N WORD               another known form of it: 400 context, image, data-uri, inspection, provider;
                               401 invalid; 402 prompt; 403 key, management; 404 image, guardrails, parameters,
                               providers; 413 image; 429 upstream, daily; any: newest, availability
    error N after N            an error of that code inside the stream
    error N WORD after N       the same, in another form
    shape WORD                 how that error looks: documented, empty-choices, bare, string
    error-done                 a [DONE] follows the error
    retry-after S              a Retry-After header beside the error
    html N                     an HTML page with that status
    json N                     an error in JSON with that status, 200 for instance
    empty N                    no body, with that status
    gzip-bomb                  300 MB of nothing, compressed, whatever the client accepts
    endless                    a line that never ends
    endless after N            the same at that point

Forms

    no-done                    no [DONE]
    done-without-finish        [DONE] without finish and usage
    stay-open                  the connection stays open after [DONE]
    no-usage                   no usage, a single finish chunk
    usage WORD                 how usage comes: repeated, empty-choices, null-finish, single, none
    think-tags                 thinking inside the content, with only the closing tag
    reasoning-content          thinking as reasoning_content only, as vLLM does
    reasoning-twice            thinking as reasoning and as reasoning_content
    details-only               thinking as reasoning_details only
    plain-reasoning            thinking as reasoning only
    crlf                       lines end in CR LF
    cr                         lines end in CR
    no-space                   no space after `data:`
    multi-line                 each event in two data lines
    bom                        a byte order mark first
    odd                        events that are unusual but right: empty choices, null delta, unknown fields, ids
    bytes N                    the body goes out N bytes at a time
    bytes N every S            the same, S seconds apart
"""

import re
from collections.abc import Callable
from typing import Any

from chatapp.simulator import errors
from chatapp.simulator.script import (
    ByteStop,
    Call,
    Do,
    ErrorShape,
    Instead,
    Stop,
    ThinkingForm,
    UsageForm,
)

Changes = dict[str, Any]


class UnknownDirective(ValueError):
    """A script that cannot be read; the text names the directive."""


def _stop(do: Do) -> Callable[[str], Changes]:
    return lambda after: {"stops": [Stop(int(after), do)]}


def _timed_stop(do: Do) -> Callable[[str, str], Changes]:
    return lambda seconds, after: {"stops": [Stop(int(after), do, float(seconds))]}


def _byte_stop(do: Do) -> Callable[[str], Changes]:
    return lambda at: {"byte_stop": ByteStop(int(at), do)}


def _set(**changes: object) -> Callable[[], Changes]:
    return lambda: changes


def _number(name: str) -> Callable[[str], Changes]:
    return lambda number: {name: int(number)}


def _seconds(name: str) -> Callable[[str], Changes]:
    return lambda seconds: {name: float(seconds)}


def _quoted(name: str) -> Callable[[str], Changes]:
    return lambda text: {name: re.sub(r"\\(.)", _unescape, text)}


def _unescape(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t"}.get(found[1], found[1])


def _tokens(number: str) -> Changes:
    return {"thinking": int(number) // 2, "answer": int(number) - int(number) // 2}


def _error(status: str, variant: str | None = None) -> Changes:
    if not errors.knows(int(status), variant):
        raise UnknownDirective(f"error {status} {variant or ''}".rstrip())
    return {"instead": Instead.ERROR, "status": int(status), "variant": variant}


def _error_after(status: str, after: str) -> Changes:
    return {**_error(status), "instead": None, "stops": [Stop(int(after), Do.ERROR)]}


def _error_variant_after(status: str, variant: str, after: str) -> Changes:
    return {**_error(status, variant), "instead": None, "stops": [Stop(int(after), Do.ERROR)]}


def _instead(instead: Instead) -> Callable[[str], Changes]:
    def change(status: str) -> Changes:
        if not 200 <= int(status) <= 599:
            raise UnknownDirective(f"{instead} {status}")
        return {"instead": instead, "status": int(status)}

    return change


DIRECTIVES: dict[str, Callable[..., Changes]] = {
    "tokens N": _tokens,
    "thinking N": _number("thinking"),
    "answer N": _number("answer"),
    'think: "…"': _quoted("think"),
    'repeat "…"': _quoted("repeat"),
    "never-stops": _set(never_stops=True, no_limit=True),
    "no-limit": _set(no_limit=True),
    "line N": _number("line"),
    "unicode": _set(unicode=True),
    "call NAME {…}": lambda name, arguments: {"calls": [Call(name, arguments or "")]},
    "replay NAME": lambda name: {"replay": name},
    "rate S": _seconds("rate"),
    "delay S": _seconds("delay"),
    "wait S": _seconds("wait"),
    "wait S after N": _timed_stop(Do.WAIT),
    "silent": _set(silent=float("inf")),
    "silent S": _seconds("silent"),
    "pause S after N": _timed_stop(Do.PAUSE),
    "hang after N": _stop(Do.HANG),
    "comments S": _seconds("comment_every"),
    "generation S": _seconds("generation_after"),
    "drop": _set(instead=Instead.DROP),
    "cut after N": _stop(Do.CUT),
    "cut-close after N": _stop(Do.CUT_CLOSE),
    "reset after N": _stop(Do.RESET),
    "cut-in-json after N": _stop(Do.CUT_IN_JSON),
    "cut-in-character after N": _stop(Do.CUT_IN_CHARACTER),
    "cut at N": _byte_stop(Do.CUT),
    "reset at N": _byte_stop(Do.RESET),
    "hang at N": _byte_stop(Do.HANG),
    "length after N": _stop(Do.LENGTH),
    "filter after N": _stop(Do.FILTER),
    "fail N times then ok": _number("fail_times"),
    "garbage N": _number("garbage"),
    "error N": _error,
    "error N WORD": _error,
    "error N after N": _error_after,
    "error N WORD after N": _error_variant_after,
    "shape WORD": lambda word: {"shape": ErrorShape(word)},
    "error-done": _set(done_after_error=True),
    "retry-after S": _seconds("retry_after"),
    "html N": _instead(Instead.HTML),
    "json N": _instead(Instead.JSON),
    "empty N": _instead(Instead.EMPTY),
    "gzip-bomb": _set(instead=Instead.GZIP_BOMB),
    "endless": _set(stops=[Stop(0, Do.ENDLESS)]),
    "endless after N": _stop(Do.ENDLESS),
    "no-done": _set(done=False),
    "done-without-finish": _set(finish=False, usage_form=UsageForm.NONE),
    "stay-open": _set(stay_open=True),
    "no-usage": _set(usage_form=UsageForm.NONE),
    "usage WORD": lambda word: {"usage_form": UsageForm(word)},
    "think-tags": _set(thinking_form=ThinkingForm.TAGS),
    "reasoning-content": _set(thinking_form=ThinkingForm.CONTENT),
    "reasoning-twice": _set(thinking_form=ThinkingForm.TWICE),
    "details-only": _set(thinking_form=ThinkingForm.DETAILS),
    "plain-reasoning": _set(thinking_form=ThinkingForm.PLAIN),
    "crlf": _set(newline=b"\r\n"),
    "cr": _set(newline=b"\r"),
    "no-space": _set(space=False),
    "multi-line": _set(multi_line=True),
    "bom": _set(bom=True),
    "odd": _set(odd=True),
    "bytes N": lambda number: {"piece_bytes": max(1, int(number))},
    "bytes N every S": lambda number, every: {
        "piece_bytes": max(1, int(number)),
        "piece_seconds": float(every),
    },
}
