"""A person's settings: how the site behaves for them, and their defaults of the parameters."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from chatapp import fittings, knobs, presentation
from chatapp.forms.people import SettingsForm
from chatapp.models import User
from chatapp.replies import form_error, json_error
from chatapp.views.access import signed_in
from chatapp.views.errors import only, sign_in_required, wants_json
from chatapp.views.requests import fields, is_typed


@sign_in_required
@only("GET", "POST")
def show(request: HttpRequest) -> HttpResponseBase:
    """Show and change the settings: `thinking_pane`, and the parameters by upstream's names (empty: no default)."""
    user = signed_in(request)
    if request.method != "POST":
        if wants_json(request):
            return JsonResponse(_described(user))
        return _page(request, SettingsForm(None, instance=user), user.parameters)
    return _change(request, user)


def _change(request: HttpRequest, user: User) -> HttpResponseBase:
    form = SettingsForm(fields(request), instance=user)
    error, parameters = "", user.parameters
    try:
        found = knobs.read(fields(request), ceilings=fittings.ceilings(), typed=is_typed(request))
        parameters = knobs.chosen(user.parameters, found)
    except knobs.BadParameter as wrong:
        error = str(wrong)
    if form.is_valid() and not error:
        user.parameters = parameters
        user.save(update_fields=[*form.cleaned_data, "parameters"])
        if wants_json(request):
            return JsonResponse(_described(user))
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("settings"))
    if wants_json(request):
        return json_error(400, "bad_parameter", error) if error else form_error(form)
    return _page(request, form, parameters, error=error)


def _page(request: HttpRequest, form: SettingsForm, chosen: dict[str, Any], *, error: str = "") -> HttpResponseBase:
    context = {"form": form, "drawer": presentation.drawer(None, chosen=chosen), "error": error}
    return render(request, "settings.html", context)


def _described(user: User) -> dict[str, Any]:
    return {"thinking_pane": user.thinking_pane, "parameters": user.parameters}
