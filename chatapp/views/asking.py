"""What the asking doors have in common: read the question, start the answer, reply in the form that was asked for."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from chatapp import fittings, knobs, presentation, wiring
from chatapp.forms.asking import first_error
from chatapp.images.refusals import Refused
from chatapp.models import Conversation, Message, Posted, User
from chatapp.models.asked import AlreadyAnswering, Asked, CannotGoOn, NotAQuestion, NothingToRegenerate
from chatapp.models.image import UnknownPicture
from chatapp.models.posted import posted_before
from chatapp.views.access import signed_in
from chatapp.views.brought import Brought
from chatapp.views.errors import json_error, wants_json
from chatapp.views.requests import fields, is_typed, wants_turns

FINAL = "This answer cannot be written on any more: it went on elsewhere, or something was asked after it."
GONE = "A picture of this question is not there any more. Nothing was sent; add it again if it matters."
BUSY = "An answer is still being written here. Stop it or wait until it is done, then ask again: your text is kept."


class Wrong(Exception):
    """A question that cannot be taken: an HTTP status, a code for programs, a sentence for the person."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


def question_in(request: HttpRequest, brought: Brought, *, chosen: Mapping[str, Any]) -> Asked:
    """The question in a request, with its pictures, and the parameters it brings over those `chosen` before.

    Raises Wrong.
    """
    form = brought.form
    if not form.is_valid():
        raise Wrong(400, "invalid", first_error(form))
    user, sent = signed_in(request), form.cleaned_data
    parameters = parameters_in(request, chosen)
    try:
        images = brought.keys()
    except Refused as refused:
        raise Wrong(400, refused.code, str(refused)) from refused
    if not sent["text"].strip() and not images:
        raise Wrong(400, "invalid", "Write a question first.")
    return Asked(
        text=sent["text"],
        client_id=sent["client_id"],
        images=images,
        parameters=fittings.parameters_for(user, parameters),
        chosen=parameters,
        owner=wiring.answerer(),
    )


def parameters_in(request: HttpRequest, before: Mapping[str, Any]) -> dict[str, Any]:
    """What is chosen from now on: what the request brings over what was chosen before. Raises Wrong."""
    ceilings = fittings.ceilings()
    try:
        return knobs.chosen(before, knobs.read(fields(request), ceilings=ceilings, typed=is_typed(request)))
    except knobs.BadParameter as wrong:
        raise Wrong(400, "bad_parameter", str(wrong)) from wrong


def answered(
    request: HttpRequest, post: Callable[[], Posted], *, page: Callable[[str, int], HttpResponse]
) -> HttpResponse:
    """Post, begin the answer, reply; or refuse in the form that was asked for, with what was typed kept on the page."""
    try:
        posted = _made(request, post)
    except Wrong as wrong:
        if wants_json(request) or wants_turns(request):
            return json_error(wrong.status, wrong.code, str(wrong))
        return page(str(wrong), wrong.status)
    if posted.is_new:
        wiring.begin(posted)
        wiring.ring_conversation(posted.conversation)
    return _reply(request, posted)


def _made(request: HttpRequest, post: Callable[[], Posted]) -> Posted:
    """What is posted. What the same client_id made before counts, whatever is wrong with the request by now."""
    try:
        return _posted(post)
    except (Wrong, Http404):
        if earlier := _before(request):
            return earlier
        raise


def _before(request: HttpRequest) -> Posted | None:
    try:
        key = UUID(str(fields(request).get("client_id", "")))
    except ValueError:
        return None
    return posted_before(signed_in(request), key)


def _posted(post: Callable[[], Posted]) -> Posted:
    try:
        return post()
    except AlreadyAnswering as wrong:
        raise Wrong(409, "already_answering", BUSY) from wrong
    except CannotGoOn as wrong:
        raise Wrong(409, "cannot_go_on", FINAL) from wrong
    except NothingToRegenerate as wrong:
        raise Wrong(400, "not_an_answer", "Only an answer can be regenerated.") from wrong
    except NotAQuestion as wrong:
        raise Wrong(400, "not_a_question", "Only a question can be edited.") from wrong
    except UnknownPicture as wrong:
        raise Wrong(404, "not_found", GONE) from wrong
    except (Conversation.DoesNotExist, Message.DoesNotExist, User.DoesNotExist) as wrong:
        raise Http404 from wrong


def _reply(request: HttpRequest, posted: Posted) -> HttpResponse:
    """201 for what was made, 200 with the same body for what this client_id had made before."""
    status = 201 if posted.is_new else 200
    if wants_turns(request):
        turns = presentation.turns_of([posted.question, posted.answer], signed_in(request))
        context = {"conversation": posted.conversation, "turns": turns}
        before = posted.question.parent
        response = render(request, "conversation/_turns.html", context, status=status)
        # Else a page that missed what was asked on another device would show this right after what it has.
        response["Ponder-After"] = str(before.public_id) if before else ""
        return response
    here = reverse("conversation", args=[posted.conversation.public_id])
    if not wants_json(request):
        return redirect(f"{here}#message-{posted.answer.public_id}")
    body = {
        "conversation": str(posted.conversation.public_id),
        "question": str(posted.question.public_id),
        "message": str(posted.answer.public_id),
        "generation": str(posted.generation.public_id),
        "url": here,
    }
    return JsonResponse(body, status=status)
