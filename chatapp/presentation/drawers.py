"""The parameters as the drawer shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatapp import fittings, knobs
from chatapp.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobView:
    """One number of the drawer: `value` is what is chosen here ("" for none), `usual` what is used otherwise."""

    name: str
    sentence: str
    advice: str
    value: str
    usual: str
    low: str
    high: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """The parameters as the drawer shows them."""

    knobs: tuple[KnobView, ...]
    system: str
    system_usual: str
    effort: str
    efforts: tuple[str, ...]
    budget: str
    budget_usual: str
    budget_most: int
    exclude: bool
    enabled: bool
    can_skip_thinking: bool
    changed: int


def drawer(user: User | None, chosen: Mapping[str, Any]) -> Drawer:
    """What is chosen in a conversation (or by a person, with user None), beside what holds where nothing is chosen."""
    ceilings = fittings.ceilings()
    usual = knobs.effective(fittings.site_parameters(), user.parameters if user else {})
    reasoning, usual_reasoning = chosen.get("reasoning") or {}, usual.get("reasoning") or {}
    views = [
        KnobView(
            name=knob.name,
            sentence=knob.sentence,
            advice=knob.advice,
            value=_shown(chosen.get(knob.name)),
            usual=_shown(usual.get(knob.name)) or knob.usual,
            low=f"{knob.low:.10g}",
            high=f"{knob.high:.10g}",
            step=knob.step,
        )
        for knob in knobs.knobs(ceilings)
    ]
    return Drawer(
        knobs=tuple(views),
        system=chosen.get("system") or "",
        system_usual=usual.get("system") or "",
        effort=reasoning.get("effort", ""),
        efforts=tuple(knobs.EFFORTS),
        budget=_shown(reasoning.get("max_tokens")),
        budget_usual=_shown(usual_reasoning.get("max_tokens")),
        budget_most=ceilings.thinking_tokens,
        exclude=bool(reasoning.get("exclude")),
        enabled=reasoning.get("enabled") is not False,
        can_skip_thinking=ceilings.can_skip_thinking,
        changed=len(chosen),
    )


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.10g}"
