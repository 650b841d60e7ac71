"""Pieces of pages are kept by all that they are made of, and no reader gets what is another's."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from chatapp import presentation
from chatapp.models import Conversation, User
from chatapp.presentation import ConversationRow, specimens
from chatapp.presentation.pieces import Shelf
from tests.views.conftest import CANARY, talk_of

ROW = "conversation/_row.html"


def row(title: str = "Figs") -> ConversationRow:
    return ConversationRow(key=uuid4(), title=title, at=datetime(2026, 5, 1, 23, 30, tzinfo=UTC))


def test_the_same_values_are_made_once() -> None:
    figs = row()
    first = presentation.piece(ROW, row=figs)
    assert "Figs" in first
    assert presentation.piece(ROW, row=replace(figs)) is not None
    assert presentation.piece(ROW, row=replace(figs)) == first
    assert "Dates" in presentation.piece(ROW, row=replace(figs, title="Dates"))


def test_dates_are_of_each_readers_zone() -> None:
    figs = row()
    assert "1 May 2026" in presentation.piece(ROW, row=figs)
    with timezone.override("Asia/Tokyo"):
        assert "2 May 2026" in presentation.piece(ROW, row=figs)
    assert "1 May 2026" in presentation.piece(ROW, row=figs)


def test_forms_carry_the_token_of_the_page_that_shows_them() -> None:
    turn = specimens.done()
    template = Template('{% piece "message/_turn.html" turn=turn %}')
    for token in ("one", "two", ""):
        html = template.render(Context({"turn": turn, "csrf_token": token}))
        assert html.count(f'name="csrfmiddlewaretoken" value="{token}"') >= 1


def test_what_is_unsafe_stays_text() -> None:
    assert "&lt;script&gt;" in presentation.pieces(ROW, "row", [row("<script>"), row("{{ row }}")])
    assert "<script>" not in presentation.pieces(ROW, "row", [row("<script>")])


def test_what_may_change_is_no_value() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        presentation.piece(ROW, row=["a list"])


def test_a_piece_sees_nothing_else_of_the_page() -> None:
    template = Template('{% piece "conversation/_row.html" row=row %}')
    context = Context({"row": row("Mine"), "title": "of the page"})
    assert "of the page" not in template.render(context)


def test_the_shelf_forgets_what_was_asked_for_longest_ago() -> None:
    shelf = Shelf(10_000)
    keys = [("a", (("number", number),), "UTC") for number in range(4)]
    for key in keys[:3]:
        shelf.keep(key, "x" * 1_000)
    assert shelf.find(keys[:1]) == ["x" * 1_000]
    shelf.keep(keys[3], "x" * 1_000)
    assert [html is not None for html in shelf.find(keys)] == [True, False, True, True]
    large = ("too large", (), "UTC")
    shelf.keep(large, "x" * 10_000)
    assert shelf.find([large]) == [None]


def test_a_page_looks_the_same_from_the_shelf(alice: User, client_of: Callable[[User], Client]) -> None:
    talk = talk_of(alice)
    client = client_of(alice)
    first, second = (_without_what_is_new(client.get(f"/c/{talk.conversation}/").content.decode()) for _ in range(2))
    assert talk.message in first
    assert first == second


def test_a_new_name_and_a_stranger_are_seen(alice: User, bob: User, client_of: Callable[[User], Client]) -> None:
    talk = talk_of(alice)
    client = client_of(alice)
    assert CANARY in client.get("/conversations/").content.decode()
    Conversation.objects.filter(public_id=talk.conversation).update(title="Another name")
    page = client.get("/conversations/").content.decode()
    assert "Another name" in page
    assert CANARY not in page
    assert "Another name" not in client_of(bob).get("/").content.decode()


def _without_what_is_new(page: str) -> str:
    return re.sub('(nonce|name="csrfmiddlewaretoken" value|name="client_id" value)="[^"]+"', "", page)
