"""Reads upstream's error answers and error events into ``Refusal``.

An answer's HTTP status goes before ``error.code``, that before ``error.http_status``; ``error_type`` is the stable word
and goes before all of them; ``availability.retryable`` decides about asking again. Most provider errors are called
"Provider returned error", with the truth in ``metadata.raw``: text, JSON text or an object.
"""

import json
from collections.abc import Mapping
from typing import Any

from chatapp.openrouter import hints
from chatapp.openrouter.chunks import decode_json
from chatapp.openrouter.errors import Kind, Refusal
from chatapp.openrouter.text import storable
from chatapp.words import Reason, State

TOO_LONG = Kind(
    State.FAILED,
    Reason.TOO_LONG,
    "This conversation is longer than the model can read. Start a new one, or shorten what is sent.",
)
TOO_MANY_TOKENS = Kind(
    State.FAILED, Reason.REFUSED, "The model cannot write that many tokens at once. Lower the limit and try again."
)
TOO_LARGE = Kind(
    State.FAILED,
    Reason.TOO_LARGE,
    "What was sent is too large for the model. Send fewer or smaller pictures, or less text.",
)
BAD_PICTURE = Kind(
    State.FAILED,
    Reason.PICTURE,
    "The model could not read a picture. Ask again without it, or send it as PNG or JPEG.",
)
NO_PICTURES = Kind(State.FAILED, Reason.PICTURE, "This model takes no pictures. Ask again without them.")
INVALID = Kind(
    State.FAILED,
    Reason.REFUSED,
    "The model did not accept the request. Change the question or its settings and try again.",
)
KEY = Kind(
    State.FAILED,
    Reason.KEY,
    "The key for the model was not accepted. If it is your own, check it; otherwise tell the people who run this site.",
)
CREDIT = Kind(
    State.FAILED, Reason.CREDIT, "The model cannot be asked at the moment. Tell the people who run this site."
)
FORBIDDEN = Kind(
    State.FAILED, Reason.REFUSED, "The model may not be used for this request. Tell the people who run this site."
)
FILTERED_QUESTION = Kind(
    State.FILTERED, Reason.QUESTION, "A filter of the model's provider refused the question. Edit it and ask again."
)
FILTERED_ANSWER = Kind(
    State.FILTERED,
    Reason.ANSWER,
    "A filter of the model's provider ended the answer. Edit the question and ask again.",
)
NO_MODEL = Kind(State.FAILED, Reason.MODEL, "The model is not available. Tell the people who run this site.")
TIMEOUT = Kind(State.FAILED, Reason.TIMEOUT, "The model took too long. Try again.", retries=2)
BUSY = Kind(State.FAILED, Reason.BUSY, "The model is busy. Try again in a minute.", retries=2)
USED_UP = Kind(State.FAILED, Reason.BUSY, "The model's allowance for today is used up. Try again tomorrow.")
PROVIDER = Kind(State.FAILED, Reason.UPSTREAM, "The model's provider had a problem. Try again in a moment.", retries=2)
SERVER = Kind(State.FAILED, Reason.UPSTREAM, "The model's server had a problem. Try again in a moment.", retries=1)
ODD = Kind(State.FAILED, Reason.UPSTREAM, "The model refused without saying why. Try again in a moment.")

BY_TYPE = {
    "context_length_exceeded": TOO_LONG,
    "exceed_context_size_error": TOO_LONG,
    "token_limit_exceeded": TOO_LONG,
    "string_too_long": TOO_LONG,
    "max_tokens_exceeded": TOO_MANY_TOKENS,
    "invalid_request": INVALID,
    "invalid_prompt": INVALID,
    "precondition_failed": INVALID,
    "unprocessable": INVALID,
    "content_policy_violation": FILTERED_QUESTION,
    "refusal": FILTERED_QUESTION,
    "invalid_image": BAD_PICTURE,
    "image_too_small": BAD_PICTURE,
    "unsupported_image_format": BAD_PICTURE,
    "image_download_failed": BAD_PICTURE,
    "image_not_found": BAD_PICTURE,
    "image_too_large": TOO_LARGE,
    "payload_too_large": TOO_LARGE,
    "authentication": KEY,
    "authentication_error": KEY,
    "payment_required": CREDIT,
    "permission_denied": FORBIDDEN,
    "insufficient_quota": CREDIT,
    "not_found": NO_MODEL,
    "rate_limit_exceeded": BUSY,
    "provider_overloaded": BUSY,
    "overloaded_error": BUSY,
    "provider_unavailable": PROVIDER,
    "server": SERVER,
    "server_error": SERVER,
    "unmapped": SERVER,
    "timeout": TIMEOUT,
}
BY_STATUS = {
    400: INVALID,
    401: KEY,
    402: CREDIT,
    403: FORBIDDEN,
    404: NO_MODEL,
    408: TIMEOUT,
    413: TOO_LARGE,
    422: INVALID,
    429: BUSY,
    502: PROVIDER,
    503: BUSY,
    504: TIMEOUT,
    524: TIMEOUT,
    529: BUSY,
}
# Types of these kinds say it all; the others are vague ("invalid_request") and words may say more.
DECISIVE = (TOO_LONG, TOO_MANY_TOKENS, TOO_LARGE, BAD_PICTURE, KEY, CREDIT, TIMEOUT)
# Words in lower case that say more than a status or a type, with the statuses they may come under (none: under any).
# The first that is found counts.
BY_WORDS: tuple[tuple[str, frozenset[int], Kind], ...] = (
    ("output data may contain inappropriate", frozenset(), FILTERED_ANSWER),
    ("data_inspection_failed", frozenset(), FILTERED_QUESTION),
    ("datainspectionfailed", frozenset(), FILTERED_QUESTION),
    ("inappropriate content", frozenset(), FILTERED_QUESTION),
    ("support image input", frozenset({404}), NO_PICTURES),
    ("per-day", frozenset({429}), USED_UP),
    ("limit exceeded", frozenset({403}), CREDIT),
    ("context length", frozenset({400, 413, 422}), TOO_LONG),
    ("context size", frozenset({400, 413, 422}), TOO_LONG),
    ("range of input length", frozenset({400, 413, 422}), TOO_LONG),
    ("prompt is too long", frozenset({400, 413, 422}), TOO_LONG),
    ("max bytes per data-uri", frozenset({400, 413, 422}), TOO_LARGE),
    ("max data-uri per request", frozenset({400, 413, 422}), TOO_LARGE),
    ("base64", frozenset({400, 422}), BAD_PICTURE),
    ("image", frozenset({400, 422}), BAD_PICTURE),
)


