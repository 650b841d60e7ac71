"""The sweeper removes what is due, whoever writes meanwhile, and nothing that was restored or cannot be removed stops it."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chatapp import fittings
from chatapp.models import Conversation, User
from chatapp.models.conversation import IN_TRASH_FOR

LONG_AGO = timezone.now() - IN_TRASH_FOR - timedelta(days=1)


def expired(owner: User, count: int) -> list[Conversation]:
    return [Conversation.objects.create(owner=owner, title=f"Old {n}", deleted_at=LONG_AGO) for n in range(count)]


@pytest.fixture
def busy(transactional_db: None) -> Iterator[threading.Event]:
    """Somebody else writes all the time, until told to stop."""
    over, began = threading.Event(), threading.Event()
    other = Conversation.objects.create(owner=User.objects.create_user("busy@example.com", "x" * 12), title="Busy")

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            Conversation.objects.filter(pk=other.pk).update(title=f"Busy {number}")
            began.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(30)
    yield over
    over.set()
    thread.join()


def test_many_go_while_another_writes(busy: threading.Event, alice: User) -> None:
    expired(alice, 250)
    fittings.sweeper().once()
    busy.set()
    assert not Conversation.objects.filter(owner=alice).exists()


def test_what_was_restored_meanwhile_stays(alice: User) -> None:
    kept, gone = expired(alice, 2)
    assert kept.restore()
    assert Conversation.purge_expired(kept.pk) == []
    Conversation.purge_expired(gone.pk)
    assert list(Conversation.objects.filter(owner=alice)) == [kept]


def test_one_that_cannot_go_does_not_keep_the_others(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = expired(alice, 3)
    purge = Conversation.purge

    def refuses(conversation: Conversation) -> list[str]:
        if conversation.pk == first.pk:
            raise ValueError("not this one")
        return purge(conversation)

    monkeypatch.setattr(Conversation, "purge", refuses)
    fittings.sweeper().once()
    assert list(Conversation.objects.filter(owner=alice)) == [first]
    monkeypatch.undo()
    fittings.sweeper().once()
    assert not Conversation.objects.filter(owner=alice).exists()
