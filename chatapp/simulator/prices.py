"""What a token costs. Whole nanodollars per token, so that no rounding creeps into a bill."""

from dataclasses import dataclass
from typing import Any

MODEL_ID = "qwen/qwen3-vl-8b-thinking"
NANODOLLARS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Nanodollars per token: what is charged, and the list price of the provider before the discount."""

    prompt: int
    completion: int
    list_prompt: int
    list_completion: int

    @property
    def discount(self) -> float:
        """The fraction that is taken off the list price."""
        return round(1 - self.prompt / self.list_prompt, 4)


def usage(price: Price, *, prompt: int, thinking: int, answer: int) -> dict[str, Any]:
    """The usage object of an answer; thinking is billed as completion."""
    completion = thinking + answer
    upstream_prompt, upstream_completion = prompt * price.list_prompt, completion * price.list_completion
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cost": (prompt * price.prompt + completion * price.completion) / NANODOLLARS,
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": (upstream_prompt + upstream_completion) / NANODOLLARS,
            "upstream_inference_prompt_cost": upstream_prompt / NANODOLLARS,
            "upstream_inference_completions_cost": upstream_completion / NANODOLLARS,
        },
        "completion_tokens_details": {"reasoning_tokens": thinking, "image_tokens": 0, "audio_tokens": 0},
    }
