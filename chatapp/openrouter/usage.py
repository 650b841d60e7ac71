"""Reads the ``usage`` object, any part of which may be absent, null or of another type."""

from decimal import Decimal, InvalidOperation
from typing import Any

from chatapp.openrouter.events import Usage
from chatapp.openrouter.text import storable_json

MOST_TOKENS = 2**31 - 1
MOST_DOLLARS = Decimal(1_000_000)


def read_usage(value: object) -> Usage | None:
    """The usage in ``value``; None when it is no object with anything in it."""
    if not isinstance(value, dict) or not value:
        return None
    prompt = count(value.get("prompt_tokens")) or 0
    completion = count(value.get("completion_tokens")) or 0
    details = value.get("completion_tokens_details")
    raw = storable_json(value)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=count(value.get("total_tokens")) or min(prompt + completion, MOST_TOKENS),
        reasoning_tokens=count(details.get("reasoning_tokens")) if isinstance(details, dict) else None,
        cost=dollars(value.get("cost")),
        raw=raw if isinstance(raw, dict) else {},
    )


def count(value: Any) -> int | None:
    """A count of tokens that fits a 32-bit column; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value < 0:
        return None
    return min(value, MOST_TOKENS)


def dollars(value: Any) -> Decimal | None:
    """An amount as exact as upstream wrote it, out of a number or a string; None for anything that is no amount."""
    if type(value) not in (int, float, str):
        return None
    try:
        # The shortest decimal that reads as this float is the one upstream wrote.
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount <= MOST_DOLLARS else None
