"""What is sent compressed: pages, unless a link may put words into them."""

import gzip
from collections.abc import Callable

import pytest
from django.test import Client

from chatapp.models import User
from tests.views.conftest import CANARY, Talk, talk_of

TAKES = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def is_compressed(reply: object) -> bool:
    return reply.headers.get("Content-Encoding") == "gzip"


@pytest.mark.parametrize("path", ["/", "/conversations/", "/c/{}/", "/settings/", "/trash/"])
def test_a_page_is_compressed(door: Client, talk: Talk, path: str) -> None:
    reply = door.get(path.format(talk.conversation), **TAKES)
    assert is_compressed(reply)
    plain = gzip.decompress(reply.content).decode()
    assert plain.rstrip().endswith("</html>")
    assert len(reply.content) < len(plain) / 2
    assert "Accept-Encoding" in reply.headers["Vary"]


def test_who_does_not_take_it_gets_it_as_it_is(door: Client, talk: Talk) -> None:
    reply = door.get(f"/c/{talk.conversation}/")
    assert not is_compressed(reply)
    assert CANARY in reply.content.decode()


@pytest.mark.parametrize(
    "path", ["/?text=CANARY", "/?x", "/conversations/?page=1", "/c/{}/?at={}", "/c/{}/progress/?x"]
)
def test_what_a_link_may_put_words_into_is_not(door: Client, talk: Talk, path: str) -> None:
    reply = door.get(path.format(talk.conversation, talk.message), **TAKES)
    assert reply.status_code == 200
    assert not is_compressed(reply)


def test_neither_are_refusals_and_scripts_answers(door: Client, alice: User, talk: Talk) -> None:
    assert not is_compressed(door.get("/nowhere/CANARY", **TAKES))
    running = talk_of(alice, settled=False)
    refused = door.post(f"/conversations/{running.conversation}/messages/", {"text": "Keep me"}, **TAKES)
    assert refused.status_code in {400, 409}
    assert not is_compressed(refused)
    assert not is_compressed(door.get(f"/messages/{talk.message}/", HTTP_ACCEPT="application/json", **TAKES))
    assert not is_compressed(door.get(f"/images/{talk.image}/", **TAKES))


def test_the_same_page_has_no_length_of_its_own(door: Client, talk: Talk) -> None:
    lengths = {len(door.get(f"/c/{talk.conversation}/", **TAKES).content) for _ in range(12)}
    assert len(lengths) > 3
