"""The words for states, reasons, parts and roles. Everything may import them; they import nothing of ours."""

from enum import StrEnum


class State(StrEnum):
    """Where an attempt to answer stands. Four run; six are endings, and an attempt gets exactly one of those."""

    QUEUED = "queued"
    WAITING = "waiting"
    THINKING = "thinking"
    ANSWERING = "answering"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    LENGTH = "length"
    FILTERED = "filtered"
    FAILED = "failed"


RUNNING = frozenset({State.QUEUED, State.WAITING, State.THINKING, State.ANSWERING})
ENDINGS = frozenset(State) - RUNNING


class Reason(StrEnum):
    """Why an attempt ended as it did."""

    NONE = ""
    # stopped
    PERSON = "person"
    # interrupted
    CUT = "cut"
    SERVER = "server"
    RESTART = "restart"
    # length
    TOKENS = "tokens"
    SIZE = "size"
    # filtered
    QUESTION = "question"
    ANSWER = "answer"
    # failed
    UPSTREAM = "upstream"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    STORAGE = "storage"
    BUDGET = "budget"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    BUSY = "busy"
    KEY = "key"
    CREDIT = "credit"
    EMPTY = "empty"
    MODEL = "model"
    PICTURE = "picture"
    INTERNAL = "internal"


class Purpose(StrEnum):
    """What an attempt is for. The later ones write on in the same message, after the parts that are there."""

    ANSWER = "answer"
    CONTINUE = "continue"
    ANSWER_NOW = "answer_now"


class PartKind(StrEnum):
    """What a piece of a message is."""

    TEXT = "text"
    IMAGE = "image"
    THINKING = "thinking"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"


class Role(StrEnum):
    """Who speaks in a turn."""

    USER = "user"
    ASSISTANT = "assistant"


class ThinkingPane(StrEnum):
    """How a person likes the thinking pane."""

    AUTO = "auto"
    OPEN = "open"
    FOLDED = "folded"


class ThinkTags(StrEnum):
    """Whether thinking may arrive inside the content, closed by a </think> tag."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"