def from_answer(*, status: int, headers: Mapping[str, str], body: bytes, now: float) -> Refusal:
    """The error in an answer that is no stream. ``body`` may be JSON, HTML, empty; ``now`` is the Unix time."""
    # Comments and white space may stand before the JSON, as in a stream.
    payload = decode_json(body[body.find(b"{") :]) if b"{" in body else None
    error = payload.get("error", payload) if isinstance(payload, dict) else None
    if not error:
        error = {"message": f"{len(body)} bytes of {headers.get('content-type') or 'no type'}"}
    return from_error(error, status=status if status >= 300 else None, headers=headers, now=now)


def from_error(
    error: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    now: float,
    answering: bool = False,
) -> Refusal:
    """The error in an ``error`` object of any shape. ``answering``: parts of an answer came before it."""
    fields: dict[str, Any] = error if isinstance(error, dict) else {"message": error}
    metadata = _dict(fields.get("metadata"))
    availability = _dict(fields.get("availability"))
    status = status or _status(fields.get("code")) or _status(fields.get("http_status"))
    error_type = _error_type(fields, metadata)
    said = _said(fields, metadata)
    kind = _kind(status, error_type, said.lower(), metadata)
    if answering and kind is FILTERED_QUESTION:
        kind = FILTERED_ANSWER
    refusal = Refusal(
        _detail(said, error_type, metadata, availability),
        kind=kind,
        status=status,
        error_type=error_type,
        retry_after=hints.retry_after(headers or {}, metadata, availability, now=now),
        words=_reasons(metadata) if kind.state is State.FILTERED else (),
    )
    if isinstance(availability.get("retryable"), bool):
        refusal.retries = (refusal.retries or 2) if availability["retryable"] else 0
    return refusal


def _kind(status: int | None, error_type: str | None, said: str, metadata: dict[str, Any]) -> Kind:
    by_type = BY_TYPE.get(error_type or "")
    if by_type in DECISIVE:
        return by_type
    for words, statuses, kind in BY_WORDS:
        if words in said and (not statuses or status in statuses):
            return kind
    if metadata.get("reasons") or metadata.get("flagged_input") or metadata.get("patterns"):
        return FILTERED_QUESTION
    return by_type or BY_STATUS.get(status or 0) or _by_hundred(status)


def _by_hundred(status: int | None) -> Kind:
    if status is None or status >= 500:
        return SERVER
    return INVALID if status >= 400 else ODD


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _status(value: object) -> int | None:
    """A status out of a number or a string of digits; a word is no status."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and 300 <= value < 600 else None


def _error_type(fields: dict[str, Any], metadata: dict[str, Any]) -> str | None:
    for word in (metadata.get("error_type"), fields.get("error_type"), fields.get("code"), fields.get("type")):
        if isinstance(word, str) and word and not word.isdigit():
            return storable(word[:100])
    return None


def _said(fields: dict[str, Any], metadata: dict[str, Any]) -> str:
    """Its message and what the provider said itself, for looking up words and for logs."""
    raw = metadata.get("raw")
    message = fields.get("message") or fields.get("detail")
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (message, raw) if part]
    return storable(" | ".join(part[:2000] for part in parts))


def _detail(said: str, error_type: str | None, metadata: dict[str, Any], availability: dict[str, Any]) -> str:
    named = {
        "type": error_type,
        "provider": metadata.get("provider_name"),
        "step": metadata.get("failed_routing_step"),
        "limit": metadata.get("limit_source"),
        "availability": availability.get("code"),
    }
    facts = [f"{name}={storable(value[:60])}" for name, value in named.items() if isinstance(value, str) and value]
    return " ".join([*facts, said])


def _reasons(metadata: dict[str, Any]) -> list[str]:
    """The filter's own words for what it minds, never the text it minds."""
    told = metadata.get("reasons")
    reasons = told[:8] if isinstance(told, list) else []
    texts = [storable(reason[:80]).strip() for reason in reasons if isinstance(reason, str)]
    return [text for text in texts if text and text.isprintable()]
