"""The parameters a person can choose: their names, ranges and sentences; reading them, and who overrules whom.

Site, then person, then conversation: the later one wins, name by name. What comes out was used for an attempt and is
stored with it. `system` (the system prompt) is kept beside upstream's parameters, by a name upstream does not use.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from chatapp.openrouter.parameters import Effort

MAX_SYSTEM_CHARS = 20_000
MAX_SEED = 2**31 - 1
EFFORTS = tuple(word for word in get_args(Effort) if word != "none")
# Form fields that together are `reasoning`.
REASONING_FIELDS = {
    "reasoning_effort": "effort",
    "reasoning_max_tokens": "max_tokens",
    "reasoning_exclude": "exclude",
    "reasoning_enabled": "enabled",
}


class BadParameter(Exception):
    """A value that cannot be taken. `str()` is a sentence that names the parameter and says what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What the operator allows at most, in tokens; and whether the model can be asked not to think."""

    max_tokens: int
    thinking_tokens: int
    can_skip_thinking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A number to choose. `advice` is what the model's makers say."""

    name: str
    sentence: str
    is_whole: bool
    low: float
    high: float
    usual: str
    above_low: bool = False
    step: str = "any"
    advice: str = ""


def knobs(ceilings: Ceilings) -> tuple[Knob, ...]:
    """The numbers, in the order of the drawer."""
    return (
        Knob(
            name="max_tokens",
            sentence="The most tokens that thinking and answer may have together.",
            is_whole=True,
            low=1,
            high=ceilings.max_tokens,
            usual="16384",
            step="1",
        ),
        Knob(
            name="temperature",
            sentence="How much variety: low repeats the likeliest words, high wanders.",
            is_whole=False,
            low=0,
            high=2,
            usual="1",
            step="0.1",
            advice="Qwen advises 1, and warns that 0 ends in endless repetition.",
        ),
        Knob(
            name="top_p",
            sentence="Choose only among the likeliest tokens whose probabilities add up to this.",
            is_whole=False,
            low=0,
            high=1,
            usual="1",
            above_low=True,
            step="0.05",
            advice="Qwen advises 0.95.",
        ),
        Knob(
            name="seed",
            sentence="The same seed and the same request should give the same answer.",
            is_whole=True,
            low=0,
            high=MAX_SEED,
            usual="none",
            step="1",
        ),
        Knob(
            name="presence_penalty",
            sentence="Above 0 discourages words that were used already.",
            is_whole=False,
            low=-2,
            high=2,
            usual="0",
            step="0.1",
            advice="Qwen advises 0 with pictures and 1.5 for text alone.",
        ),
    )


def read(fields: Mapping[str, Any], *, ceilings: Ceilings, typed: bool) -> dict[str, Any]:
    """The parameters among the fields of a request; None for one that is given empty (back to the default).

    `typed` says that the fields came as JSON, where a number in quotes is a text. Raises BadParameter.
    """
    found: dict[str, Any] = {}
    for knob in knobs(ceilings):
        if knob.name in fields:
            found[knob.name] = _number(fields[knob.name], knob, typed=typed)
    if "system" in fields:
        found["system"] = _system(fields["system"])
    if "reasoning" in fields:
        found["reasoning"] = _reasoning(_object(fields["reasoning"]), ceilings, typed=True)
    elif any(name in fields for name in REASONING_FIELDS):
        parts = {inner: fields[name] for name, inner in REASONING_FIELDS.items() if fields.get(name) not in (None, "")}
        found["reasoning"] = _reasoning(parts, ceilings, typed=False)
    return found


