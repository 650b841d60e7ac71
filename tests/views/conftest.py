"""A conversation of Alice's with an answer, to be asked for by everyone."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image as Pixels

from chatapp.models import Conversation, Generation, Image, Journal, Part, User
from chatapp.models.asked import Asked
from chatapp.views.images import take
from chatapp.words import PartKind, State

CANARY = "CANARY-OF-ALICE"


@dataclass(frozen=True)
class Talk:
    """What a conversation's addresses need."""

    conversation: str
    question: str
    message: str
    generation: str
    image: str = ""
    deleted: str = ""


def talk_of(user: User, *, text: str = CANARY, settled: bool = True) -> Talk:
    posted = Conversation.begin(Asked(text=text, client_id=uuid4(), parameters={"max_tokens": 100}), owner=user)
    generation = posted.generation
    if settled:
        Part.objects.create(
            message=posted.answer,
            generation=generation,
            position=0,
            kind=PartKind.TEXT,
            text=f"answer {text}",
            html=f'<div class="block"><p>answer {text}</p></div>',
            settled=True,
            started_ms=5,
            ended_ms=9,
        )
        Generation.objects.filter(pk=generation.pk).update(
            state=State.DONE, settled_at=timezone.now(), ended_ms=10, revision=1
        )
    else:
        Part.objects.create(message=posted.answer, generation=generation, position=0, kind=PartKind.TEXT, started_ms=5)
        Generation.objects.filter(pk=generation.pk).update(state=State.ANSWERING, owner="somebody")
        Journal.objects.create(generation=generation, seq=1, position=0, text=f"so far {text}", at_ms=5)
    return Talk(
        str(posted.conversation.public_id),
        str(posted.question.public_id),
        str(posted.answer.public_id),
        str(generation.public_id),
        str(picture_of(user).public_id),
        str(Conversation.objects.create(owner=user, title=f"deleted {text}", deleted_at=timezone.now()).public_id),
    )


def png(colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (64, 48)) -> bytes:
    file = BytesIO()
    Pixels.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def picture_of(user: User, *, colour: tuple[int, int, int] = (200, 30, 30)) -> Image:
    """A picture that the person uploaded."""
    return take(user, SimpleUploadedFile("figs.png", png(colour), "image/png"))[0]


def between(words: str, act: Callable[[], object], *, nth: int = 1) -> Callable[..., Any]:
    """A connection's wrapper that does something else right before the nth statement with these words."""
    seen: list[str] = []

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if words in sql:
            seen.append(sql)
            if len(seen) == nth:
                act()
        return execute(sql, params, many, context)

    return wrapper


@pytest.fixture
def talk(alice: User) -> Talk:
    return talk_of(alice)
