"""Messages: ask, show, answer again, move between siblings; and stop an attempt."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from chatapp import wiring, wording
from chatapp.forms.asking import AgainForm, AskForm, first_error
from chatapp.models import Call, Generation, Message, Part
from chatapp.models.conversation import AlreadyAnswering, NothingToRegenerate
from chatapp.presentation import Usage
from chatapp.views.access import conversation_of, generation_of, message_of
from chatapp.views.asking import asked, posted_reply, refused
from chatapp.views.conversations import show_page
from chatapp.views.errors import only, sign_in_required, wants_json
from chatapp.views.requests import fields, wants_turns
from chatapp.words import PartKind, State

BUSY = "An answer is still being written here. Stop it or wait until it is done, then ask again: your text is kept."


@only("POST")
@sign_in_required
def create(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Ask the next question of a conversation."""
    found = conversation_of(request, conversation)
    form = AskForm(fields(request))

    def again(status: int, sentence: str) -> HttpResponse:
        text = fields(request).get("text", "")
        return show_page(
            request, found, end=found.leaf, text=text if isinstance(text, str) else "", error=sentence, status=status
        )

    if not form.is_valid():
        sentence = first_error(form)
        return refused(request, 400, "invalid", sentence, lambda: again(400, sentence))
    try:
        posted = found.post(parameters=wiring.default_parameters(), **form.cleaned_data)
    except AlreadyAnswering:
        return refused(request, 409, "already_answering", BUSY, lambda: again(409, BUSY))
    return posted_reply(request, asked(posted))


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
    """Answer the same question again, as a sibling of this answer."""
    found = message_of(request, message)
    form = AgainForm(fields(request))

    def page(status: int, sentence: str) -> HttpResponse:
        return show_page(request, found.conversation, end=found.conversation.leaf, error=sentence, status=status)

    if not form.is_valid():
        sentence = first_error(form)
        return refused(request, 400, "invalid", sentence, lambda: page(400, sentence))
    try:
        posted = found.conversation.regenerate(found, client_id=form.key(), parameters=wiring.default_parameters())
    except AlreadyAnswering:
        return refused(request, 409, "already_answering", BUSY, lambda: page(409, BUSY))
    except NothingToRegenerate:
        sentence = "Only an answer can be regenerated."
        return refused(request, 400, "not_an_answer", sentence, lambda: page(400, sentence))
    return posted_reply(request, asked(posted), only_answer=True)


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
    parts = list(Part.objects.filter(message=message).order_by("position"))
    body["parts"] = [_part(part, texts) for part in parts]
    return body | _attempt(generation, parts) if generation else body


def _part(part: Part, journal: dict[int, str]) -> dict[str, Any]:
    text = part.text if part.settled else journal.get(part.position, "")
    found: dict[str, Any] = {"kind": part.kind, "text": text}
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
