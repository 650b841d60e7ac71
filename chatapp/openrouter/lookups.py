"""Answers of upstream's small questions: endpoints, key, the record of a generation. Pure: JSON in, facts out.

Every field may be absent; what is not there is None or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from chatapp.openrouter.text import storable
from chatapp.openrouter.usage import count, dollars

WORD_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One provider's offer of a model. Prices are US dollars per token, uptime is percent of the last half hour."""

    provider: str
    context_length: int | None
    max_output: int | None
    prompt_price: Decimal | None
    completion_price: Decimal | None
    healthy: bool | None
    uptime: float | None

    @classmethod
    def all_from_json(cls, payload: Mapping[str, Any]) -> tuple[Self, ...]:
        """Out of the answer of ``GET /models/<model>/endpoints``."""
        entries = _data(payload).get("endpoints")
        items = entries if isinstance(entries, list) else []
        return tuple(cls.from_json(entry) for entry in items if isinstance(entry, dict))

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Out of one endpoint; status 0 is health."""
        pricing = entry.get("pricing")
        prices = pricing if isinstance(pricing, dict) else {}
        status = entry.get("status")
        return cls(
            provider=word(entry.get("provider_name")),
            context_length=count(entry.get("context_length")),
            max_output=count(entry.get("max_completion_tokens")),
            prompt_price=dollars(prices.get("prompt")),
            completion_price=dollars(prices.get("completion")),
            healthy=status == 0 if isinstance(status, int) else None,
            uptime=number(entry.get("uptime_last_30m")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What the key may spend, in US dollars; ``limit`` and ``remaining`` None: no limit."""

    label: str
    usage: Decimal | None
    limit: Decimal | None
    remaining: Decimal | None
    is_free_tier: bool
    expires_at: str

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Self:
        """Out of the answer of ``GET /key``."""
        data = _data(payload)
        return cls(
            label=word(data.get("label")),
            usage=dollars(data.get("usage")),
            limit=dollars(data.get("limit")),
            remaining=dollars(data.get("limit_remaining")),
            is_free_tier=data.get("is_free_tier") is True,
            expires_at=word(data.get("expires_at")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRecord:
    """What upstream booked for one answer: the true cost in US dollars, tokens as the provider counts them."""

    id: str
    model: str
    provider: str
    cost: Decimal | None
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    finish_reason: str
    native_finish_reason: str
    cancelled: bool

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Self:
        """Out of the answer of ``GET /generation``."""
        data = _data(payload)
        return cls(
            id=word(data.get("id")),
            model=word(data.get("model")),
            provider=word(data.get("provider_name")),
            cost=dollars(data.get("total_cost")),
            prompt_tokens=count(data.get("native_tokens_prompt")),
            completion_tokens=count(data.get("native_tokens_completion")),
            reasoning_tokens=count(data.get("native_tokens_reasoning")),
            finish_reason=word(data.get("finish_reason")),
            native_finish_reason=word(data.get("native_finish_reason")),
            cancelled=data.get("cancelled") is True,
        )


def word(value: object) -> str:
    """A short string; empty for anything else."""
    return storable(value[:WORD_CHARACTERS]) if isinstance(value, str) else ""


def _data(payload: Mapping[str, Any]) -> dict[str, Any]:
    data = payload.get("data")
    return data if isinstance(data, dict) else {}


def number(value: object) -> float | None:
    """A number as a float; None for anything else."""
    return float(value) if type(value) in (int, float) and isinstance(value, int | float) else None
