"""Conversations: begin, list, show, rename, delete; and the two looks that a page's script takes."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from chatapp import events, fittings, presentation, wiring
from chatapp.forms.asking import RenameForm, first_error
from chatapp.generation.holding import Holding
from chatapp.models import Conversation, Message
from chatapp.views.access import conversation_of, message_in, signed_in
from chatapp.views.asking import answered, question_in
from chatapp.views.brought import Brought
from chatapp.views.errors import json_error, only, sign_in_required, wants_json
from chatapp.views.pages import SHOWN, conversations, page_of, recent
from chatapp.views.requests import fields, takes_files, typed
from chatapp.words import PartKind

REFRESH_SECONDS = 3
MAX_POLLED = 8
LISTED = conversations("public_id", "title", "created_at", "active_at")


@only("GET", "HEAD")
@sign_in_required
def home(request: HttpRequest) -> HttpResponse:
    """A new conversation, and the sidebar with the old ones."""
    return _home(request, text=request.GET.get("text", "")[:2000])


def _home(
    request: HttpRequest,
    *,
    text: str = "",
    error: str = "",
    status: int = 200,
    pictures: Sequence[presentation.ImageView] = (),
) -> HttpResponse:
    context = {
        "client_id": uuid4(),
        "text": text,
        "error": error,
        "pictures": pictures,
        "drawer": presentation.drawer(signed_in(request), chosen={}),
    }
    return render(request, "conversation/home.html", context, status=status)


@takes_files
@only("GET", "HEAD", "POST")
@sign_in_required
def index(request: HttpRequest) -> HttpResponse:
    """GET lists all conversations, POST begins one."""
    if request.method != "POST":
        return _list(request)
    brought = Brought(request)
    return answered(
        request,
        lambda: Conversation.begin(question_in(request, brought, chosen={}), owner=signed_in(request)),
        page=lambda sentence, status: _home(
            request, text=typed(request), error=sentence, status=status, pictures=brought.kept()
        ),
    )


def _list(request: HttpRequest) -> HttpResponse:
    # A row each, not a model: fifty of these cost more than the question.
    user = signed_in(request)
    everything = LISTED(user) if wants_json(request) else SHOWN(user, recent(request))
    page = page_of(everything, request, count=Conversation.count_shown(user))
    if not wants_json(request):
        rows = [presentation.ConversationRow(key=each.public_id, title=each.title, at=each.active_at) for each in page]
        return render(request, "conversation/index.html", {"page": page, "rows": rows})
    return JsonResponse(
        {
            "conversations": [row(conversation) for conversation in page],
            "page": page.number,
            "pages": page.paginator.num_pages,
            "count": page.paginator.count,
        }
    )


def row(conversation: Any) -> dict[str, Any]:
    """A line of the list of conversations, from a model or the LISTED values of one."""
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "url": reverse("conversation", args=[conversation.public_id]),
        "created_at": conversation.created_at.isoformat(),
        "active_at": conversation.active_at.isoformat(),
    }


@only("GET", "HEAD")
@sign_in_required
def show(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The conversation as finished HTML: its newest page, or the one that ends at `?end=` or holds `?at=`."""
    found = conversation_of(request, conversation)
    return show_page(request, found, end=_end(request, found))


def _end(request: HttpRequest, conversation: Conversation) -> Message | None:
    if key := request.GET.get("end"):
        return message_in(conversation, key)
    if key := request.GET.get("at"):
        return message_in(conversation, key).end_of_page(presentation.PAGE_TURNS)
    return conversation.leaf


def show_page(
    request: HttpRequest,
    conversation: Conversation,
    *,
    end: Message | None,
    text: str = "",
    error: str = "",
    status: int = 200,
    pictures: Sequence[presentation.ImageView] = (),
    editing: Message | None = None,
) -> HttpResponse:
    """The page of the branch that ends at `end`, with what was typed and what was wrong with it."""
    user = signed_in(request)
    messages, earlier = presentation.page_of(conversation, end=end)
    turns = presentation.turns_of(messages, user)
    here = reverse("conversation", args=[conversation.public_id])
    running = next((turn.attempt for turn in turns if turn.running), "") or _running_elsewhere(conversation)
    # Whoever writes would lose it by that.
    is_written = text or error or editing
    context = {
        "conversation": conversation,
        "current_conversation": conversation,
        "turns": turns,
        "earlier_url": f"{here}?end={earlier.public_id}" if earlier else "",
        "later_url": here if end and end.pk != conversation.leaf_id else "",
        "running": running,
        "client_id": uuid4(),
        "text": text,
        "error": error,
        "refresh_seconds": REFRESH_SECONDS if running and not is_written else 0,
        "drawer": presentation.drawer(user, chosen=conversation.parameters),
        "pictures": pictures,
        "editing": editing,
        "blank_thinking": presentation.blank(PartKind.THINKING, user),
        "blank_text": presentation.blank(PartKind.TEXT, user),
    }
    return render(request, "conversation/show.html", context, status=status)


