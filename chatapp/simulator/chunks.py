"""The events of one stream, as bytes.

Tens of thousands of deltas a second go through here, so what never changes is encoded once and a delta is put together
from pieces; only its text is encoded.
"""

import json
from typing import Any, Literal

import msgspec

from chatapp.simulator.errors import USER_ID
from chatapp.simulator.script import Call, ErrorShape, Script, ThinkingForm, UsageForm

Kind = Literal["thinking", "answer"]
Token = tuple[Kind, str]

COMMENT = b": OPENROUTER PROCESSING\n\n"
PROVIDER = "Simulator"
CLOSING_TAG = (b"</th", b"ink>\n\n")

_BAD_JSON = (
    b'{"id":"gen-0","choices":[{"delta":{"content":"torn',
    b"not json at all",
    b"<html>502 Bad Gateway</html>",
    b'{"id":}',
    b"{'choices': []}",
)


def quote(text: str) -> bytes:
    """A text as a JSON string. Half surrogates, which UTF-8 cannot carry, go out as escapes."""
    try:
        return msgspec.json.encode(text)
    except UnicodeEncodeError:
        return json.dumps(text).encode()


class Chunks:
    """Encodes the events of one generation in the form that the script wants."""

    def __init__(self, *, generation: str, created: int, model: str, script: Script) -> None:
        self._line = b"data: " if script.space else b"data:"
        self._form = script.thinking_form
        self._usage_form = script.usage_form
        break_here = b"\n" + self._line if script.multi_line else b""
        common = {"id": generation, "object": "chat.completion.chunk", "created": created, "model": model}
        fields = msgspec.json.encode({**common, "provider": PROVIDER})[1:-1]
        self._start = self._line + b"{" + fields + b"," + break_here + b'"choices":['
        self._delta = self._start + b'{"index":0,"delta":{"content":'
        self._rest = b'},"finish_reason":null,"native_finish_reason":null}]}\n\n'
        self._answer_rest = b',"role":"assistant"' + self._rest

    def token(self, token: Token) -> bytes:
        """The event of one piece of text."""
        kind, text = token
        quoted = quote(text)
        if kind == "answer" or self._form is ThinkingForm.TAGS:
            return self._delta + quoted + self._answer_rest
        return self._delta + b'"","role":"assistant",' + self._thinking(quoted) + self._rest

    def _thinking(self, quoted: bytes) -> bytes:
        details = b'"reasoning_details":[{"type":"reasoning.text","text":%b,"format":"unknown","index":0}]'
        match self._form:
            case ThinkingForm.BOTH:
                return b'"reasoning":%b,' % quoted + details % quoted
            case ThinkingForm.DETAILS:
                return details % quoted
            case ThinkingForm.CONTENT:
                return b'"reasoning_content":%b' % quoted
            case ThinkingForm.TWICE:
                return b'"reasoning":%b,"reasoning_content":%b' % (quoted, quoted)
            case _:
                return b'"reasoning":%b' % quoted

    def closing_tag(self) -> bytes:
        """The end of thinking inside the content, torn over two events."""
        return b"".join(self._delta + quote(piece.decode()) + self._answer_rest for piece in CLOSING_TAG)

    def torn_json(self) -> bytes:
        """The beginning of an event, up to the middle of its text."""
        return self._delta + b'"a text that never'

    def torn_character(self) -> bytes:
        """The beginning of an event, up to the middle of a character of three bytes."""
        return self._delta + b'"the sign says ' + "汉".encode()[:2]

    def bad(self, number: int) -> bytes:
        """An event that is not JSON."""
        return self._line + _BAD_JSON[number % len(_BAD_JSON)] + b"\n\n"

    def odd(self) -> bytes:
        """Events that are unusual but right, without any text."""
        null_delta = b'{"index":0,"delta":null,"finish_reason":null}'
        no_content = (
            b'{"index":0,"delta":{"role":"assistant","content":null,"reasoning_details":[]},"finish_reason":null}'
        )
        news = b'{"index":0,"delta":{"content":"","mood":{"word":"new"}},"finish_reason":null}'
        return b"".join(
            [
                b"event: message\nid: 7\nretry: 3000\n" + self._start + b"]}\n\n",
                self._start + null_delta + b"]}\n\n",
                self._start + no_content + b'],"usage":null}\n\n',
                self._start + news + b'],"obfuscation":"aN0x"}\n\n',
                b":\n\n\n\n",
                b"unknown: field\n\n",
            ]
        )

    def echo(self, body: object) -> bytes:
        """The first event of a request that asked to see what is sent upstream."""
        return self._start + b'],"debug":{"echo_upstream_body":%b}}\n\n' % msgspec.json.encode(body)

    def call(self, index: int, call: Call, call_id: str) -> bytes:
        """A tool call in three events or more, its later ones with an empty id."""
        half = len(call.arguments) // 2
        first = {
            "index": index,
            "id": call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        further = [call.arguments[:half], call.arguments[half:]] if call.arguments else [""]
        later = [{"index": index, "id": "", "type": "function", "function": {"arguments": piece}} for piece in further]
        return b"".join(
            self._delta + b'null,"role":"assistant","tool_calls":%b' % msgspec.json.encode([part]) + self._rest
            for part in (first, *later)
        )

    def ending(self, finish: str, usage: dict[str, Any]) -> bytes:
        """The finish chunk, and the usage in the form that the script wants."""
        plain = self._finish(finish) + b"]}\n\n"
        counted = b'],"service_tier":null,"usage":%b}\n\n' % msgspec.json.encode(usage)
        match self._usage_form:
            case UsageForm.REPEATED:
                return plain + self._finish(finish) + counted
            case UsageForm.EMPTY_CHOICES:
                return plain + self._start + counted
            case UsageForm.NULL_FINISH:
                return plain + self._finish(None) + counted
            case UsageForm.SINGLE:
                return self._finish(finish) + counted
            case UsageForm.NONE:
                return plain

    def done(self) -> bytes:
        """The end of the stream."""
        return self._line + b"[DONE]\n\n"

    def error(self, error: dict[str, Any], shape: ErrorShape) -> bytes:
        """An error inside the stream."""
        if shape is ErrorShape.BARE:
            return self._line + msgspec.json.encode({"error": error, "user_id": USER_ID}) + b"\n\n"
        if shape is ErrorShape.STRING:
            error = {"code": "server_error", "message": error["message"]}
        choice = b"" if shape is ErrorShape.EMPTY_CHOICES else self._finish("error").removeprefix(self._start)
        return self._start + choice + b'],"error":%b}\n\n' % msgspec.json.encode(error)

    def _finish(self, reason: str | None) -> bytes:
        word = msgspec.json.encode(reason)
        return self._start + (
            b'{"index":0,"delta":{"content":"","role":"assistant"},"finish_reason":%b,"native_finish_reason":%b}'
            % (word, word)
        )
