"""An answer that is settled in the middle of a request is shown whole, whichever query came just before."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from django.db import connection
from django.test import Client

from chatapp import fittings
from chatapp.models import Generation, User
from tests.views.conftest import CANARY, Talk, talk_of

MOST_QUERIES = 60


@contextmanager
def settles_before(number: int, pk: int) -> Iterator[list[int]]:
    """Settle the attempt just before the query of this number; yields the queries that were made from then on."""
    numbers, after = count(), list[int]()

    def look(execute, sql, params, many, context):
        current = next(numbers)
        if current == number:
            assert fittings.settle_attempt(pk)
        if current >= number:
            after.append(current)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield after


def page(client: Client, talk: Talk) -> str:
    return client.get(f"/c/{talk.conversation}/").content.decode()


def poll(client: Client, talk: Talk) -> str:
    holding = json.dumps([{"type": "hold", "message": talk.message}])
    return client.get(f"/c/{talk.conversation}/progress/", {"holding": holding}).content.decode()


def message(client: Client, talk: Talk) -> str:
    return client.get(f"/messages/{talk.message}/", HTTP_ACCEPT="application/json").content.decode()


@pytest.mark.parametrize("ask", [page, poll, message])
def test_nothing_is_missing(alice: User, client_of, ask: Callable[[Client, Talk], str]) -> None:
    client = client_of(alice)
    for number in range(MOST_QUERIES):
        talk = talk_of(alice, settled=False)
        generation = Generation.objects.get(public_id=talk.generation)
        assert generation.stop()
        with settles_before(number, generation.pk) as after:
            said = ask(client, talk)
        if not after:
            assert number > 5, "the request was looked at"
            return
        assert f"so far {CANARY}" in said, f"settled before query {number}"
    pytest.fail("the request takes too many queries")