def chosen(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What is chosen after a request: `found` over `before`; what was given empty is no longer chosen."""
    return {name: value for name, value in {**before, **found}.items() if value is not None}


def effective(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """What an attempt uses: later layers win, name by name (`reasoning` as a whole)."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged |= layer
    return merged


def within(parameters: Mapping[str, Any], ceilings: Ceilings) -> dict[str, Any]:
    """The parameters with the operator's ceilings put on: a limit may have been lowered since it was chosen."""
    bounded = dict(parameters)
    if bounded.get("max_tokens"):
        bounded["max_tokens"] = min(bounded["max_tokens"], ceilings.max_tokens)
    reasoning = dict(bounded.get("reasoning") or {})
    if reasoning.get("max_tokens"):
        # Thinking that may take all of max_tokens would leave nothing for the answer.
        most = min(ceilings.thinking_tokens, bounded.get("max_tokens") or ceilings.thinking_tokens)
        bounded["reasoning"] = reasoning | {"max_tokens": min(reasoning["max_tokens"], most)}
    return bounded


def _number(value: Any, knob: Knob, *, typed: bool) -> float | int | None:
    if value is None or value == "":
        return None
    number = _parsed(value, knob.is_whole, typed=typed)
    too_low = number is not None and (number <= knob.low if knob.above_low else number < knob.low)
    if number is None or too_low or number > knob.high:
        kind = "a whole number" if knob.is_whole else "a number"
        low = f"above {knob.low:g}" if knob.above_low else f"from {knob.low:g}"
        raise BadParameter(f"{knob.name} must be {kind} {low} to {knob.high:g}.".replace("e+09", "e9"))
    return number


def _parsed(value: Any, is_whole: bool, *, typed: bool) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or (typed and isinstance(value, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or (is_whole and number != int(number)):
        return None
    return int(number) if is_whole else number


def _system(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= ch <= "\udfff" for ch in value):
        raise BadParameter("The system prompt must be text that can be stored.")
    if len(value) > MAX_SYSTEM_CHARS:
        raise BadParameter(f"The system prompt has at most {MAX_SYSTEM_CHARS:,} characters.")
    return value.replace("\r\n", "\n").strip() or None


def _object(value: Any) -> Mapping[str, Any]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as wrong:
            raise BadParameter("reasoning must be a JSON object.") from wrong
    if not isinstance(value, dict):
        raise BadParameter("reasoning must be a JSON object.")
    return value


def _reasoning(parts: Mapping[str, Any], ceilings: Ceilings, *, typed: bool) -> dict[str, Any] | None:
    unknown = set(parts) - set(REASONING_FIELDS.values())
    if unknown:
        raise BadParameter(
            f"reasoning knows effort, max_tokens, exclude and enabled, not {', '.join(sorted(unknown))}."
        )
    found = _how_much(parts.get("effort"), parts.get("max_tokens"), ceilings, typed=typed)
    for name in ("exclude", "enabled"):
        if parts.get(name) is not None:
            found[name] = _flag(name, parts[name], typed=typed)
    if found.get("enabled") is False and not ceilings.can_skip_thinking:
        raise BadParameter("This model always thinks: reasoning.enabled cannot be false.")
    return found or None


def _how_much(effort: Any, budget: Any, ceilings: Ceilings, *, typed: bool) -> dict[str, Any]:
    if effort is not None and budget is not None:
        raise BadParameter("reasoning takes an effort or a budget (max_tokens), not both.")
    if effort is not None:
        if effort not in EFFORTS:
            raise BadParameter(f"reasoning.effort must be one of {', '.join(EFFORTS)}.")
        return {"effort": effort}
    return {} if budget is None else {"max_tokens": _number(budget, _budget(ceilings), typed=typed)}


def _budget(ceilings: Ceilings) -> Knob:
    return Knob(
        name="reasoning.max_tokens", sentence="", is_whole=True, low=1, high=ceilings.thinking_tokens, usual="8192"
    )


def _flag(name: str, value: Any, *, typed: bool) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "on": True, "true": True, "0": False, "off": False, "false": False}
    if not typed and isinstance(value, str) and value in words:
        return words[value]
    raise BadParameter(f"reasoning.{name} must be true or false.")
