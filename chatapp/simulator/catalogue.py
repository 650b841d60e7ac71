"""The models that the simulator offers, in the shapes of the listing endpoints."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chatapp.simulator.prices import MODEL_ID, NANODOLLARS, Price

PLAIN_ID = "simulator/plain"
VARIANTS = frozenset({"nitro", "floor", "exacto"})


@dataclass(frozen=True, slots=True)
class Model:
    """A model on offer; sizes in tokens."""

    id: str
    name: str
    description: str
    created: int
    context: int
    max_output: int
    price: Price
    thinks: bool
    sees: bool
    parameters: tuple[str, ...]


_COMMON = ("max_tokens", "presence_penalty", "response_format", "seed", "temperature", "tool_choice", "tools", "top_p")

THINKING = Model(
    id=MODEL_ID,
    name="Qwen: Qwen3 VL 8B Thinking (simulated)",
    description="A stand-in for Qwen3 VL 8B Thinking. It speaks the same protocol and knows prepared answers only.",
    created=1760463746,
    context=131_072,
    max_output=32_768,
    price=Price(prompt=117, completion=1365, list_prompt=180, list_completion=2100),
    thinks=True,
    sees=True,
    parameters=("include_reasoning", *_COMMON, "reasoning"),
)
PLAIN = Model(
    id=PLAIN_ID,
    name="Simulator: Plain",
    description="A second stand-in that neither thinks nor sees pictures.",
    created=1760463746,
    context=32_768,
    max_output=8_192,
    price=Price(prompt=20, completion=60, list_prompt=20, list_completion=60),
    thinks=False,
    sees=False,
    parameters=_COMMON,
)
MODELS = {model.id: model for model in (THINKING, PLAIN)}


def find(model_id: str) -> Model | None:
    """The model of that id; a routing variant such as `:nitro` is the model itself."""
    name, _, variant = model_id.partition(":")
    return MODELS.get(name) if not variant or variant in VARIANTS else None


def describe(model: Model) -> dict[str, Any]:
    """An entry of `GET /models`."""
    return {
        "id": model.id,
        "canonical_slug": model.id,
        "hugging_face_id": "Qwen/Qwen3-VL-8B-Thinking" if model is THINKING else None,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "context_length": model.context,
        "architecture": _architecture(model),
        "pricing": _pricing(model.price),
        "top_provider": {
            "context_length": model.context,
            "max_completion_tokens": model.max_output,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": list(model.parameters),
        "default_parameters": {"temperature": 1, "top_p": 1},
        "reasoning": _reasoning(model),
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{model.id}/endpoints"},
    }


def endpoints(model: Model) -> dict[str, Any]:
    """The data of `GET /models/<author>/<slug>/endpoints`."""
    endpoint = {
        "name": f"Simulator | {model.id}",
        "model_id": model.id,
        "model_name": model.name,
        "provider_name": "Simulator",
        "tag": "simulator",
        "context_length": model.context,
        "max_completion_tokens": model.max_output,
        "max_prompt_tokens": None,
        "pricing": _pricing(model.price),
        "quantization": "unknown",
        "supported_parameters": list(model.parameters),
        "status": 0,
        "uptime_last_5m": 100.0,
        "uptime_last_30m": 100.0,
        "uptime_last_1d": 100.0,
        "latency_last_30m": None,
        "throughput_last_30m": None,
        "supports_implicit_caching": False,
        "supports_tool_choice": {"auto": True, "none": True, "required": True, "function": not model.thinks},
        "native_tools": [],
        "service_tier": None,
    }
    return {
        "id": model.id,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "architecture": _architecture(model),
        "endpoints": [endpoint],
    }


def _architecture(model: Model) -> dict[str, Any]:
    inputs = ["text", "image"] if model.sees else ["text"]
    return {
        "modality": "+".join(inputs) + "->text",
        "input_modalities": inputs,
        "output_modalities": ["text"],
        "tokenizer": "Qwen3",
        "instruct_type": None,
    }


def _pricing(price: Price) -> dict[str, Any]:
    return {
        "prompt": _dollars(price.prompt),
        "completion": _dollars(price.completion),
        "request": "0",
        "image": "0",
        "web_search": "0",
        "internal_reasoning": "0",
        "input_cache_read": "0",
        "input_cache_write": "0",
        "discount": price.discount,
    }


def _dollars(nanodollars: int) -> str:
    return f"{Decimal(nanodollars) / NANODOLLARS:f}"


def _reasoning(model: Model) -> dict[str, Any] | None:
    if not model.thinks:
        return None
    return {
        "mandatory": True,
        "default_enabled": True,
        "default_effort": "medium",
        "supported_efforts": ["minimal", "low", "medium", "high", "xhigh", "max"],
        "supports_max_tokens": True,
    }
