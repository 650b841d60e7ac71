"""allauth with this site's rules."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chatapp import replies
from chatapp.accounts.mail import mailer
from chatapp.accounts.sessions import note, sessions_end
from chatapp.models import User

LONGEST_REDIRECT = 2000


class AccountAdapter(DefaultAccountAdapter):
    """Links from PUBLIC_ORIGIN, mail in a thread, ways back to own paths only, JSON for who asks for it."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_taken": "This address cannot be used. If it is yours, sign in or choose a new password.",
        "email_password_mismatch": "The address or the password is not right.",
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make accounts: never before there is a first administrator."""
        return settings.SIGNUP == "open" and User.objects.exists()

    def is_safe_url(self, url: str) -> bool:
        """Only a path of this site can be led back to."""
        is_path = url.startswith("/") and len(url) <= LONGEST_REDIRECT and url.isprintable()
        return is_path and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits count by. X-Forwarded-For is believed as far as TRUSTED_PROXIES says, by default never."""
        try:
            return str(super().get_client_ip(request))
        except (PermissionDenied, ImproperlyConfigured):
            return request.META.get("REMOTE_ADDR") or "unknown"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")

    # Signing in and out

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            note("sign-in limited", request, _known(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        note("sign-in failed", request, _known(credentials))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        note("sign-in refused", request, user)
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        request.signed_out = True  # type: ignore[attr-defined]
        if isinstance(user, User):
            note("signed out", request, user)
            sessions_end(user.pk)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # By address *and* where from, so that nobody can lock another person out.
        return f"{get_ip(request)} {_address(credentials)}"

    # JSON

    def is_ajax(self, request: HttpRequest) -> bool:
        return replies.wants_json(request)

    def ajax_response(
        self,
        request: HttpRequest,
        response: HttpResponse,
        redirect_to: str | None = None,
        form: BaseForm | None = None,
        data: Any = None,
    ) -> HttpResponse:
        """`{"url": …}` where a person would be led on, else what is wrong; the pages themselves are HTML."""
        if redirect_to is not None:
            return JsonResponse({"url": redirect_to})
        if form is not None and form.is_bound and not form.is_valid():
            return replies.form_error(form)
        if response.status_code >= 400:
            return response
        return replies.json_error(406, "not_acceptable", "This page is HTML only.")

    # Mail

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, _, token = key.partition("-")
        return _absolute("account_reset_password_from_key", uidb36=user, key=token)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        site = {
            "site_name": settings.SITE_NAME,
            "signup_open": settings.SIGNUP == "open",
            "signup_url": _absolute("account_signup"),
            "email": email,
        }
        mailer.send(self.render_mail(template_prefix, email, context | site))

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """Plain text, written without the request: what a mail says cannot depend on a Host header."""
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", context).split())
        body = render_to_string(f"{template_prefix}_message.txt", context).strip()
        return EmailMessage(subject, body, to=[email], headers=headers)


def _absolute(name: str, **values: str) -> str:
    return f"{settings.PUBLIC_ORIGIN}{reverse(name, kwargs=values)}"


def _address(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).lower()


def _known(credentials: dict[str, Any]) -> User | None:
    return User.objects.filter(email=_address(credentials)).first()
