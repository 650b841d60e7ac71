"""Messages: ask, show, answer again, move between siblings; and stop an attempt."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from chatapp import presentation, wiring, wording
from chatapp.forms.asking import AgainForm, first_error
from chatapp.models import Call, Generation, Message, Part, Posted
from chatapp.presentation import Usage
from chatapp.views.access import conversation_of, generation_of, message_of, signed_in
from chatapp.views.asking import Wrong, answered, question_in
from chatapp.views.conversations import show_page
from chatapp.views.errors import only, sign_in_required, wants_json
from chatapp.views.images import described
from chatapp.views.requests import fields, takes_files, typed, wants_turns
from chatapp.words import PartKind, Role, State


@takes_files
@only("POST")
@sign_in_required
def create(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Ask the next question of a conversation."""
    found = conversation_of(request, conversation)
    return answered(
        request,
        lambda: found.post(question_in(request, chosen=found.parameters)),
        page=lambda sentence, status: show_page(
            request, found, end=found.leaf, text=typed(request), error=sentence, status=status
        ),
    )


@takes_files
@only("GET", "HEAD", "POST")
@sign_in_required
def edit(request: HttpRequest, message: UUID) -> HttpResponse:
    """Ask a question in another way: a branch beside it. GET shows it in the composer."""
    found = message_of(request, message)
    if found.role != Role.USER:
        raise Http404
    talk = found.conversation
    if request.method == "POST":
        return answered(
            request,
            lambda: talk.edit(found, question_in(request, chosen=talk.parameters)),
            page=lambda sentence, status: show_page(
                request, talk, end=found, text=typed(request), error=sentence, status=status, editing=found
            ),
        )
    turn = presentation.turn_of(found, signed_in(request))
    return show_page(request, talk, end=found, text=turn.text, pictures=turn.pictures, editing=found)


@only("GET", "HEAD")
@sign_in_required
def show(request: HttpRequest, message: UUID) -> HttpResponse:
    """A message's own address: the page that shows it, or all about it as JSON."""
    found = message_of(request, message)
    if wants_json(request):
        return JsonResponse(_as_json(found))
    here = reverse("conversation", args=[found.conversation.public_id])
    return redirect(f"{here}?at={found.public_id}#message-{found.public_id}")


@only("POST")
@sign_in_required
def regenerate(request: HttpRequest, message: UUID) -> HttpResponse:
    """Answer the same question again, as a sibling of this answer; `without_pictures` leaves its pictures out."""
    found = message_of(request, message)
    talk = found.conversation

    def post() -> Posted:
        form = AgainForm(fields(request))
        if not form.is_valid():
            raise Wrong(400, "invalid", first_error(form))
        parameters = wiring.parameters_for(signed_in(request), talk.parameters)
        if form.cleaned_data["without_pictures"]:
            parameters["pictures"] = False
        return talk.regenerate(found, client_id=form.key(), parameters=parameters)

    return answered(
        request,
        post,
        page=lambda sentence, status: show_page(request, talk, end=talk.leaf, error=sentence, status=status),
    )


@only("POST")
@sign_in_required
def choose(request: HttpRequest, message: UUID) -> HttpResponse:
    """Show the branch through this message from now on."""
    found = message_of(request, message)
    found.choose()
    wiring.ring_conversation(found.conversation)
    if wants_json(request):
        leaf = found.conversation.leaf
        return JsonResponse({"message": str(message), "leaf": str(leaf.public_id) if leaf else None})
    return redirect(f"{reverse('conversation', args=[found.conversation.public_id])}#message-{message}")


@only("POST")
@sign_in_required
def stop(request: HttpRequest, generation: UUID) -> HttpResponse:
    """Stop an attempt, wherever it runs. Stopping twice, or what has ended, changes nothing and is no error."""
    found = generation_of(request, generation)
    if found.stop():
        wiring.ring_generation(found)
    found.refresh_from_db(fields=["state", "reason"])
    if wants_json(request) or wants_turns(request):
        return JsonResponse({"generation": str(generation), "state": found.state, "reason": found.reason})
    return redirect(f"{reverse('conversation', args=[found.conversation.public_id])}#message-{found.message.public_id}")


def _as_json(message: Message) -> dict[str, Any]:
    generation = message.generations.order_by("-number").first()
    body: dict[str, Any] = {
        "id": str(message.public_id),
        "conversation": str(message.conversation.public_id),
        "role": message.role,
        "parent": str(message.parent.public_id) if message.parent else None,
        "created_at": message.created_at.isoformat(),
        "state": State.DONE.value,
        "reason": "",
        "parts": [],
        "usage": None,
        "times": None,
        "parameters": None,
        "error": None,
    }
    texts = generation.journal_texts() if generation and not generation.is_settled else {}
    parts = list(Part.objects.filter(message=message).select_related("image").order_by("position"))
    body["parts"] = [_part(part, texts) for part in parts]
    return body | _attempt(generation, parts) if generation else body


def _part(part: Part, journal: dict[int, str]) -> dict[str, Any]:
    text = part.text if part.settled else journal.get(part.position, "")
    found: dict[str, Any] = {"kind": part.kind, "text": text}
    if part.image:
        return {"kind": part.kind, **described(part.image)}
    if part.kind == PartKind.THINKING:
        found |= {"started_ms": part.started_ms, "ended_ms": part.ended_ms}
    return found


def _attempt(generation: Generation, parts: list[Part]) -> dict[str, Any]:
    calls = list(Call.objects.filter(generation=generation).order_by("id"))
    usage = Usage.of(calls)
    sentence = wording.ending(
        state=generation.state,
        reason=generation.reason,
        elapsed_ms=generation.elapsed_ms(),
        explanation=generation.explanation,
        last_kind=parts[-1].kind if parts else None,
        has_answer=any(part.kind == PartKind.TEXT for part in parts),
        limit=generation.parameters.get("max_tokens"),
        used_tokens=usage.completion_tokens,
    )
    failed = generation.state in {State.FAILED, State.FILTERED, State.INTERRUPTED}
    return {
        "generation": str(generation.public_id),
        "state": generation.state,
        "reason": generation.reason,
        "sentence": sentence,
        "notice": generation.notice,
        "settled": generation.is_settled,
        "checksum": generation.checksum,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cost": str(usage.cost) if usage.cost is not None else None,
        }
        if any(call.usage for call in calls)
        else None,
        "times": {
            "sent_at": generation.sent_at.isoformat(),
            "claimed_ms": generation.claimed_ms,
            "first_thinking_ms": generation.first_thinking_ms,
            "first_answer_ms": generation.first_answer_ms,
            "ended_ms": generation.ended_ms,
        },
        "parameters": generation.parameters,
        "error": {"code": generation.reason, "message": sentence} if failed else None,
    }
