"""What the asking doors have in common: start the answer, and reply in the form that was asked for."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from chatapp import presentation, wiring
from chatapp.models import Posted
from chatapp.views.access import signed_in
from chatapp.views.errors import json_error, wants_json
from chatapp.views.requests import wants_turns
from chatapp.words import Role


def asked(posted: Posted) -> Posted:
    """After the commit: tell whoever watches, and begin the answer. Nothing again for a repeated post."""
    if posted.is_new:
        wiring.ring_conversation(posted.conversation)
        wiring.begin(posted.generation)
    return posted


def posted_reply(request: HttpRequest, posted: Posted, *, only_answer: bool = False) -> HttpResponse:
    """201 for what was made, 200 with the same body for what this client_id had made before."""
    status = 201 if posted.is_new else 200
    if wants_turns(request):
        messages = [posted.answer] if only_answer else [posted.question, posted.answer]
        turns = presentation.turns_of(messages, signed_in(request))
        context = {"conversation": posted.conversation, "turns": turns}
        return render(request, "conversation/_turns.html", context, status=status)
    if wants_json(request):
        return JsonResponse(_as_json(posted), status=status)
    return redirect(
        f"{reverse('conversation', args=[posted.conversation.public_id])}#message-{posted.answer.public_id}"
    )


def refused(
    request: HttpRequest, status: int, code: str, sentence: str, page: Callable[[], HttpResponse]
) -> HttpResponse:
    """A refusal: JSON for scripts, for a person the page with the sentence and what was typed."""
    if wants_json(request) or wants_turns(request):
        return json_error(status, code, sentence)
    return page()


def _as_json(posted: Posted) -> dict[str, Any]:
    assert posted.answer.role == Role.ASSISTANT
    return {
        "conversation": str(posted.conversation.public_id),
        "question": str(posted.question.public_id),
        "message": str(posted.answer.public_id),
        "generation": str(posted.generation.public_id),
        "url": reverse("conversation", args=[posted.conversation.public_id]),
    }
