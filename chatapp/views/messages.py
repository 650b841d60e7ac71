"""Messages: ask, show, answer again, move between siblings; and stop an attempt."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from chatapp import fittings, presentation, wiring
from chatapp.forms.asking import AgainForm, first_error
from chatapp.models import Generation, Posted
from chatapp.models.asked import CannotGoOn
from chatapp.models.posted import going_on, went_on
from chatapp.views.access import conversation_of, generation_of, message_of, signed_in
from chatapp.views.asking import Wrong, answered, parameters_in, question_in
from chatapp.views.brought import Brought
from chatapp.views.conversations import show_page
from chatapp.views.errors import only, sign_in_required, wants_json
from chatapp.views.requests import fields, takes_files, typed, wants_turns
from chatapp.views.told import told
from chatapp.words import Purpose, Role


@takes_files
@only("POST")
@sign_in_required
def create(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Ask the next question of a conversation."""
    found, brought = conversation_of(request, conversation), Brought(request)
    return answered(
        request,
        lambda: found.post(question_in(request, brought, chosen=found.parameters)),
        page=lambda sentence, status: show_page(
            request,
            found,
            end=found.leaf,
            text=typed(request),
            error=sentence,
            status=status,
            pictures=brought.kept(),
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
        brought = Brought(request)
        return answered(
            request,
            lambda: talk.edit(found, question_in(request, brought, chosen=talk.parameters)),
            page=lambda sentence, status: show_page(
                request,
                talk,
                end=found,
                text=typed(request),
                error=sentence,
                status=status,
                pictures=brought.kept(),
                editing=found,
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
        return JsonResponse(told(found))
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
        parameters = fittings.parameters_for(signed_in(request), talk.parameters)
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
def go_on(request: HttpRequest, generation: UUID) -> HttpResponse:
    """Have a stopped, interrupted or cut answer written on, in the same message."""
    return _further(request, generation_of(request, generation), Purpose.CONTINUE)


@only("POST")
@sign_in_required
def answer_now(request: HttpRequest, generation: UUID) -> HttpResponse:
    """Have the question answered from the thinking so far, in the same message; stops the thinking if it runs."""
    return _further(request, generation_of(request, generation), Purpose.ANSWER_NOW)


def _further(request: HttpRequest, earlier: Generation, purpose: Purpose) -> HttpResponse:
    talk = earlier.conversation

    def post() -> Posted:
        try:
            going_on(earlier, purpose)
        except CannotGoOn:
            # In this order, since the same may be sent twice at once: then one of them made it just now.
            before = went_on(earlier, purpose)
            if before is None:
                raise
            return before
        chosen = parameters_in(request, talk.parameters)
        if earlier.stop(while_thinking=True):
            wiring.ring_generation(earlier)
        # Its own process may be about to; whoever is first settles it, and what is settled can be written on.
        fittings.settle_attempt(earlier.pk)
        parameters = fittings.parameters_for_more(signed_in(request), chosen, earlier, purpose)
        return talk.go_on(earlier, purpose=purpose, parameters=parameters, chosen=chosen)

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
    found.conversation.choose(found)
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
    try:
        found.refresh_from_db(fields=["state", "reason"])
    except Generation.DoesNotExist as gone:
        raise Http404 from gone
    if wants_json(request) or wants_turns(request):
        return JsonResponse({"generation": str(generation), "state": found.state, "reason": found.reason})
    return redirect(f"{reverse('conversation', args=[found.conversation.public_id])}#message-{found.message.public_id}")
