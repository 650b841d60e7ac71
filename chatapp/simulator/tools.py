"""Answers that a program reads: tool calls and JSON, filled from the words of the question.

Nothing here understands anything. A tool is called when the question names it, and its arguments are the numbers and
words found in the question, fitted to the schema.
"""

import re
from typing import Any

import msgspec

from chatapp.simulator.ask import Ask, text_of
from chatapp.simulator.demo import excerpt
from chatapp.simulator.script import Call

_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_QUOTED = re.compile(r'["“«「]([^"”»」]{1,200})["”»」]')
_DEEPEST = 6
# Words of tool names that say nothing about what the tool is for.
_COMMON = frozenset({"get", "set", "the", "and", "for", "tool", "function", "fetch", "make", "run", "current"})

Schema = dict[str, Any]


def choose_call(ask: Ask, question: str) -> Call | None:
    """The tool that the question asks for, if it asks for one and was not answered yet."""
    choice = ask.body.get("tool_choice", "auto")
    if choice == "none" or ask.messages[-1]["role"] == "tool":
        return None
    functions = [tool["function"] for tool in ask.body.get("tools") or []]
    if isinstance(choice, dict):
        forced = choice["function"]["name"]
        functions = [function for function in functions if function["name"] == forced]
    asked = [function for function in functions if _is_named(function["name"], question)]
    if choice in (None, "auto"):
        functions = []
    for function in (*asked, *functions):
        arguments = instance(function.get("parameters") or {}, question)
        return Call(function["name"], msgspec.json.encode(arguments).decode())
    return None


def thoughts_about(call: Call, question: str) -> str:
    """Thinking that leads to a call."""
    return (
        f'The question is "{excerpt(question)}". There is a tool named {call.name} for this, and the question speaks '
        f"of what it does, so I call it. What the question gives for its arguments: {call.arguments}. "
        "As the built-in demo I only match words; a model would judge whether the tool is needed."
    )


def last_result(ask: Ask) -> tuple[str, str] | None:
    """Name and result of the tool that has just answered."""
    last = ask.messages[-1]
    if last["role"] != "tool":
        return None
    calls = [call for message in ask.messages for call in message.get("tool_calls") or []]
    names = {str(call.get("id")): call["function"]["name"] for call in calls}
    return names.get(str(last.get("tool_call_id")), "the tool"), text_of(last)


def as_json(wanted: dict[str, Any], question: str, answer: str) -> str:
    """The answer as the JSON that was asked for."""
    if wanted["type"] == "json_schema":
        value = instance(wanted["json_schema"]["schema"], question)
    else:
        value = {"question": question, "answer": answer, "from": "the built-in demo, not the model"}
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def instance(schema: Schema, question: str, name: str = "", depth: int = 0) -> Any:
    """A value that fits the schema, taken from the question where it can be."""
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        named = [value for value in schema["enum"] if str(value).lower() in question.lower()]
        return [*named, *schema["enum"]][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind in ("object", "array"):
        return None if depth >= _DEEPEST else _container(kind, schema, question, name, depth)
    return _scalar(kind, question, name)


def _container(kind: str, schema: Schema, question: str, name: str, depth: int) -> Any:
    if kind == "array":
        items = schema.get("items")
        return [instance(items if isinstance(items, dict) else {}, question, name, depth + 1)]
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {
        key: instance(inner, question, key, depth + 1) for key, inner in properties.items() if isinstance(inner, dict)
    }


def _scalar(kind: object, question: str, name: str) -> Any:
    number = _NUMBER.search(question)
    match kind:
        case "integer":
            return int(float(number[0])) if number else 1
        case "number":
            return float(number[0]) if number else 1.0
        case "boolean":
            return True
        case "null":
            return None
    if quoted := _QUOTED.search(question):
        return quoted[1]
    # "… in Paris": a name inside the sentence is the likeliest thing to be meant.
    names = [word for word in _WORD.findall(question)[1:] if word[0].isupper()]
    return names[-1] if names else question.strip() or name


def _is_named(tool: str, question: str) -> bool:
    said = {word.lower() for word in _WORD.findall(question)}
    words = {word.lower() for word in _WORD.findall(tool.replace("_", " ").replace("-", " "))}
    return tool.lower() in question.lower() or bool(said & (words - _COMMON))
