"""Pictures that a form without JavaScript brings: asked with, or kept on the page that says why the question was refused."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from chatapp.forms.asking import MAX_QUESTION_CHARS
from chatapp.images.intake import Intake
from chatapp.models import Conversation, Image, Message, Part, User
from tests.views.conftest import Talk, picture_of, png, talk_of

KEPT = re.compile(r'name="images" value="([0-9a-f-]{36})" checked')
RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def busy(alice: User) -> Talk:
    return talk_of(alice, settled=False)


def file_of(colour: tuple[int, int, int], name: str = "figs.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(colour))


def ask(door: Client, path: str = "/conversations/", **more: Any) -> HttpResponse:
    return door.post(path, {"text": "Keep me", "client_id": str(uuid4()), **more})


def kept_on(reply: HttpResponse) -> list[str]:
    return KEPT.findall(reply.content.decode())


def pictures_asked(answer: HttpResponse) -> list[str]:
    """The pictures of the question that was asked with this reply."""
    assert answer.status_code == 302, answer.content.decode()
    found = Message.objects.get(public_id=answer["Location"].partition("#message-")[2])
    assert found.parent is not None
    return [str(part.image.public_id) for part in found.parent.parts.filter(image__isnull=False).order_by("position")]


def test_files_come_with_the_question(door: Client) -> None:
    reply = ask(door, files=[file_of(RED), file_of(BLUE)])
    assert len(pictures_asked(reply)) == 2
    assert Part.objects.filter(image__isnull=False).count() == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "text too long": ({"text": "x" * (MAX_QUESTION_CHARS + 1)}, "This question is too long"),
    "bad parameter": ({"temperature": "hot"}, "temperature"),
    "no client_id": ({"client_id": "none"}, "client_id must be a UUID."),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_was_chosen_is_kept_and_sent_with_the_next_try(door: Client, alice: User, why: str) -> None:
    more, sentence = REFUSED[why]
    named = str(picture_of(alice).public_id)
    refused = ask(door, images=[named], files=[file_of(BLUE)], **more)
    assert refused.status_code == 400
    assert sentence in refused.content.decode()
    kept = kept_on(refused)
    assert kept == [named, str(Image.objects.exclude(public_id=named).get().public_id)]
    assert Conversation.objects.count() == 0
    assert pictures_asked(ask(door, images=kept)) == kept


@pytest.mark.parametrize("way", ["next", "edit"])
def test_it_is_kept_where_an_answer_still_runs(door: Client, busy: Talk, way: str) -> None:
    ways = {"next": f"/conversations/{busy.conversation}/messages/", "edit": f"/messages/{busy.question}/edit/"}
    refused = ask(door, ways[way], images=[busy.image], files=[file_of(BLUE)])
    assert refused.status_code == 409
    new = Image.objects.exclude(public_id=busy.image).get()
    assert kept_on(refused) == [busy.image, str(new.public_id)]


def test_one_bad_file_takes_no_good_one_with_it(door: Client) -> None:
    bad = SimpleUploadedFile("a.txt", b"no picture")
    refused = ask(door, files=[file_of(RED), bad, file_of(BLUE)])
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Keep me" in page
    assert "not a picture" in page
    assert len(kept_on(refused)) == 2
    assert Conversation.objects.count() == 0
    assert pictures_asked(ask(door, images=kept_on(refused))) == kept_on(refused)


def test_of_too_many_as_many_are_kept_as_a_question_takes(door: Client, alice: User) -> None:
    named = str(picture_of(alice).public_id)
    refused = ask(door, images=[named], files=[file_of((shade, 0, 0)) for shade in range(0, 250, 25)])
    assert refused.status_code == 400
    assert "at most 10 pictures" in refused.content.decode()
    assert len(kept_on(refused)) == 10
    assert Conversation.objects.count() == 0
    assert pictures_asked(ask(door, images=kept_on(refused))) == kept_on(refused)


def test_a_file_is_examined_once(door: Client, busy: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[int] = []
    examine = Intake.examine

    def counted(intake: Intake, data: bytes) -> Any:
        examined.append(len(data))
        return examine(intake, data)

    monkeypatch.setattr(Intake, "examine", counted)
    refused = ask(door, f"/conversations/{busy.conversation}/messages/", files=[file_of(RED), file_of(BLUE)])
    assert len(kept_on(refused)) == 2
    assert len(examined) == 2


def test_a_picture_that_is_gone_leaves_text_and_the_others_on_the_page(door: Client, alice: User, bob: User) -> None:
    mine, foreign = str(picture_of(alice).public_id), str(picture_of(bob).public_id)
    refused = ask(door, images=[foreign, mine], files=[file_of(BLUE)])
    page = refused.content.decode()
    assert refused.status_code == 404
    assert "not there any more" in page
    assert "Keep me" in page
    assert len(kept_on(refused)) == 2
    assert kept_on(refused)[0] == mine
    assert foreign not in page
    assert Conversation.objects.count() == 0
