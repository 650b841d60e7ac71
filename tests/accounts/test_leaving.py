"""An account is deleted by its person, with the password, and nothing of it stays."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client

from chatapp import fittings
from chatapp.accounts import leave
from chatapp.models import Conversation, Generation, Image, User
from tests.conftest import PASSWORD
from tests.views.conftest import CANARY, between, png, talk_of

JSON = {"HTTP_ACCEPT": "application/json"}
LEAVE = "/settings/leave/"


@pytest.fixture
def door(alice: User, dora: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def rows_of(user: User) -> list[str]:
    """The tables in which some row names the person or holds their words."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                owned = dict(zip(names, row, strict=True)).get("owner_id") == user.pk
                if owned or any(CANARY in str(value) or user.email in str(value) for value in row):
                    found.append(model._meta.db_table)
    return found


def test_nothing_of_the_person_stays(door: Client, alice: User, bob: User) -> None:
    talks = [talk_of(alice), talk_of(alice, settled=False), talk_of(bob, text="Bob's own")]
    names = set(Image.objects.filter(owner=alice).values_list("stored_as", flat=True))
    assert names <= folders()
    assert rows_of(alice)
    assert door.post(LEAVE, {"password": PASSWORD}, **JSON).json() == {"url": "/accounts/login/"}
    # Before the sweeper came by: no way in, and what ran has ended.
    assert Generation.objects.get(public_id=talks[1].generation).state == "stopped"
    assert door.get("/", **JSON).status_code == 401
    assert Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD}).status_code == 200
    assert not Client().login(email=alice.email, password=PASSWORD)
    fittings.sweeper().once()
    assert rows_of(alice) == []
    assert not User.objects.filter(pk=alice.pk).exists()
    assert Conversation.objects.filter(owner=bob).count() == 2
    assert not names & folders()


def test_the_address_is_free_at_once(door: Client, alice: User) -> None:
    door.post(LEAVE, {"password": PASSWORD}, **JSON)
    made = Client().post("/accounts/signup/", {"email": alice.email, "password1": "another long one"})
    assert made.status_code == 302
    assert User.objects.get(email=alice.email).pk != alice.pk


def folders() -> set[str]:
    """The names of all pictures whose files are there."""
    return {path.parent.name for path in (Path(settings.DATA_DIR) / "images").rglob("*") if path.is_file()}


def test_only_the_page_that_says_so_has_the_browser_forget_what_was_being_written(door: Client) -> None:
    refused = door.post(LEAVE, {"password": "a wrong one"})
    assert "<forget-drafts>" not in refused.content.decode()
    left = door.post(LEAVE, {"password": PASSWORD}, follow=True).content.decode()
    assert "<forget-drafts>" in left
    assert "js/app" in left
    assert "<forget-drafts>" not in door.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("password", ["wrong password", "", "x" * 2000, "a\0b"])
def test_without_the_password_nothing_happens(door: Client, alice: User, password: str) -> None:
    talk = talk_of(alice)
    assert door.post(LEAVE, {"password": password}, **JSON).status_code == 400
    page = door.post(LEAVE, {"password": password})
    assert "Delete my account" in page.content.decode()
    fittings.sweeper().once()
    assert door.get(f"/c/{talk.conversation}/").status_code == 200


def test_guessing_is_limited(door: Client, alice: User) -> None:
    codes = [door.post(LEAVE, {"password": f"guess {number}"}, **JSON).status_code for number in range(6)]
    assert codes == [400] * 5 + [429]
    assert door.post(LEAVE, {"password": PASSWORD}, **JSON).status_code == 429
    assert User.objects.get(pk=alice.pk).is_active


def test_looking_deletes_nothing(door: Client, alice: User) -> None:
    page = door.get(LEAVE).content.decode()
    assert alice.email in page
    assert "Nothing of it can be had back" in page
    assert User.objects.get(pk=alice.pk).is_active
    assert Client().post(LEAVE, {"password": PASSWORD}, **JSON).status_code == 401


def test_the_only_administrator_stays(dora: User, alice: User, client_of: Callable[[User], Client]) -> None:
    door = client_of(dora)
    refused = door.post(LEAVE, {"password": PASSWORD}, **JSON)
    assert refused.status_code == 400
    assert "only administrator" in str(refused.json())
    alice.is_staff = True
    alice.save()
    assert door.post(LEAVE, {"password": PASSWORD}, **JSON).status_code == 200


def test_what_a_sweep_did_not_finish_the_next_one_does(door: Client, alice: User, monkeypatch) -> None:
    for _ in range(3):
        talk_of(alice)
    door.post(LEAVE, {"password": PASSWORD}, **JSON)
    purge, calls = Conversation.purge, []

    def dies(conversation: Conversation) -> list[str]:
        calls.append(conversation)
        if len(calls) == 3:
            raise OperationalError("the database is gone")
        return purge(conversation)

    monkeypatch.setattr(Conversation, "purge", dies)
    with pytest.raises(OperationalError, match="gone"):
        fittings.sweeper().once()
    assert Conversation.objects.filter(owner=alice).exists()
    monkeypatch.undo()
    fittings.sweeper().once()
    assert not User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize("act", ["begin", "post", "edit", "regenerate", "picture"])
def test_what_is_asked_while_the_person_leaves_is_not_there(door: Client, alice: User, act: str) -> None:
    talk = talk_of(alice)
    path, fields = {
        "begin": ("/conversations/", {"text": "Late"}),
        "post": (f"/conversations/{talk.conversation}/messages/", {"text": "Late"}),
        "edit": (f"/messages/{talk.question}/edit/", {"text": "Late"}),
        "regenerate": (f"/messages/{talk.message}/regenerate/", {}),
        "picture": ("/images/", {"file": SimpleUploadedFile("late.png", png((1, 2, 3)), "image/png")}),
    }[act]
    before = Generation.objects.count(), Image.objects.count(), folders()
    with connection.execute_wrapper(between("SAVEPOINT", lambda: leave(User.objects.get(pk=alice.pk)))):
        late = door.post(path, {"client_id": str(uuid4()), **fields}, **JSON)
    assert late.status_code == 404
    assert User.objects.get(pk=alice.pk).deleted_at is not None
    assert (Generation.objects.count(), Image.objects.count(), folders()) == before
