"""Pictures at the doors: taken, given back to their owner alone, sent with a question, gone with it; and edited questions."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatapp import fittings
from chatapp.generation.history import Picture, Said, said_before
from chatapp.generation.trimming import choose_pictures
from chatapp.images.store import Copy, Missing
from chatapp.models import Conversation, Generation, Image, Message, Part, User
from chatapp.views import images
from chatapp.words import Reason, Role, State
from tests.views.conftest import Talk, between, picture_of, png, talk_of

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def upload(client: Client, data: bytes, name: str = "figs.png", kind: str = "image/png"):
    return client.post("/images/", {"file": SimpleUploadedFile(name, data, kind)}, **JSON)


def ask(client: Client, path: str = "/conversations/", **fields: object):
    return client.post(path, {"text": "What is it?", "client_id": str(uuid4()), **fields}, **JSON)


def finish(body: dict, **changes: object) -> None:
    Generation.objects.filter(public_id=body["generation"]).update(
        **{"state": State.DONE, "settled_at": timezone.now(), "ended_ms": 5, **changes}
    )


def test_a_picture_is_taken_and_described(door: Client) -> None:
    reply = upload(door, png(size=(640, 480)))
    assert reply.status_code == 201
    body = reply.json()
    assert (body["width"], body["height"], body["name"]) == (640, 480, "figs.png")
    assert body["tokens"] == 302
    for path, kind in ((body["url"], "image/"), (body["thumbnail"], "image/jpeg")):
        shown = door.get(path)
        assert shown["Content-Type"].startswith(kind)
        assert shown["X-Content-Type-Options"] == "nosniff"
        assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert shown["Cross-Origin-Resource-Policy"] == "same-origin"
        assert shown["Cache-Control"] == "private, max-age=3600"
        assert shown["Content-Disposition"].startswith('inline; filename="image.')


def test_the_original_is_a_download_untouched(door: Client) -> None:
    data = png() + b"trailing bytes"
    key = upload(door, data).json()["id"]
    reply = door.get(f"/images/{key}/original/")
    assert reply.content == data
    assert reply["Content-Disposition"] == 'attachment; filename="figs.png"'
    assert reply["Content-Type"] == "application/octet-stream"


def test_the_same_picture_twice_is_one(door: Client, bob: User, client_of: Callable[[User], Client]) -> None:
    first, again = upload(door, png()), upload(door, png(), name="again.png")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Image.objects.count() == 1
    # Another person's is another picture: that somebody else has it must not show.
    assert upload(client_of(bob), png()).status_code == 201


REFUSED = [
    (b"", 400, "empty"),
    (b"<html><script>alert(1)</script></html>", 400, "kind_not_taken"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 400, "kind_not_taken"),
    (b"%PDF-1.7 ...", 400, "kind_not_taken"),
    (png()[:60], 400, None),
    (b"\x89PNG\r\n\x1a\n" + b"x" * 10_500_000, 413, "too_many_bytes"),
]


@pytest.mark.parametrize(("data", "status", "code"), REFUSED, ids=[str(row[2]) + str(len(row[0])) for row in REFUSED])
def test_what_is_no_picture_is_refused_in_words(door: Client, data: bytes, status: int, code: str | None) -> None:
    reply = upload(door, data)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert code is None or error["code"] == code
    assert error["message"].endswith(".")
    assert Image.objects.count() == 0


def test_no_file_is_refused(door: Client) -> None:
    assert door.post("/images/", {}, **JSON).status_code == 400
    assert door.post("/images/", {"file": "text"}, **JSON).status_code == 400


HOSTILE_NAMES = [
    "../../etc/passwd",
    "a\r\nX-Evil: 1.png",
    'x"; filename="evil.html',
    "\u202egnp.exe",
    "." * 300,
    "😀.png",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_only_a_name(door: Client, alice: User, name: str) -> None:
    body = upload(door, png(), name=name).json()
    reply = door.get(f"/images/{body['id']}/original/")
    assert "\n" not in reply["Content-Disposition"]
    assert "/" not in body["name"]
    assert reply["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in reply.headers


def test_a_question_carries_its_pictures(door: Client, alice: User) -> None:
    keys = [str(picture_of(alice, colour=colour).public_id) for colour in ((255, 0, 0), (0, 0, 255))]
    reply = ask(door, images=keys)
    assert reply.status_code == 201
    question = door.get(f"/messages/{reply.json()['question']}/", **JSON).json()
    assert [part["kind"] for part in question["parts"]] == ["text", "image", "image"]
    assert [part["id"] for part in question["parts"][1:]] == keys
    answer = Message.objects.get(public_id=reply.json()["message"])
    [said] = said_before(answer)
    assert len(said.pictures) == 2


def test_pictures_alone_are_a_question(door: Client, alice: User) -> None:
    key = str(picture_of(alice).public_id)
    reply = ask(door, text="", images=[key])
    assert reply.status_code == 201
    assert Conversation.objects.get().title


def test_json_takes_a_list_of_pictures(door: Client, alice: User) -> None:
    body = {"text": "What?", "client_id": str(uuid4()), "images": [str(picture_of(alice).public_id)]}
    reply = door.post("/conversations/", json.dumps(body), content_type="application/json", **JSON)
    assert reply.status_code == 201


@pytest.mark.parametrize("images", ["x", [7], ["nonsense"], {"a": 1}, [None], 7, True])
def test_wrong_lists_of_pictures_are_refused(door: Client, images: object) -> None:
    body = {"text": "What?", "client_id": str(uuid4()), "images": images}
    reply = door.post("/conversations/", json.dumps(body), content_type="application/json", **JSON)
    assert reply.status_code == 400
    assert Conversation.objects.count() == 0


def test_anothers_picture_is_not_there(door: Client, bob: User) -> None:
    key = str(picture_of(bob).public_id)
    for foreign in (key, str(uuid4())):
        reply = ask(door, images=[foreign])
        assert reply.status_code == 404
    assert Conversation.objects.count() == 0
    assert Part.objects.count() == 0


def test_eleven_pictures_are_too_many(door: Client) -> None:
    reply = ask(door, images=[str(uuid4()) for _ in range(11)])
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "too_many_pictures")


def test_a_picture_goes_with_the_last_message_that_uses_it(door: Client, alice: User) -> None:
    image = picture_of(alice)
    first, second = (ask(door, images=[str(image.public_id)]).json() for _ in range(2))
    door.post(f"/c/{first['conversation']}/purge/", **JSON)
    assert fittings.pictures().read(image.stored_as, Copy.MODEL)
    door.post(f"/c/{second['conversation']}/purge/", **JSON)
    assert Image.objects.count() == 0
    with pytest.raises(Missing):
        fittings.pictures().read(image.stored_as, Copy.MODEL)


def test_a_picture_that_was_never_sent_is_swept_after_a_day(alice: User, door: Client) -> None:
    stale, fresh, used = (picture_of(alice, colour=(shade, 0, 0)) for shade in (10, 90, 170))
    ask(door, images=[str(used.public_id)])
    Image.objects.filter(pk__in=[stale.pk, used.pk]).update(used_at=timezone.now() - timedelta(days=2))
    assert fittings.sweeper().once() == 1
    assert set(Image.objects.all()) == {fresh, used}


def test_a_person_has_so_much_room_for_pictures(door: Client, settings) -> None:
    settings.PICTURE_QUOTA_BYTES = len(png()) + 10
    assert upload(door, png()).status_code == 201
    reply = upload(door, png((1, 2, 3)))
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "quota")
    # One that is there already takes no more room.
    assert upload(door, png()).status_code == 200
    assert Image.objects.count() == 1


def test_pictures_that_are_never_sent_are_bounded(door: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_UNSENT", 1)
    assert upload(door, png()).status_code == 201
    reply = upload(door, png((1, 2, 3)))
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "too_many_unsent")


def test_editing_makes_a_branch_and_keeps_the_old_one(door: Client, alice: User) -> None:
    key = str(picture_of(alice).public_id)
    first = ask(door, images=[key]).json()
    finish(first)
    page = door.get(f"/messages/{first['question']}/edit/").content.decode()
    assert "What is it?" in page
    assert key in page
    edited = ask(door, f"/messages/{first['question']}/edit/", text="And now?", images=[key])
    assert edited.status_code == 201
    assert edited.json()["conversation"] == first["conversation"]
    assert edited.json()["question"] != first["question"]
    finish(edited.json())
    shown = door.get(f"/c/{first['conversation']}/").content.decode()
    assert "And now?" in shown
    assert f"message-{first['question']}" not in shown
    door.post(f"/messages/{first['question']}/choose/", **JSON)
    shown = door.get(f"/c/{first['conversation']}/").content.decode()
    assert f"message-{first['question']}" in shown
    assert f"message-{first['message']}" in shown


def test_an_answer_cannot_be_edited(door: Client, talk: Talk) -> None:
    assert ask(door, f"/messages/{talk.message}/edit/").status_code == 404


def test_editing_is_refused_while_an_answer_runs(door: Client, alice: User) -> None:
    talk = talk_of(alice, settled=False)
    assert ask(door, f"/messages/{talk.question}/edit/").status_code == 409


def test_a_refused_picture_does_not_brick_the_conversation(door: Client, alice: User) -> None:
    first = ask(door, images=[str(picture_of(alice).public_id)]).json()
    finish(first, state=State.FAILED, reason=Reason.PICTURE, explanation="The model could not read a picture.")
    page = door.get(f"/c/{first['conversation']}/").content.decode()
    assert "could not read a picture" in page
    again = door.post(f"/messages/{first['message']}/regenerate/", {"without_pictures": "1"}, **JSON).json()
    assert Generation.objects.get(public_id=again["generation"]).parameters["pictures"] is False
    finish(again)
    later = ask(door, f"/conversations/{first['conversation']}/messages/", text="Next").json()
    answer = Message.objects.get(public_id=later["message"])
    assert all(not turn.pictures for turn in said_before(answer)[1:])


def test_later_turns_leave_refused_pictures_behind(door: Client, alice: User) -> None:
    first = ask(door, images=[str(picture_of(alice).public_id)]).json()
    finish(first, state=State.FAILED, reason=Reason.PICTURE)
    later = ask(door, f"/conversations/{first['conversation']}/messages/", text="Without it, then").json()
    turns = said_before(Message.objects.get(public_id=later["message"]))
    assert turns == [Said(Role.USER, "What is it?"), Said(Role.USER, "Without it, then")]


def test_older_pictures_stay_behind_when_a_request_is_full() -> None:
    heavy = Picture("a" * 32, "image/png", 4_000_000, 2_500)
    turns = [Said(Role.USER, str(place), (heavy, heavy)) for place in range(4)]
    chosen, omitted = choose_pictures(turns)
    assert [len(turn.pictures) for turn in chosen] == [0, 0, 1, 2]
    assert omitted == 5


def test_parameters_are_used_and_remembered(door: Client) -> None:
    first = ask(door, temperature="0.5", seed="7", system="Be brief.", reasoning='{"effort": "low"}').json()
    used = door.get(f"/messages/{first['message']}/", **JSON).json()["parameters"]
    assert used == {
        "max_tokens": 16_384,
        "temperature": 0.5,
        "seed": 7,
        "system": "Be brief.",
        "reasoning": {"effort": "low"},
    }
    finish(first)
    path = f"/conversations/{first['conversation']}/messages/"
    second = ask(door, path, seed="").json()
    again = door.get(f"/messages/{second['message']}/", **JSON).json()["parameters"]
    assert again == {name: value for name, value in used.items() if name != "seed"}


def test_a_persons_defaults_come_between_site_and_conversation(door: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(parameters={"temperature": 0.3, "top_p": 0.9})
    body = ask(door, temperature="0.8").json()
    used = door.get(f"/messages/{body['message']}/", **JSON).json()["parameters"]
    assert (used["temperature"], used["top_p"], used["max_tokens"]) == (0.8, 0.9, 16_384)


def test_a_bad_parameter_makes_nothing(door: Client) -> None:
    reply = ask(door, temperature="hot")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_parameter")
    assert Conversation.objects.count() == 0


def test_defaults_are_set_on_the_settings_page(door: Client, alice: User) -> None:
    reply = door.post("/settings/", {"thinking_pane": "open", "temperature": "0.4", "reasoning_effort": "low"}, **JSON)
    assert reply.status_code == 200
    alice.refresh_from_db()
    assert alice.parameters == {"temperature": 0.4, "reasoning": {"effort": "low"}}
    assert door.post("/settings/", {"thinking_pane": "open", "temperature": "9"}, **JSON).status_code == 400


def test_a_picture_forgotten_while_it_is_taken_again_is_stored_anew(door: Client, alice: User) -> None:
    stale = picture_of(alice)
    Image.objects.update(used_at=timezone.now() - timedelta(days=2))
    with connection.execute_wrapper(between('UPDATE "chatapp_image"', lambda: fittings.sweeper().once())):
        body = upload(door, png()).json()
    kept = Image.objects.get()
    assert str(kept.public_id) == body["id"]
    assert kept.stored_as != stale.stored_as
    assert fittings.pictures().read(kept.stored_as, Copy.ORIGINAL) == png()
    assert ask(door, images=[body["id"]]).status_code == 201


def test_a_picture_taken_again_while_it_is_swept_stays(door: Client, alice: User) -> None:
    picture = picture_of(alice)
    Image.objects.update(used_at=timezone.now() - timedelta(days=2))
    # The sweep has found it, and is about to look once more.
    with connection.execute_wrapper(between('FROM "chatapp_image"', lambda: upload(door, png()), nth=2)):
        assert Image.objects.stale().forget() == []
    assert Image.objects.get() == picture
    assert fittings.pictures().read(picture.stored_as, Copy.MODEL)


def test_a_picture_that_a_draft_holds_again_outlives_its_conversation(door: Client, alice: User) -> None:
    for is_given_again in (False, True):
        body = upload(door, png()).json()
        assert ask(door, images=[body["id"]]).status_code == 201
        if is_given_again:
            upload(door, png())
        conversation = Conversation.objects.get()
        conversation.delete_for_now()
        for name in conversation.purge():
            fittings.pictures().remove(name)
        assert Image.objects.exists() is is_given_again
    assert ask(door, images=[body["id"]]).status_code == 201
    assert fittings.pictures().read(Image.objects.get().stored_as, Copy.MODEL)


def test_the_same_picture_at_the_same_moment_is_one(door: Client, alice: User) -> None:
    before = set(settings.IMAGES_DIR.glob("??/*"))
    with connection.execute_wrapper(between("SAVEPOINT", lambda: upload(door, png()))):
        late = upload(door, png())
    assert late.status_code == 200
    kept = Image.objects.get()
    assert late.json()["id"] == str(kept.public_id)
    assert {path.name for path in set(settings.IMAGES_DIR.glob("??/*")) - before} == {kept.stored_as}
