"""The first page, where the first administrator is made, once, and the last, where a person leaves. All other pages of
accounts are allauth's."""

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from chatapp import accounts, wiring
from chatapp.accounts import forget_setup_code, note, setup_code
from chatapp.forms.people import LeaveForm, SetupForm
from chatapp.models import Generation, User
from chatapp.replies import form_error
from chatapp.views.access import signed_in
from chatapp.views.errors import only, sign_in_required, too_many_requests, wants_json
from chatapp.views.requests import fields, takes_a_password


@takes_a_password
@login_not_required
@sensitive_post_parameters("password1", "code")
@only("GET", "POST")
def setup(request: HttpRequest) -> HttpResponseBase:
    """The form for the first administrator; when somebody has an account already, the way to sign in."""
    if User.objects.exists():
        return _to(request, reverse("account_login"))
    code = setup_code()
    form = SetupForm(request.POST if request.method == "POST" else None, code=code)
    if request.method != "POST":
        return render(request, "setup.html", {"form": form, "needs_code": bool(code)})
    if not ratelimit.consume(request, action="setup"):
        return too_many_requests(request)
    if form.is_valid():
        return _found(request, form)
    if "code" in form.errors:
        note("setup code wrong", request)
    if wants_json(request):
        return form_error(form)
    return render(request, "setup.html", {"form": form, "needs_code": bool(code)})


def _found(request: HttpRequest, form: SetupForm) -> HttpResponse:
    founder = User.objects.create_founder(form.cleaned_data["email"], form.cleaned_data["password1"])
    if founder is None:
        messages.info(request, "Somebody was quicker: the first account is made. Sign in.")
        return _to(request, reverse("account_login"))
    forget_setup_code()
    note("founder made", request, founder)
    get_adapter().login(request, founder)
    return _to(request, reverse("home"))


@takes_a_password
@sign_in_required
@sensitive_post_parameters("password")
@only("GET", "POST")
def leave(request: HttpRequest) -> HttpResponseBase:
    """Ask for the password; then the account and all that it has is deleted, and nothing of it can be had back."""
    user = signed_in(request)
    form = LeaveForm(fields(request) if request.method == "POST" else None, user=user)
    if request.method == "POST":
        if not ratelimit.consume(request, action="leave", user=user):
            return too_many_requests(request)
        if form.is_valid():
            return _left(request, user)
        note("account not deleted", request, user)
        if wants_json(request):
            return form_error(form)
    return render(request, "account/leave.html", {"form": form})


def _left(request: HttpRequest, user: User) -> HttpResponse:
    # In this order: nobody asks any more who has left, so nothing begins after the look.
    accounts.leave(user)
    running = list(Generation.objects.running().filter(conversation__owner=user).select_related("conversation"))
    for generation in running:
        generation.stop()
    note("account deleted", request, user)
    wiring.ring(topic for generation in running for topic in wiring.topics_of(generation.conversation, generation))
    wiring.sweep()
    get_adapter().logout(request)
    # The page that says so forgets what was being written here: only now is it of no use.
    messages.info(request, "Your account is deleted, with all that was in it.", extra_tags="left")
    return _to(request, reverse("account_login"))


def _to(request: HttpRequest, url: str) -> HttpResponse:
    return JsonResponse({"url": url}) if wants_json(request) else HttpResponseRedirect(url)
