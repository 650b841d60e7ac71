"""The trash: delete a conversation, have it back for thirty days, or be rid of it at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from chatapp import fittings, wiring
from chatapp.models import Conversation
from chatapp.models.conversation import IN_TRASH_FOR
from chatapp.views.access import conversation_of, deleted_of, signed_in
from chatapp.views.conversations import row
from chatapp.views.errors import only, sign_in_required, wants_json
from chatapp.views.pages import page_of


@only("GET", "HEAD")
@sign_in_required
def index(request: HttpRequest) -> HttpResponse:
    """What is in the trash, what was deleted last first."""
    page = page_of(Conversation.objects.deleted_by(signed_in(request)), request)
    if not wants_json(request):
        return render(request, "conversation/trash.html", {"page": page, "days": IN_TRASH_FOR.days})
    return JsonResponse(
        {
            "conversations": [_deleted(conversation) for conversation in page],
            "page": page.number,
            "pages": page.paginator.num_pages,
            "count": page.paginator.count,
        }
    )


def _deleted(conversation: Conversation) -> dict[str, Any]:
    assert conversation.deleted_at
    return row(conversation) | {"deleted_at": conversation.deleted_at.isoformat()}


@only("GET", "HEAD", "POST")
@sign_in_required
def delete(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Put the conversation into the trash and stop what runs in it; GET asks whether that is meant."""
    found = conversation_of(request, conversation)
    if request.method != "POST":
        return render(request, "conversation/delete.html", {"conversation": found, "days": IN_TRASH_FOR.days})
    # In this order: nothing is asked any more in what is deleted, so nothing begins after the look.
    found.delete_for_now()
    running = found.running()
    if running:
        running.stop()
    wiring.ring(wiring.topics_of(found, running))
    if wants_json(request):
        return JsonResponse({"deleted": str(conversation)})
    messages.info(request, f"Deleted. It stays in the trash for {IN_TRASH_FOR.days} days.")
    return redirect("home")


@only("POST")
@sign_in_required
def restore(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Take the conversation out of the trash, as it was."""
    found = deleted_of(request, conversation)
    found.restore()
    wiring.ring_conversation(found)
    return JsonResponse(row(found)) if wants_json(request) else redirect("conversation", found.public_id)


@only("POST")
@sign_in_required
def purge(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Be rid of a conversation for good, whether it is in the trash or not; nothing of it stays."""
    found = Conversation.objects.filter(owner=signed_in(request), public_id=conversation).first()
    if found is None:
        raise Http404
    topics = wiring.topics_of(found, found.running())
    pictures = found.purge()
    wiring.ring(topics)
    fittings.remove_pictures(pictures)
    return JsonResponse({"purged": str(conversation)}) if wants_json(request) else redirect("trash")
