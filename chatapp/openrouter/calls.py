"""Puts tool calls together from their fragments."""

import json
from dataclasses import dataclass, field
from typing import Any

from chatapp.openrouter.text import storable

MOST_CALLS = 128


@dataclass(slots=True)
class _Call:
    index: int | None
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Complete:
    """A whole call: its place among the calls, id (made up if upstream gave none), function name, arguments as sent."""

    index: int
    id: str
    name: str
    arguments: str


class CallBuilder:
    """Collects fragments; ``take`` gives each call once.

    Fragments belong together by ``index``, without one by ``id``, else to the last call. Continuations may repeat an
    empty id or name; a new id at an index in use begins a new call.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._taken = 0

    def feed(self, fragments: object) -> bool:
        """Take in a delta's ``tool_calls`` of whatever shape; whether there was anything of use in it."""
        useful = [item for item in fragments if isinstance(item, dict)] if isinstance(fragments, list) else []
        for fragment in useful:
            self._add(fragment)
        return bool(useful)

    def take(self) -> list[Complete]:
        """The calls that have a name and were not taken yet; fragments that come later begin new ones."""
        fresh = [call for call in self._calls[self._taken :] if call.name]
        first = self._taken
        self._taken = len(self._calls)
        return [
            Complete(
                index=first + place,
                id=storable(call.id) or f"call_{first + place}",
                name=storable(call.name),
                arguments=storable("".join(call.arguments)),
            )
            for place, call in enumerate(fresh)
        ]

    def _add(self, fragment: dict[str, Any]) -> None:
        function = fragment.get("function")
        function = function if isinstance(function, dict) else {}
        call_id = _string(fragment.get("id"))
        index = fragment.get("index")
        call = self._find(index if type(index) is int else None, call_id)
        if call is None:
            return
        call.id = call.id or call_id
        call.name = call.name or _string(function.get("name"))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # an object where JSON text was promised
            arguments = json.dumps(arguments, ensure_ascii=False)
        call.arguments.append(_string(arguments))

    def _find(self, index: int | None, call_id: str) -> _Call | None:
        """The call that a fragment continues, or a new one; None when there are too many."""
        for call in reversed(self._calls[self._taken :]):
            if index is None:
                same = not call_id or call.id == call_id
            else:
                same = call.index == index and (not call_id or not call.id or call.id == call_id)
            if same:
                return call
        if len(self._calls) >= MOST_CALLS:
            return None
        self._calls.append(_Call(index))
        return self._calls[-1]


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
