"""The parameters of an answer, as the model's page lists them."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]
Tokens = Annotated[int, Meta(ge=1, le=2**31 - 1)]

MAX_TOKENS = 16_384
THINKING_TOKENS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """How to think. ``max_tokens`` goes before ``effort``; ``exclude`` thinks, and bills it, without showing it."""

    max_tokens: Tokens | None = None
    effort: Effort | None = None
    exclude: bool | None = None
    enabled: bool | None = None

    def to_wire(self) -> dict[str, Any]:
        """As the request says it; upstream refuses a budget and an effort together."""
        wire = _present(self)
        if "max_tokens" in wire:
            wire.pop("effort", None)
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """None means absent: the field is not sent and upstream decides.

    The two limits have defaults, because without ``max_tokens`` upstream checks the credit for the model's whole
    maximum, and because small thinking models can think without end. Neither is a hard ceiling for every provider.
    """

    reasoning: Reasoning | None = field(default_factory=lambda: Reasoning(max_tokens=THINKING_TOKENS))
    response_format: dict[str, Any] | None = None
    max_tokens: Tokens | None = MAX_TOKENS
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    tool_choice: str | dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """For storage: what is present, and nothing for what is absent."""
        stored = _present(self)
        if self.reasoning is not None:
            stored["reasoning"] = _present(self.reasoning)
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Parameters":
        """Back from storage. What is not there is absent, not default; unknown names are ignored.

        Raises ``ValueError``, naming the field, when a value has the wrong type or is out of range.
        """
        absent: dict[str, Any] = {"reasoning": None, "max_tokens": None}
        return msgspec.convert(absent | stored, cls)

    def to_wire(self) -> dict[str, Any]:
        """As the request says it."""
        wire = _present(self)
        if self.reasoning is not None:
            wire["reasoning"] = self.reasoning.to_wire()
        if not self.tools:
            wire.pop("tools", None)
            wire.pop("tool_choice", None)
        return wire


def _present(value: Parameters | Reasoning) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return {name: item for name, item in fields.items() if item is not None}
