"""Verbs that two people's clicks may call at once take turns, and look after they have acted."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client

from chatapp.models import Conversation, Generation, Message, User
from chatapp.models.asked import Asked
from chatapp.words import State
from tests.views.conftest import talk_of

JSON = {"HTTP_ACCEPT": "application/json"}


def test_answer_now_cuts_no_answer_that_has_begun(alice: User) -> None:
    generation = Generation.objects.get(public_id=talk_of(alice, settled=False).generation)
    assert generation.state == State.ANSWERING
    assert not generation.stop(while_thinking=True)
    assert Generation.objects.get(pk=generation.pk).state == State.ANSWERING
    Generation.objects.filter(pk=generation.pk).update(state=State.THINKING)
    assert generation.stop(while_thinking=True)


def test_what_is_asked_while_a_conversation_is_deleted_is_refused_or_stopped(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    """A post that comes between the two acts of deleting."""
    client, talk = client_of(alice), talk_of(alice)
    conversation = Conversation.objects.get(public_id=talk.conversation)
    asked = Asked(text="And?", client_id=uuid4(), parameters={})
    seen: list[str] = []

    def ask(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "deleted_at" in sql and not seen:
            seen.append(sql)
            with pytest.raises(Conversation.DoesNotExist):
                conversation.post(asked)
        return done

    with connection.execute_wrapper(ask):
        assert client.post(f"/c/{talk.conversation}/delete/", **JSON).status_code == 200
    assert seen
    assert not Generation.objects.running().filter(conversation=conversation).exists()


def test_stopping_what_is_purged_meanwhile_is_not_found(alice: User, client_of: Callable[[User], Client]) -> None:
    client, talk = client_of(alice), talk_of(alice, settled=False)

    def purge(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "chatapp_generation" in sql and not gone:
            gone.append(sql)
            Conversation.objects.get(public_id=talk.conversation).purge()
        return done

    gone: list[str] = []
    with connection.execute_wrapper(purge):
        assert client.post(f"/generations/{talk.generation}/stop/", **JSON).status_code == 404
    assert not Message.objects.filter(public_id=UUID(talk.message)).exists()
