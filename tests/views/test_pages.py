"""Every page of a list holds its rows, from whichever end it was found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatapp.models import Conversation, User
from chatapp.views.pages import KeyPaginator


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 12, 13])
def test_the_pages_together_are_the_list(alice: User, count: int) -> None:
    now = timezone.now()
    # Several of the same moment: the order between them is stable too.
    Conversation.objects.bulk_create(
        Conversation(owner=alice, title=str(number), active_at=now - timedelta(seconds=number // 3))
        for number in range(count)
    )
    recent = Conversation.objects.visible_to(alice).recent()
    paginator = KeyPaginator(recent.all(), 3)
    pages = [list(paginator.page(number)) for number in paginator.page_range]
    assert [found for page in pages for found in page] == list(recent)
    assert all(len(page) == 3 for page in pages[:-1])
