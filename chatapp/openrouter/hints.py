"""When upstream says to ask again: headers, the same headers inside the body, or a field."""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

A_DAY_SECONDS = 86_400.0


def retry_after(
    headers: Mapping[str, str], metadata: Mapping[str, Any], availability: Mapping[str, Any], *, now: float
) -> float | None:
    """Seconds to wait by the first hint there is, 0 to a day; None without one. ``now`` is the Unix time."""
    told = metadata.get("headers")
    inner = {key.lower(): value for key, value in told.items()} if isinstance(told, dict) else {}
    hints = (
        _seconds(headers.get("retry-after"), now),
        _seconds(inner.get("retry-after"), now),
        _seconds(availability.get("retry_after"), now),
        _until(headers.get("x-ratelimit-reset"), now),
        _until(inner.get("x-ratelimit-reset"), now),
    )
    found = next((hint for hint in hints if hint is not None), None)
    return None if found is None else min(max(found, 0.0), A_DAY_SECONDS)


def _seconds(value: object, now: float) -> float | None:
    """Out of a number of seconds or an HTTP date."""
    number = _number(value)
    if number is not None or not isinstance(value, str):
        return number
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _until(value: object, now: float) -> float | None:
    """Out of a moment in epoch milliseconds that is still to come."""
    number = _number(value)
    return number / 1000 - now if number is not None and number / 1000 > now else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
