"""A chat request, read and found acceptable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from chatapp.simulator import catalogue, checks
from chatapp.simulator.catalogue import Model
from chatapp.simulator.errors import api_error, invalid
from chatapp.simulator.pictures import Picture
from chatapp.simulator.tokens import estimate

MESSAGE_TOKENS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of the model. Sizes in tokens."""

    body: dict[str, Any]
    model: Model
    slug: str
    pictures: tuple[Picture, ...]
    prompt_tokens: int
    max_tokens: int
    thinking_budget: int | None
    exclude: bool

    @property
    def stream(self) -> bool:
        """Whether the answer is to come bit by bit."""
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages as sent."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def question(self) -> str:
        """The text of the last message of the user."""
        return next(reversed(self.questions), "")

    @property
    def questions(self) -> list[str]:
        """The texts of all messages of the user, in order."""
        return [text_of(message) for message in self.messages if message["role"] == "user"]

    @property
    def has_new_pictures(self) -> bool:
        """Whether the last message of the user brings pictures."""
        asked = [message for message in self.messages if message["role"] == "user"]
        return (
            bool(asked)
            and isinstance(asked[-1]["content"], list)
            and any(part["type"] == "image_url" for part in asked[-1]["content"])
        )


def read_body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a request. Raises ApiError."""
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise invalid("Invalid JSON in the request body") from exc
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object")
    return body


def read_ask(body: dict[str, Any]) -> Ask:
    """Check everything that can be checked before a token is made. Raises ApiError."""
    checks.check_fields(body)
    pictures = checks.check_messages(body.get("messages"))
    model, slug = _choose_model(body)
    if pictures and not model.sees:
        raise api_error(404, "image")
    checks.check_provider(body, model)
    checks.check_tools(body, model)
    prompt = "\n".join(text_of(message) for message in body["messages"])
    checks.check_format(body, prompt)
    prompt_tokens = _count_prompt(body, prompt, pictures)
    max_tokens = _limit(body, model, prompt_tokens)
    budget = checks.thinking_budget(body, max_tokens) if model.thinks else 0
    hidden = body.get("include_reasoning") is False or (body.get("reasoning") or {}).get("exclude") is True
    return Ask(
        body=body,
        model=model,
        slug=slug,
        pictures=tuple(pictures),
        prompt_tokens=prompt_tokens,
        max_tokens=max_tokens,
        thinking_budget=budget,
        exclude=hidden,
    )


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, its parts joined."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if part["type"] == "text")


def _choose_model(body: Mapping[str, Any]) -> tuple[Model, str]:
    wanted = [name for name in (body.get("model"), *(body.get("models") or [])) if name]
    for slug in wanted or [catalogue.THINKING.id]:
        if model := catalogue.find(slug):
            return model, slug
    raise api_error(404, message=f"No endpoints found for {wanted[0]}.")


def _count_prompt(body: Mapping[str, Any], prompt: str, pictures: list[Picture]) -> int:
    tools = msgspec.json.encode(body["tools"]).decode() if body.get("tools") else ""
    return (
        estimate(prompt)
        + estimate(tools)
        + MESSAGE_TOKENS * len(body["messages"])
        + sum(picture.tokens for picture in pictures)
    )


def _limit(body: Mapping[str, Any], model: Model, prompt_tokens: int) -> int:
    given = [body[name] for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    limit = min(given, default=model.max_output)
    if limit > model.max_output:
        raise api_error(404, "parameters")
    if prompt_tokens + (limit if given else 0) > model.context:
        raise api_error(400, "context")
    return int(limit)
