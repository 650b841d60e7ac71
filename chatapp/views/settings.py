"""A person's settings."""

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from chatapp.forms.people import SettingsForm
from chatapp.models import User
from chatapp.replies import form_error
from chatapp.views.errors import only, sign_in_required, wants_json


@sign_in_required
@only("GET", "POST")
def show(request: HttpRequest) -> HttpResponseBase:
    """Show and change the settings; as JSON `{"thinking_pane": "auto"|"open"|"folded"}`."""
    assert isinstance(request.user, User)
    form = SettingsForm(request.POST if request.method == "POST" else None, instance=request.user)
    if form.is_valid():
        request.user.save(update_fields=list(form.cleaned_data))
    if wants_json(request):
        return form_error(form) if form.errors else JsonResponse(model_to_dict(request.user, form.fields))
    if form.is_bound and not form.errors:
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("settings"))
    return render(request, "settings.html", {"form": form})
