"""The doors for scripts: what they answer, and what they say to input of every wrong kind."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from chatapp import fittings
from chatapp.models import Conversation, Generation, Message, User
from tests.views.conftest import Talk, talk_of

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def asked(client: Client, path: str = "/conversations/", **fields: object):
    return client.post(path, {"text": "Why?", "client_id": str(uuid4()), **fields}, **JSON)


def test_asking_gives_the_ids(door: Client) -> None:
    reply = asked(door)
    assert reply.status_code == 201
    body = reply.json()
    assert set(body) == {"conversation", "question", "message", "generation", "url"}
    assert body["url"] == f"/c/{body['conversation']}/"
    found = Message.objects.get(public_id=body["message"])
    assert (found.role, str(found.parent.public_id)) == ("assistant", body["question"])


def test_json_bodies_are_as_good_as_forms(door: Client) -> None:
    body = {"text": "Why?\r\nBecause.", "client_id": str(uuid4())}
    reply = door.post("/conversations/", json.dumps(body), content_type="application/json", **JSON)
    assert reply.status_code == 201
    question = Message.objects.get(public_id=reply.json()["question"])
    assert question.parts.get().text == "Why?\nBecause."


def test_the_same_client_id_gives_the_same_whatever_else_is_said(door: Client, charlie: User, client_of) -> None:
    key = str(uuid4())
    first = asked(door, client_id=key)
    again = asked(door, client_id=key, text="other")
    elsewhere = asked(door, f"/conversations/{first.json()['conversation']}/messages/", client_id=key)
    assert [reply.status_code for reply in (first, again, elsewhere)] == [201, 200, 200]
    assert first.json() == again.json() == elsewhere.json()
    assert Conversation.objects.count() == 1
    # Another person's client_id is another person's.
    assert asked(client_of(charlie), client_id=key).status_code == 201


WRONG_TEXTS = ["", "   \n\t ", "a\0b", "x" * 200_001]
WRONG_KEYS = ["", "nonsense", "1", "0" * 100, "\0", "{}"]


@pytest.mark.parametrize("text", WRONG_TEXTS, ids=["empty", "blank", "NUL", "too long"])
def test_a_wrong_text_is_refused_in_words(door: Client, text: str) -> None:
    reply = asked(door, text=text)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "invalid"
    assert reply.json()["error"]["message"].endswith(".")
    assert Conversation.objects.count() == 0


@pytest.mark.parametrize("key", WRONG_KEYS)
def test_a_wrong_client_id_is_refused(door: Client, key: str) -> None:
    reply = asked(door, client_id=key)
    assert reply.status_code == 400
    assert "client_id" in reply.json()["error"]["message"]
    assert Conversation.objects.count() == 0


@pytest.mark.parametrize("missing", ["text", "client_id"])
def test_a_missing_field_is_refused(door: Client, missing: str) -> None:
    fields = {"text": "Why?", "client_id": str(uuid4())}
    del fields[missing]
    assert door.post("/conversations/", fields, **JSON).status_code == 400


BODIES = [
    "",
    "{",
    "null",
    "7",
    "[]",
    '"text"',
    '{"text": 7, "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": null, "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": ["a"], "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": {"a": 1}, "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": "a", "client_id": 7}',
    '{"text": "a", "client_id": ["8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"]}',
    '{"text": "a", "client_id": {}}',
    '{"text": "a", "client_id": true}',
    '{"text": "\\ud800", "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": "a\\u0000b", "client_id": "8b1b6a8e-0b1a-4c33-9d3e-1e7f9b0a1f11"}',
    '{"text": NaN, "client_id": 1e999}',
    "[" * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("body", BODIES, ids=[str(place) for place in range(len(BODIES))])
def test_a_wrong_json_body_is_refused(door: Client, body: str | bytes) -> None:
    reply = door.post("/conversations/", body, content_type="application/json", **JSON)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]
    assert Conversation.objects.count() == 0


def test_a_body_of_a_megabyte_and_more_is_too_large(door: Client) -> None:
    reply = asked(door, text="x" * 1_100_000)
    assert reply.status_code == 413
    assert Conversation.objects.count() == 0


def test_bytes_that_are_no_text_are_replaced_or_refused(door: Client) -> None:
    body = b"text=%ED%A0%80abc&client_id=" + str(uuid4()).encode()
    reply = door.post("/conversations/", body, content_type="application/x-www-form-urlencoded", **JSON)
    assert reply.status_code in {201, 400}


def test_what_is_not_ours_to_set_is_ignored(door: Client, alice: User) -> None:
    reply = asked(door, role="system", owner="2", model="openai/o1-pro", cost="0", state="done", is_staff="true")
    assert reply.status_code == 201
    answer = Message.objects.get(public_id=reply.json()["message"])
    assert (answer.role, answer.owner) == ("assistant", alice)
    assert answer.generations.get().state == "queued"
    alice.refresh_from_db()
    assert not alice.is_staff


def test_a_message_tells_all_about_itself(door: Client, talk: Talk) -> None:
    body = door.get(f"/messages/{talk.message}/", **JSON).json()
    assert body["id"] == talk.message
    assert (body["role"], body["parent"], body["state"], body["reason"]) == ("assistant", talk.question, "done", "")
    assert body["parts"] == [{"kind": "text", "text": "answer CANARY-OF-ALICE"}]
    assert body["parameters"] == {"max_tokens": 100}
    assert body["times"]["ended_ms"] == 10
    question = door.get(f"/messages/{talk.question}/", **JSON).json()
    assert (question["role"], question["parent"], question["state"]) == ("user", None, "done")


def test_a_running_message_tells_its_text_so_far(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    body = door.get(f"/messages/{talk.message}/", **JSON).json()
    assert (body["state"], body["error"]) == ("answering", None)
    assert body["parts"] == [{"kind": "text", "text": "so far CANARY-OF-ALICE"}]


def test_stopping_twice_is_no_error(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    for _ in range(2):
        reply = door.post(f"/generations/{talk.generation}/stop/", **JSON)
        assert (reply.status_code, reply.json()["state"]) == (200, "stopped")


def test_stopping_what_is_done_changes_nothing(door: Client, talk: Talk) -> None:
    assert door.post(f"/generations/{talk.generation}/stop/", **JSON).json()["state"] == "done"


def test_a_question_cannot_be_regenerated(door: Client, talk: Talk) -> None:
    reply = door.post(f"/messages/{talk.question}/regenerate/", **JSON)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "not_an_answer")


@pytest.mark.parametrize("title", ["", "  ", "\u202e\u200b", "x" * 501, "a\0b"])
def test_a_title_of_nothing_visible_is_refused(door: Client, talk: Talk, title: str) -> None:
    assert door.post(f"/c/{talk.conversation}/rename/", {"title": title}, **JSON).status_code == 400


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "1e9", "9" * 40, "\0"])
def test_a_page_that_is_not_there_is_not_found(door: Client, talk: Talk, page: str) -> None:
    assert door.get("/conversations/", {"page": page}, **JSON).status_code == 404


@pytest.mark.parametrize("holding", ["{", "7", "[7]", '[{"type":"watch","conversation":"x"}]', "[" * 9000, "\0"])
def test_a_poll_with_a_wrong_holding_is_refused(door: Client, talk: Talk, holding: str) -> None:
    reply = door.get(f"/c/{talk.conversation}/progress/", {"holding": holding}, **JSON)
    assert reply.status_code == 400


def test_without_javascript_a_refused_question_stays_in_the_form(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    reply = door.post(
        f"/conversations/{talk.conversation}/messages/", {"text": "Keep <me> please", "client_id": str(uuid4())}
    )
    assert reply.status_code == 409
    assert "Keep &lt;me&gt; please" in reply.content.decode()
    assert "still being written" in reply.content.decode()


def test_without_javascript_a_running_page_refreshes_itself(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    page = door.get(f"/c/{talk.conversation}/").content.decode()
    assert '<meta http-equiv="refresh"' in page
    assert "so far CANARY-OF-ALICE" in page
    done = door.get(f"/c/{talk_of(alice).conversation}/").content.decode()
    assert '<meta http-equiv="refresh"' not in done


def test_pages_take_a_fixed_number_of_queries(door: Client, alice: User, django_assert_max_num_queries) -> None:
    talk = talk_of(alice)
    path = f"/conversations/{talk.conversation}/messages/"
    for _ in range(5):
        more = asked(door, path)
        assert more.status_code == 201
        door.post(f"/generations/{more.json()['generation']}/stop/", **JSON)
        assert fittings.settle_attempt(Generation.objects.get(public_id=more.json()["generation"]).pk)
    with django_assert_max_num_queries(16):
        door.get(f"/c/{talk.conversation}/")
    with django_assert_max_num_queries(5):
        door.get("/")