def _running_elsewhere(conversation: Conversation) -> str:
    """An attempt that runs on another branch, "" when there is none: nothing is asked before it ends, either."""
    running = conversation.running()
    return str(running.public_id) if running else ""


@only("GET")
@sign_in_required
def turns(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The turns of the shown branch after `?after=`, as HTML; all of a page without it.

    409 when that message is not on the shown branch any more: the page is out of date.
    """
    found = conversation_of(request, conversation)
    leaf = found.leaf
    if leaf is None:
        return HttpResponse("")
    key = request.GET.get("after")
    if not key:
        messages, __ = presentation.page_of(found, end=leaf)
    else:
        after = message_in(found, key)
        ids = leaf.path_up(leaf.depth - after.depth + 1) if leaf.depth >= after.depth else []
        if not ids or ids[0] != after.pk:
            return json_error(409, "out_of_date", "Another branch of this conversation is shown now.")
        by_id = Message.objects.filter(pk__in=ids[1:]).in_bulk()
        messages = [by_id[pk] for pk in ids[1:] if pk in by_id]
    context = {"conversation": found, "turns": presentation.turns_of(messages, signed_in(request))}
    return render(request, "conversation/_turns.html", context)


@only("GET")
@sign_in_required
def progress(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The frames a socket would send now, for a page that can have no socket. `holding` is a list of hold frames."""
    found = conversation_of(request, conversation)
    try:
        holds = msgspec.json.decode(request.GET.get("holding", "[]"), type=list[events.Hold])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return json_error(400, "bad_request", "holding must be a list of hold frames.")
    running = found.running()
    newest = found.leaf.generations.order_by("-number").first() if found.leaf else None
    frames: list[Any] = [
        events.Watching(
            conversation=str(found.public_id),
            title=found.title,
            leaf=str(found.leaf.public_id) if found.leaf else None,
            attempt=str(newest.public_id) if newest else None,
            running=str(running.message.public_id) if running else None,
        )
    ]
    for hold in holds[:MAX_POLLED]:
        frame = _lacking(found, hold)
        if frame:
            frames.append(frame)
    return JsonResponse({"frames": [json.loads(events.encode(frame)) for frame in frames]})


def _lacking(conversation: Conversation, hold: events.Hold) -> events.Progress | None:
    try:
        message = message_in(conversation, hold.message)
    except Http404:
        return None
    generation = message.generations.order_by("-number").first()
    if generation is None:
        return None
    follower = fittings.follower(generation.pk, str(message.public_id), str(generation.public_id))
    follower.update()
    outcome = None
    if follower.is_ended:
        outcome = presentation.outcome_html(message.public_id)[0]
    elif follower.is_long:
        outcome = presentation.offer_html(message.public_id)
    return Holding(revision=hold.revision, blocks=hold.blocks()).lacking(follower, outcome)


@only("GET", "HEAD", "POST")
@sign_in_required
def rename(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Give the conversation another title."""
    found = conversation_of(request, conversation)
    if request.method != "POST":
        return render(request, "conversation/rename.html", {"conversation": found, "title": found.title, "error": ""})
    form = RenameForm(fields(request))
    if not form.is_valid() or not found.rename(form.cleaned_data["title"]):
        sentence = first_error(form) or "Give the conversation a title."
        context = {"conversation": found, "title": request.POST.get("title", ""), "error": sentence}
        if wants_json(request):
            return json_error(400, "invalid", sentence)
        return render(request, "conversation/rename.html", context, status=400)
    wiring.ring_conversation(found)
    if wants_json(request):
        return JsonResponse(row(found))
    return redirect("conversation", found.public_id)
