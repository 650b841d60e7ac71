"""Error replies in the shapes and words of OpenRouter, one table for checks and scripts alike."""

import time
from collections.abc import Mapping
from typing import Any

from chatapp.simulator.prices import MODEL_ID

USER_ID = "user_simulator"
_RATE_LIMIT_WINDOW_SECONDS = 60

_TYPES = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}

_MESSAGES = {
    400: "Invalid request parameters",
    401: "Missing Authentication header",
    402: (
        "This request requires more credits, or fewer max_tokens. You requested up to 32768 tokens, but can only "
        "afford 1200. To increase, visit https://openrouter.ai/settings/credits and add more credits"
    ),
    403: "Your input was flagged by the moderation of this model",
    404: f"No endpoints found for {MODEL_ID}.",
    408: "Request timed out",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Request body too large",
    422: "Invalid argument",
    429: "Rate limit exceeded",
    499: "Client closed request",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "There is no available model provider that meets your routing requirements",
    504: "Provider timed out",
    524: "A timeout occurred",
    529: "Provider returned error",
}


def _raw(text: str) -> dict[str, Any]:
    return {"raw": text, "provider_name": "Simulator"}


# (status, word) -> message, metadata
_VARIANTS: dict[tuple[int, str], tuple[str, dict[str, Any]]] = {
    (400, "context"): (
        "This endpoint's maximum context length is 131072 tokens. Please reduce the length of the messages.",
        {"error_type": "context_length_exceeded"},
    ),
    (400, "image"): (
        "Provider returned error",
        _raw("The image could not be decoded.") | {"error_type": "invalid_image"},
    ),
    (400, "data-uri"): (
        "Provider returned error",
        _raw("Exceeded limit on max bytes per data-uri item : 10485760"),
    ),
    (400, "inspection"): (
        "Provider returned error",
        _raw("<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content."),
    ),
    (400, "provider"): ("Provider returned error", _raw('{"error":{"message":"InvalidParameter"}}')),
    (401, "invalid"): ("User not found.", {}),
    (402, "prompt"): ("Prompt tokens limit exceeded: 7033 > 1200", {}),
    (403, "key"): ("Key limit exceeded (daily limit)", {}),
    (403, "management"): ("Only management keys can perform this operation", {}),
    (404, "image"): (
        "No endpoints found that support image input",
        {
            "routing_funnel": [
                {"step": "Initial Endpoints", "endpoint_count": 1},
                {"step": "Filter by Image Support", "endpoint_count": 0},
            ],
            "failed_routing_step": "Filter by Image Support",
        },
    ),
    (404, "guardrails"): (
        "No endpoints available matching your guardrail restrictions and data policy. "
        "Configure: https://openrouter.ai/settings/privacy",
        {"failed_routing_step": "Filter by Guardrails"},
    ),
    (404, "parameters"): ("No endpoints found that can handle the requested parameters.", {}),
    (404, "providers"): ("No allowed providers are available for the selected model.", {}),
    (413, "image"): ("Downloaded image content cannot exceed 30MB", {"provider_name": None}),
    (429, "upstream"): (
        "Provider returned error",
        _raw(f"{MODEL_ID} is temporarily rate-limited upstream. Please retry shortly.")
        | {"limit_source": "upstream_provider_shared_pool", "remedy_hint": "Retry shortly"},
    ),
    (429, "daily"): ("Rate limit exceeded: free-models-per-day", {}),
}

CODES = frozenset(_MESSAGES)
NEWEST = "newest"
AVAILABILITY = "availability"


class ApiError(Exception):
    """A request refused before anything was generated: `status`, JSON `body`, further `headers`."""

    def __init__(self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def knows(status: int, variant: str | None) -> bool:
    """Whether there is such an error to simulate."""
    return status in CODES and (variant in {None, NEWEST, AVAILABILITY} or (status, variant) in _VARIANTS)


def invalid(message: str) -> ApiError:
    """A parameter or message that cannot be accepted."""
    return api_error(400, message=message)


def api_error(
    status: int, variant: str | None = None, *, message: str | None = None, retry_after: float | None = None
) -> ApiError:
    """The documented error of that status; `variant` picks one of its other known forms."""
    error = error_object(status, variant, message=message)
    body: dict[str, Any] = {"error": error}
    headers: dict[str, str] = {}
    if status == 429 and variant is None:
        headers = _rate_limit_headers()
        error["metadata"]["headers"] = headers
    if retry_after is not None:
        headers = {**headers, "Retry-After": f"{retry_after:g}"}
    if status in {402, 403, 404, 429}:
        body["user_id"] = USER_ID
    return ApiError(status, body, headers)


def error_object(status: int, variant: str | None = None, *, message: str | None = None) -> dict[str, Any]:
    """What stands under "error"."""
    text, metadata = _VARIANTS.get((status, variant or ""), (_MESSAGES[status], {}))
    text = message or text
    error_type = _TYPES.get(status, "unmapped")
    if variant == NEWEST:
        return {"error_type": error_type, "http_status": status, "message": text}
    if status == 403 and not metadata and variant is None:
        metadata = {
            "reasons": ["simulated"],
            "flagged_input": "…",
            "provider_name": "Simulator",
            "model_slug": MODEL_ID,
        }
    error: dict[str, Any] = {"code": status, "message": text, "metadata": {"error_type": error_type, **metadata}}
    if variant == AVAILABILITY:
        error["availability"] = {
            "code": "temporarily_unavailable",
            "retryable": status in {408, 429, 502, 503, 504, 524, 529},
            "requested_models": [MODEL_ID],
            "docs_url": "https://openrouter.ai/docs",
        }
    return error


def _rate_limit_headers() -> dict[str, str]:
    reset_milliseconds = int((time.time() + _RATE_LIMIT_WINDOW_SECONDS) * 1000)
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset_milliseconds),
    }
