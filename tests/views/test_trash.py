"""The trash: what is deleted can be had back for thirty days, and is nowhere else meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatapp import fittings
from chatapp.images.store import Copy, Missing
from chatapp.models import Conversation, Generation, Image, User
from chatapp.models.conversation import IN_TRASH_FOR
from chatapp.sockets.looks import attempt_at, look
from tests.views.conftest import CANARY, Talk, picture_of, talk_of

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def deleted(door: Client, talk: Talk) -> None:
    assert door.post(f"/c/{talk.conversation}/delete/", **JSON).json() == {"deleted": talk.conversation}


def test_what_is_deleted_is_seen_nowhere_but_in_the_trash(door: Client, alice: User, talk: Talk) -> None:
    deleted(door, talk)
    for path in (f"/c/{talk.conversation}/", f"/messages/{talk.message}/"):
        assert door.get(path, **JSON).status_code == 404
    for path in (f"/generations/{talk.generation}/stop/", f"/messages/{talk.message}/regenerate/"):
        assert door.post(path, **JSON).status_code == 404
    assert look(alice.pk, UUID(talk.conversation)) is None
    assert attempt_at(alice.pk, UUID(talk.message)) is None
    assert door.get("/conversations/", **JSON).json()["count"] == 0
    assert f"/c/{talk.conversation}/".encode() not in door.get("/").content
    trash = door.get("/trash/", **JSON).json()["conversations"]
    assert [entry["id"] for entry in trash] == [talk.conversation, talk.deleted]
    assert trash[0]["deleted_at"]
    assert CANARY in door.get("/trash/").content.decode()


def test_what_is_restored_is_as_it_was(door: Client, talk: Talk) -> None:
    before = door.get(f"/messages/{talk.message}/", **JSON).json()
    deleted(door, talk)
    assert door.post(f"/c/{talk.conversation}/restore/", **JSON).json()["id"] == talk.conversation
    assert door.get(f"/messages/{talk.message}/", **JSON).json() == before
    assert [entry["id"] for entry in door.get("/conversations/", **JSON).json()["conversations"]] == [talk.conversation]
    # What is not in the trash cannot be taken out of it.
    assert door.post(f"/c/{talk.conversation}/restore/", **JSON).status_code == 404


def test_deleting_stops_what_runs(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    deleted(door, talk)
    found = Generation.objects.get(public_id=talk.generation)
    assert (found.state, found.reason) == ("stopped", "person")


def test_a_question_to_a_deleted_conversation_finds_none(door: Client, talk: Talk) -> None:
    deleted(door, talk)
    fields = {"text": "still there?", "client_id": str(uuid4())}
    assert door.post(f"/conversations/{talk.conversation}/messages/", fields, **JSON).status_code == 404


def test_after_thirty_days_it_goes_for_good_with_its_pictures(door: Client, alice: User, talk: Talk) -> None:
    Conversation.objects.filter(deleted_at__isnull=False).delete()
    image = picture_of(alice)
    fields = {"text": "look", "client_id": str(uuid4()), "images": [str(image.public_id)]}
    asked = door.post("/conversations/", fields, **JSON).json()
    for key in (asked["conversation"], talk.conversation):
        door.post(f"/c/{key}/delete/", **JSON)
    almost, over = IN_TRASH_FOR - timedelta(hours=1), IN_TRASH_FOR + timedelta(hours=1)
    Conversation.objects.filter(public_id=talk.conversation).update(deleted_at=timezone.now() - almost)
    Conversation.objects.filter(public_id=asked["conversation"]).update(deleted_at=timezone.now() - over)
    fittings.sweeper().once()
    assert [str(found.public_id) for found in Conversation.objects.all()] == [talk.conversation]
    assert not Image.objects.filter(pk=image.pk).exists()
    with pytest.raises(Missing):
        fittings.pictures().read(image.stored_as, Copy.MODEL)


def test_without_javascript_the_trash_is_a_page_with_buttons(door: Client, talk: Talk) -> None:
    page = door.post(f"/c/{talk.conversation}/delete/", follow=True).content.decode()
    assert "stays in the trash for 30 days" in page
    page = door.get("/trash/").content.decode()
    assert f"/c/{talk.conversation}/restore/" in page
    assert f"/c/{talk.conversation}/purge/" in page
    assert door.post(f"/c/{talk.conversation}/purge/", follow=True).redirect_chain == [("/trash/", 302)]
    assert not Conversation.objects.filter(public_id=talk.conversation).exists()


@pytest.mark.parametrize("page", ["0", "2", "x"])
def test_a_page_that_is_not_there_is_not_found(door: Client, talk: Talk, page: str) -> None:
    assert door.get("/trash/", {"page": page}).status_code == 404
