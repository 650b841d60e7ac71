"""What a post brings, and why it may be refused."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it came in. `parameters` is what the attempt uses; `chosen` what the conversation remembers;
    `images` are the ids of the person's pictures; `owner` is the process that answers it, if one is to at once."""

    text: str
    client_id: UUID
    parameters: dict[str, Any]
    images: tuple[UUID, ...] = ()
    chosen: dict[str, Any] = field(default_factory=dict)
    owner: str = ""


class AlreadyAnswering(Exception):
    """The conversation has a running answer; a second one is refused."""


class NothingToRegenerate(Exception):
    """The message is not an answer, or has no question to answer again."""


class NotAQuestion(Exception):
    """The message is not a question, so it cannot be edited."""


class CannotGoOn(Exception):
    """The answer cannot be written on: it is not the newest attempt, something was asked after it, or it is whole."""
