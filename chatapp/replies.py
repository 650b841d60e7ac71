"""What a request wants to hear, and how an error or a missing sign-in is said to it: as JSON or as a page."""

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

TURNS_TYPE = "text/vnd.ponder.turns+html"
_PAGE_TYPES = ["text/html", "application/json", TURNS_TYPE]


def wants_json(request: HttpRequest) -> bool:
    """Whether errors are said in JSON: the request prefers `application/json` or TURNS_TYPE to `text/html`."""
    return request.get_preferred_type(_PAGE_TYPES) in {"application/json", TURNS_TYPE}


def json_error(status: int, code: str, message: str, **more: object) -> JsonResponse:
    """`{"error": {"code": …, "message": …}}`; `code` is for programs, `message` a sentence for people."""
    return JsonResponse({"error": {"code": code, "message": message, **more}}, status=status)


def form_error(form: BaseForm) -> JsonResponse:
    """400 with the first complaint as the message, and all by field (`__all__` for the form itself)."""
    fields = {name: [str(line) for line in lines] for name, lines in form.errors.items()}
    first = next(iter(fields.values()), ["This form is not complete."])[0]
    return json_error(400, "invalid", first, fields=fields)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """401 as JSON, or a redirect to the sign-in page, which leads back here after reading requests."""
    if wants_json(request):
        return json_error(401, "sign_in_required", "You are signed out. Sign in and try again.")
    back = {"next": request.get_full_path()} if request.method in {"GET", "HEAD"} else {}
    return HttpResponseRedirect(reverse("account_login", query=back or None))
