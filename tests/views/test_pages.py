"""Every page of a list holds its rows, from whichever end it was found."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatapp.models import Conversation, User
from chatapp.views.pages import LIST_PAGE, NearPaginator, conversations

KEYS = conversations("pk", "title")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 12, 13])
def test_the_pages_together_are_the_list(alice: User, count: int) -> None:
    now = timezone.now()
    # Several of the same moment: the order between them is stable too.
    Conversation.objects.bulk_create(
        Conversation(owner=alice, title=str(number), active_at=now - timedelta(seconds=number // 3))
        for number in range(count)
    )
    recent = Conversation.objects.visible_to(alice).recent()
    paginator = NearPaginator(recent.all(), 3)
    pages = [list(paginator.page(number)) for number in paginator.page_range]
    assert [found for page in pages for found in page] == list(recent)
    assert all(len(page) == 3 for page in pages[:-1])
    kept = NearPaginator(KEYS(alice), 3)
    kept.count = count
    keys = [[found.pk for found in page] for page in pages]
    assert [[found.pk for found in kept.page(number)] for number in kept.page_range] == keys


def test_the_list_is_counted_and_shown_by_its_index(alice: User, bob: User) -> None:
    made = {}
    for title, owner, deleted_at in (
        ("a", alice, None),
        ("b", alice, None),
        ("c", alice, timezone.now()),
        ("d", bob, None),
    ):
        made[title] = Conversation.objects.create(owner=owner, title=title, deleted_at=deleted_at).pk
    with CaptureQueriesContext(connection) as asked:
        assert Conversation.count_shown(alice) == 2
        kept = NearPaginator(KEYS(alice), 1)
        kept.count = 2
        assert [found.pk for number in (1, 2) for found in kept.page(number)] == [made["b"], made["a"]]
    assert len(asked.captured_queries) == 3
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            assert "conversation_shown" in str(cursor.fetchall()), query["sql"]


@pytest.mark.parametrize("count", [0, 3, 50, 51, 61, 70])
def test_the_first_page_has_the_sidebars_rows_and_the_others_their_own(
    alice: User, client_of: Callable[[User], Client], count: int
) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(owner=alice, title=f"number {number};", active_at=now - timedelta(seconds=number))
        for number in range(count)
    )
    door = client_of(alice)
    # What is kept for all pages of the site is made by the first.
    door.get("/conversations/")
    listed: list[str] = []
    for page in range(1, -(-max(count, 1) // LIST_PAGE) + 1):
        with CaptureQueriesContext(connection) as asked:
            html = door.get("/conversations/", {"page": page}).content.decode()
        rows = [query for query in asked.captured_queries if "active_at" in query["sql"] and "title" in query["sql"]]
        assert len(rows) == page, page
        side, main = html.split("<main")
        assert re.findall(r"number \d+;", side) == [f"number {number};" for number in range(min(count, 60))]
        listed += re.findall(r"number \d+;", main)
        assert ('href="/conversations/">All' in side) == (count > 60)
    assert list(dict.fromkeys(listed)) == [f"number {number};" for number in range(count)]
