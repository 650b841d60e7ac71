"""The turns that a page's script asks for."""

from uuid import uuid4

from django.test import Client
from django.utils import timezone

from chatapp.models import Conversation, Generation, User
from chatapp.models.conversation import Asked
from chatapp.presentation import PAGE_TURNS
from chatapp.replies import TURNS_TYPE
from chatapp.words import State
from tests.views.conftest import Talk


def end_all() -> None:
    Generation.objects.update(state=State.DONE, settled_at=timezone.now())


def test_all_turns_are_those_of_the_page(client: Client, alice: User, talk: Talk) -> None:
    client.force_login(alice)
    conversation = Conversation.objects.get(public_id=talk.conversation)
    for place in range(PAGE_TURNS // 2):
        conversation.post(Asked(text=str(place), client_id=uuid4(), parameters={}))
        end_all()
    whole = client.get(f"/c/{talk.conversation}/").content.decode()
    turns = client.get(f"/c/{talk.conversation}/turns/").content.decode()
    assert whole.count("<article") == turns.count("<article") == PAGE_TURNS


def test_a_reply_in_turns_says_after_which_turn_they_stand(client: Client, alice: User, talk: Talk) -> None:
    client.force_login(alice)
    asked = {"text": "And then?", "client_id": str(uuid4())}
    for status in (201, 200):
        reply = client.post(f"/conversations/{talk.conversation}/messages/", asked, headers={"Accept": TURNS_TYPE})
        assert (reply.status_code, reply["Ponder-After"]) == (status, talk.message)
