"""Each route, asked by everyone with every kind of id. The table is held against the URL map: a route without a row fails."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from chatapp.models import Conversation, Generation, Image, Message, User
from chatapp.words import State
from tests.routes import routes
from tests.views.conftest import CANARY, Talk, talk_of

JSON = {"HTTP_ACCEPT": "application/json"}

# Routes about something a person owns: (name, address, method, which id of a Talk)
OWNED = [
    ("conversation", "/c/{}/", "get", "conversation"),
    ("conversation-turns", "/c/{}/turns/", "get", "conversation"),
    ("conversation-progress", "/c/{}/progress/", "get", "conversation"),
    ("conversation-rename", "/c/{}/rename/", "get", "conversation"),
    ("conversation-rename", "/c/{}/rename/", "post", "conversation"),
    ("conversation-delete", "/c/{}/delete/", "get", "conversation"),
    ("conversation-delete", "/c/{}/delete/", "post", "conversation"),
    ("conversation-purge", "/c/{}/purge/", "post", "conversation"),
    ("conversation-restore", "/c/{}/restore/", "post", "deleted"),
    ("conversation-messages", "/conversations/{}/messages/", "post", "conversation"),
    ("message", "/messages/{}/", "get", "message"),
    ("message-edit", "/messages/{}/edit/", "get", "question"),
    ("message-edit", "/messages/{}/edit/", "post", "question"),
    ("image", "/images/{}/", "get", "image"),
    ("image-thumbnail", "/images/{}/thumbnail/", "get", "image"),
    ("image-original", "/images/{}/original/", "get", "image"),
    ("image-seen", "/images/{}/seen/", "get", "image"),
    ("message-regenerate", "/messages/{}/regenerate/", "post", "message"),
    ("message-choose", "/messages/{}/choose/", "post", "message"),
    ("generation-stop", "/generations/{}/stop/", "post", "generation"),
    ("generation-continue", "/generations/{}/continue/", "post", "generation"),
    ("generation-answer-now", "/generations/{}/answer-now/", "post", "generation"),
]
# A whole answer cannot be written on: its owner is told so.
FINAL = {"generation-continue", "generation-answer-now"}
# Routes of a signed-in person that name nothing.
PERSONAL = {"home", "conversations", "trash", "images", "settings", "leave", "account_change_password"}
# Routes of administrators: nothing to others.
FOR_ADMINISTRATORS = {"staff-partials": "/staff/partials/"}
# Routes for everyone.
PUBLIC = {
    "manifest",
    "setup",
    "up",
    "ready",
    "account_signup",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
MALFORMED = ["../", "1e9", "1" * 31, "%00", "nonsense", "None"]


def test_every_route_has_its_row() -> None:
    assert {route.name or str(route.pattern) for route in routes()} == {
        row[0] for row in OWNED
    } | PERSONAL | PUBLIC | set(FOR_ADMINISTRATORS)


@pytest.mark.parametrize(("name", "address", "method", "kind"), OWNED, ids=[f"{row[2]} {row[0]}" for row in OWNED])
class TestOwned:
    def test_a_stranger_cannot_tell_it_from_nothing(
        self,
        talk: Talk,
        charlie: User,
        client_of: Callable[[User], Client],
        name: str,
        address: str,
        method: str,
        kind: str,
    ) -> None:
        client = client_of(charlie)
        before = counts()
        for headers in ({}, JSON):
            foreign = getattr(client, method)(address.format(getattr(talk, kind)), **headers)
            absent = getattr(client, method)(address.format(uuid4()), **headers)
            assert foreign.status_code == absent.status_code == 404
            assert foreign.content == absent.content
            assert CANARY.encode() not in foreign.content
        assert counts() == before

    def test_an_administrator_is_a_stranger_too(
        self,
        talk: Talk,
        dora: User,
        client_of: Callable[[User], Client],
        name: str,
        address: str,
        method: str,
        kind: str,
    ) -> None:
        reply = getattr(client_of(dora), method)(address.format(getattr(talk, kind)), **JSON)
        assert reply.status_code == 404

    def test_nobody_signed_in_is_told_to_sign_in(
        self, talk: Talk, client: Client, name: str, address: str, method: str, kind: str
    ) -> None:
        before = counts()
        as_json = getattr(client, method)(address.format(getattr(talk, kind)), **JSON)
        assert as_json.status_code == 401
        assert as_json.json()["error"]["code"] == "sign_in_required"
        as_page = getattr(client, method)(address.format(getattr(talk, kind)))
        assert as_page.status_code == 302
        assert as_page["Location"].startswith("/accounts/login/")
        assert counts() == before

    def test_the_owner_gets_it(
        self,
        talk: Talk,
        alice: User,
        client_of: Callable[[User], Client],
        name: str,
        address: str,
        method: str,
        kind: str,
    ) -> None:
        fields = {"text": "more", "client_id": str(uuid4()), "title": "new"} if method == "post" else {}
        reply = getattr(client_of(alice), method)(address.format(getattr(talk, kind)), fields, **JSON)
        assert reply.status_code in ({409} if name in FINAL else {200, 201})

    def test_a_malformed_id_is_not_found(
        self, alice: User, client_of: Callable[[User], Client], name: str, address: str, method: str, kind: str
    ) -> None:
        client = client_of(alice)
        for bad in MALFORMED:
            assert getattr(client, method)(address.format(bad), **JSON).status_code in {404, 405}

    def test_a_deleted_id_is_not_found(
        self,
        talk: Talk,
        alice: User,
        client_of: Callable[[User], Client],
        name: str,
        address: str,
        method: str,
        kind: str,
    ) -> None:
        Conversation.objects.all().delete()
        Image.objects.all().delete()
        assert getattr(client_of(alice), method)(address.format(getattr(talk, kind)), **JSON).status_code == 404

    def test_other_methods_are_refused(
        self,
        talk: Talk,
        alice: User,
        client_of: Callable[[User], Client],
        name: str,
        address: str,
        method: str,
        kind: str,
    ) -> None:
        client = client_of(alice)
        for other in ("put", "delete", "patch", "trace"):
            reply = getattr(client, other)(address.format(getattr(talk, kind)), **JSON)
            assert reply.status_code == 405


@pytest.mark.parametrize("address", FOR_ADMINISTRATORS.values())
def test_pages_for_administrators_are_nothing_to_others(
    alice: User, dora: User, client: Client, client_of: Callable[[User], Client], address: str
) -> None:
    assert client_of(dora).get(address).status_code == 200
    foreign, absent = client_of(alice).get(address), client_of(alice).get("/staff/nothing/")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_ids_of_another_kind_are_not_found(alice: User, talk: Talk, client_of: Callable[[User], Client]) -> None:
    client = client_of(alice)
    assert client.get(f"/c/{talk.message}/", **JSON).status_code == 404
    assert client.get(f"/messages/{talk.conversation}/", **JSON).status_code == 404
    assert client.post(f"/generations/{talk.message}/stop/", **JSON).status_code == 404


def test_a_message_of_another_conversation_is_no_place_on_this_ones_page(
    alice: User, talk: Talk, client_of: Callable[[User], Client]
) -> None:
    other = talk_of(alice, text="other")
    client = client_of(alice)
    for parameter in ("at", "end"):
        assert client.get(f"/c/{talk.conversation}/", {parameter: other.message}).status_code == 404
        assert client.get(f"/c/{talk.conversation}/", {parameter: "nonsense"}).status_code == 404
    assert client.get(f"/c/{talk.conversation}/turns/", {"after": other.message}, **JSON).status_code == 404


@pytest.mark.parametrize("kind", ["message", "question"])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_poll_tells_of_its_conversation_only(
    talk: Talk, alice: User, charlie: User, client_of: Callable[[User], Client], kind: str, is_running: bool
) -> None:
    if is_running:
        Generation.objects.update(state=State.ANSWERING, settled_at=None)
    for person in (charlie, alice):
        # Somebody else's, and another one of one's own.
        door, here = client_of(person), talk_of(person, text="mine").conversation
        foreign, absent = (
            door.get(f"/c/{here}/progress/", {"holding": json.dumps([{"type": "hold", "message": message}])}, **JSON)
            for message in (getattr(talk, kind), str(uuid4()))
        )
        assert foreign.status_code == absent.status_code == 200
        assert foreign.content == absent.content
        assert CANARY.encode() not in foreign.content


def test_lists_show_only_ones_own(alice: User, charlie: User, talk: Talk, client_of: Callable[[User], Client]) -> None:
    reply = client_of(charlie).get("/conversations/", **JSON)
    assert reply.json()["conversations"] == []
    assert CANARY.encode() not in client_of(charlie).get("/").content
    mine = client_of(alice).get("/conversations/", **JSON).json()
    assert [row["id"] for row in mine["conversations"]] == [talk.conversation]


def test_every_post_wants_its_token(alice: User, talk: Talk) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = counts()
    for _, address, method, kind in OWNED:
        if method == "post":
            assert client.post(address.format(getattr(talk, kind)), **JSON).status_code == 403
    assert client.post("/conversations/", {"text": "x", "client_id": str(uuid4())}, **JSON).status_code == 403
    assert counts() == before


def test_reading_changes_nothing(alice: User, talk: Talk, client_of: Callable[[User], Client]) -> None:
    client, before = client_of(alice), state()
    for _, address, method, kind in OWNED:
        if method == "get":
            client.get(address.format(getattr(talk, kind)))
            client.get(address.format(getattr(talk, kind)), **JSON)
    assert state() == before


def counts() -> tuple[int, int, int]:
    return Conversation.objects.count(), Message.objects.count(), Generation.objects.count()


def state() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Conversation, Message, Generation, Image)]
