"""What is known of a model: from the catalogue, and from its page where the catalogue is silent."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self

from chatapp.openrouter.text import storable
from chatapp.openrouter.usage import count, dollars

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A model's numbers; None where nobody says. Prices are US dollars per token."""

    model: str
    name: str = ""
    context_length: int | None = None
    max_output: int | None = None
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    takes_images: bool | None = None
    parameters: frozenset[str] | None = None

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Self:
        """Out of one entry of ``GET /models``."""
        model, name = entry.get("id"), entry.get("name")
        pricing = _dict(entry.get("pricing"))
        best = _dict(entry.get("top_provider"))
        inputs = _dict(entry.get("architecture")).get("input_modalities")
        parameters = entry.get("supported_parameters")
        return cls(
            model=storable(model[:NAME_CHARACTERS]) if isinstance(model, str) else "",
            name=storable(name[:NAME_CHARACTERS]) if isinstance(name, str) else "",
            # What the provider really offers may be less than what the model could.
            context_length=count(best.get("context_length")) or count(entry.get("context_length")),
            max_output=count(best.get("max_completion_tokens")),
            prompt_price=dollars(pricing.get("prompt")),
            completion_price=dollars(pricing.get("completion")),
            takes_images="image" in inputs if isinstance(inputs, list) else None,
            parameters=frozenset(filter(_is_string, parameters)) if isinstance(parameters, list) else None,
        )

    @classmethod
    def all_from_json(cls, payload: object) -> tuple[Self, ...]:
        """Of every model in the answer of ``GET /models``."""
        entries = _dict(payload).get("data")
        items = entries if isinstance(entries, list) else []
        return tuple(cls.from_json(entry) for entry in items if isinstance(entry, dict))

    @classmethod
    def from_models_json(cls, payload: object, model: str) -> Self:
        """Of ``model`` out of the answer of ``GET /models``, completed by what its page says if we know that."""
        facts = next((facts for facts in cls.all_from_json(payload) if facts.model == model), cls(model=model))
        return facts.or_else(QWEN3_VL_8B_THINKING) if model == QWEN3_VL_8B_THINKING.model else facts

    def or_else(self, other: "Facts") -> Self:
        """These facts, with ``other``'s where these are silent."""
        silent = [item.name for item in fields(self) if getattr(self, item.name) in (None, "")]
        return replace(self, **{name: getattr(other, name) for name in silent})

    def cost(self, *, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """US dollars for that many tokens; None when a price is unknown."""
        if self.prompt_price is None or self.completion_price is None:
            return None
        return prompt_tokens * self.prompt_price + completion_tokens * self.completion_price


# The page promises 256K of context, but newer catalogues have 131,072; the smaller number is the safe one. Prices are
# with the discount of 35 % that was on the page.
QWEN3_VL_8B_THINKING = Facts(
    model="qwen/qwen3-vl-8b-thinking",
    name="Qwen: Qwen3 VL 8B Thinking",
    context_length=131_072,
    max_output=32_768,
    prompt_price=Decimal("0.000000117"),
    completion_price=Decimal("0.000001365"),
    takes_images=True,
    parameters=frozenset(
        {
            "reasoning",
            "response_format",
            "max_tokens",
            "temperature",
            "top_p",
            "seed",
            "presence_penalty",
            "tools",
            "tool_choice",
        }
    ),
)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_string(value: object) -> bool:
    return isinstance(value, str)
