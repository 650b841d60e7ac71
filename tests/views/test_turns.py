"""The turns that a page's script asks for."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatapp.models import Conversation, Generation, Message, User
from chatapp.models.asked import Asked
from chatapp.presentation import PAGE_TURNS
from chatapp.replies import TURNS_TYPE
from chatapp.words import State
from tests.views.conftest import Talk, picture_of, talk_of


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


# --- pages without scripts, and answers of another branch

REFRESH = 'http-equiv="refresh"'


@pytest.fixture
def busy(alice: User) -> Talk:
    return talk_of(alice, settled=False)


def test_a_page_loads_itself_anew_at_the_address_of_its_conversation(client: Client, alice: User, busy: Talk) -> None:
    client.force_login(alice)
    page = client.get(f"/c/{busy.conversation}/").content.decode()
    assert f'content="3; url=/c/{busy.conversation}/"' in page
    assert "composer--watching" in page


def test_a_refused_question_is_not_loaded_away_and_keeps_its_pictures(client: Client, alice: User, busy: Talk) -> None:
    client.force_login(alice)
    asked = {"text": "And then?", "client_id": str(uuid4()), "images": busy.image}
    for address in (f"/conversations/{busy.conversation}/messages/", f"/messages/{busy.question}/edit/"):
        refused = client.post(address, asked)
        page = refused.content.decode()
        assert refused.status_code == 409
        assert REFRESH not in page
        assert "composer--watching" not in page
        assert "And then?" in page
        assert f'name="images" value="{busy.image}"' in page


def test_a_refused_question_keeps_no_pictures_of_others(client: Client, alice: User, bob: User, busy: Talk) -> None:
    client.force_login(alice)
    foreign = str(picture_of(bob, colour=(1, 2, 3)).public_id)
    asked = {"text": "And then?", "client_id": "none", "images": [foreign, busy.image]}
    page = client.post("/conversations/", asked).content.decode()
    assert busy.image in page
    assert foreign not in page


def test_an_answer_that_runs_on_another_branch_can_be_stopped(client: Client, alice: User, talk: Talk) -> None:
    client.force_login(alice)
    conversation = Conversation.objects.get(public_id=talk.conversation)
    question = Message.objects.get(public_id=talk.question)
    posted = conversation.edit(question, Asked(text="Else?", client_id=uuid4(), parameters={}))
    question.choose()
    page = client.get(f"/c/{talk.conversation}/").content.decode()
    assert f'data-running="{posted.generation.public_id}"' in page
    assert f"/generations/{posted.generation.public_id}/stop/" in page
    assert str(posted.answer.public_id) not in page.replace(f"/messages/{posted.question.public_id}", "")
