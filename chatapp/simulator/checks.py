"""Is a request's body acceptable? Ranges and shapes as documented; raises `ApiError` with OpenRouter's status."""

from collections.abc import Callable, Mapping
from typing import Any

from chatapp.simulator.catalogue import Model
from chatapp.simulator.errors import ApiError, api_error, invalid
from chatapp.simulator.pictures import Picture, Unreadable, read_picture

ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
EFFORT_SHARES = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
MOST_PICTURES = 250
PROVIDER_SLUGS = frozenset({"simulator", "alibaba"})
SEED_LIMIT = 2**31

Check = Callable[[Any], bool]


def _integer(low: float, high: float = float("inf")) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _number(low: float, high: float, *, above: bool = False) -> Check:
    return lambda value: type(value) in {int, float} and low <= value <= high and not (above and value == low)


def _kind(*kinds: type) -> Check:
    return lambda value: isinstance(value, kinds)


def _text(limit: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= limit


def _is_stop(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and len(value) <= 4 and all(map(_kind(str), value)))


def _is_metadata(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= 16
        and all(len(name) <= 64 and isinstance(text, str) and len(text) <= 512 for name, text in value.items())
    )


_FIELDS: dict[str, tuple[Check, str]] = {
    "model": (_kind(str), "a string"),
    "models": (lambda value: isinstance(value, list) and all(map(_kind(str), value)), "a list of strings"),
    "stream": (_kind(bool), "a boolean"),
    "max_tokens": (_integer(1), "an integer of at least 1"),
    "max_completion_tokens": (_integer(1), "an integer of at least 1"),
    "temperature": (_number(0, 2), "a number from 0 to 2"),
    "top_p": (_number(0, 1, above=True), "a number above 0, at most 1"),
    "top_k": (_integer(0), "an integer of at least 0"),
    "min_p": (_number(0, 1), "a number from 0 to 1"),
    "top_a": (_number(0, 1), "a number from 0 to 1"),
    "presence_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "frequency_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "repetition_penalty": (_number(0, 2, above=True), "a number above 0, at most 2"),
    "seed": (_integer(0, SEED_LIMIT - 1), "an integer from 0 to 2147483647"),
    "stop": (_is_stop, "a string or at most four strings"),
    "response_format": (_kind(dict), "an object"),
    "tools": (_kind(list), "a list"),
    "reasoning": (_kind(dict), "an object"),
    "include_reasoning": (_kind(bool), "a boolean"),
    "user": (_kind(str), "a string"),
    "session_id": (_text(256), "a string of at most 256 characters"),
    "metadata": (_is_metadata, "at most 16 pairs of short strings"),
    "provider": (_kind(dict), "an object"),
    "plugins": (_kind(list), "a list"),
    "debug": (_kind(dict), "an object"),
}


def check_fields(body: Mapping[str, Any]) -> None:
    """Types and ranges of the parameters; null counts as absent."""
    for name, (accepts, wanted) in _FIELDS.items():
        value = body.get(name)
        if value is not None and not accepts(value):
            raise invalid(f"Invalid request parameters: {name} must be {wanted}")


def check_messages(messages: Any) -> list[Picture]:
    """The shape of the messages. Returns the pictures in them, in order."""
    if not isinstance(messages, list) or not messages:
        raise invalid('Input required: specify "messages" with at least one message')
    pictures: list[Picture] = []
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise invalid(f"Invalid request parameters: messages[{number}].role")
        _check_calls(message.get("tool_calls"), f"messages[{number}].tool_calls")
        pictures += _check_content(message, f"messages[{number}].content")
    if len(pictures) > MOST_PICTURES:
        raise _provider_refuses(f"Exceeded limit on max data-uri per request: {MOST_PICTURES}")
    return pictures


def _check_calls(calls: Any, where: str) -> None:
    for call in calls if isinstance(calls, list) else [calls] if calls else []:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise invalid(f"Invalid request parameters: {where}")


def _check_content(message: dict[str, Any], where: str) -> list[Picture]:
    content = message.get("content")
    if isinstance(content, str) or (content is None and message["role"] == "assistant"):
        return []
    if not isinstance(content, list) or not content:
        raise invalid(f"Invalid request parameters: {where} must be a string or a list of parts")
    return [picture for part in content for picture in _check_part(part, where)]


def _check_part(part: Any, where: str) -> list[Picture]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return []
    if kind in {"input_audio", "video_url", "file"}:
        raise api_error(404, message=f"No endpoints found that support input of type {kind}")
    image = part.get("image_url") if kind == "image_url" else None
    if not isinstance(image, dict) or not isinstance(image.get("url"), str):
        raise invalid(f"Invalid request parameters: unknown part in {where}")
    try:
        return [read_picture(image["url"])]
    except Unreadable as exc:
        raise _provider_refuses(str(exc)) from exc


def check_tools(body: Mapping[str, Any], model: Model) -> None:
    """Tools have names; one function cannot be forced upon a model that thinks."""
    for tool in body.get("tools") or []:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise invalid("Invalid request parameters: a tool needs a function with a name")
        if not isinstance(function.get("parameters") or {}, dict):
            raise invalid("Invalid request parameters: the parameters of a tool are a JSON Schema")
    choice = body.get("tool_choice")
    if choice not in (None, "none", "auto", "required") and not isinstance(choice, dict):
        raise invalid("Invalid request parameters: tool_choice")
    if isinstance(choice, dict):
        _check_calls([choice], "tool_choice")
    if isinstance(choice, dict) and model.thinks:
        raise _provider_refuses("The tool_choice parameter does not support being set to an object in thinking mode")


def check_format(body: Mapping[str, Any], prompt: str) -> None:
    """JSON is only given to those who ask for JSON in words too."""
    wanted = (body.get("response_format") or {}).get("type", "text")
    if wanted not in ("text", "json_object", "json_schema"):
        raise invalid("Invalid request parameters: response_format.type")
    if wanted == "json_object" and "json" not in prompt.lower():
        raise _provider_refuses(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
    if wanted == "json_schema":
        schema = body["response_format"].get("json_schema")
        if not isinstance(schema, dict) or not isinstance(schema.get("schema"), dict):
            raise invalid("Invalid request parameters: response_format.json_schema.schema")


def check_provider(body: Mapping[str, Any], model: Model) -> None:
    """Routing wishes that leave no endpoint."""
    wishes = body.get("provider") or {}
    only = wishes.get("only")
    if isinstance(only, list) and not PROVIDER_SLUGS.intersection(map(str, only)):
        raise api_error(404, "providers")
    sampling = set(_FIELDS) & {"top_k", "min_p", "top_a", "repetition_penalty", "frequency_penalty", "stop"}
    if wishes.get("require_parameters") and any(
        body.get(name) is not None for name in sampling.difference(model.parameters)
    ):
        raise api_error(404, "parameters")


def thinking_budget(body: Mapping[str, Any], max_tokens: int) -> int | None:
    """How many tokens of thinking are allowed; None is no limit of its own."""
    reasoning = body.get("reasoning") or {}
    effort, budget = reasoning.get("effort"), reasoning.get("max_tokens")
    short = body.get("reasoning_effort")
    if effort is not None and short is not None and effort != short:
        raise invalid("Invalid request parameters: reasoning_effort contradicts reasoning.effort")
    effort = effort if effort is not None else short
    if effort is not None and budget is not None:
        raise invalid('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')
    if effort == "none" or reasoning.get("enabled") is False:
        raise invalid("Reasoning is mandatory for this endpoint and cannot be disabled.")
    if budget is not None:
        if not _integer(1)(budget):
            raise invalid("Invalid request parameters: reasoning.max_tokens must be an integer of at least 1")
        return int(budget)
    if effort is None:
        return None
    if not isinstance(effort, str) or effort not in EFFORT_SHARES:
        raise invalid("Invalid request parameters: reasoning.effort")
    return max(1, int(EFFORT_SHARES[effort] * max_tokens))


def _provider_refuses(raw: str) -> ApiError:
    error = api_error(400, "provider")
    error.body["error"]["metadata"]["raw"] = raw
    return error
