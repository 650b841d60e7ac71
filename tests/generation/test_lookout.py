"""What happens in watched conversations is seen without a bell."""

from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chatapp.generation.lookout import Lookout
from chatapp.models import Conversation, User
from chatapp.models.asked import Asked


@sync_to_async
def begun(owner: User) -> Conversation:
    asked = Asked(text="Why?", client_id=uuid4(), parameters={})
    return Conversation.begin(asked, owner=owner).conversation


@pytest.mark.django_db(transaction=True)
async def test_only_what_is_new_or_changed_is_rung() -> None:
    owner = await sync_to_async(User.objects.create_user)("alice@example.com")
    first, second = await begun(owner), await begun(owner)
    one, two = first.pk, second.pk
    watched, rung = {one}, []
    lookout = Lookout(watched=lambda: watched, ring=lambda conversations: rung.append(set(conversations)))
    await lookout.once()
    await lookout.once()
    watched.add(two)
    await lookout.once()
    await sync_to_async(first.rename)("Another title")
    await lookout.once()
    await sync_to_async(second.delete_for_now)()
    await lookout.once()
    await sync_to_async(first.purge)()
    await lookout.once()
    await lookout.once()
    assert rung == [{one}, set(), {two}, {one}, {two}, {one}, set()]
