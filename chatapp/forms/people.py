"""The forms of accounts and settings: allauth's, bounded, in this site's words, with one password field."""

from typing import Any, ClassVar

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.fields import EmailField, PasswordField
from allauth.account.views import signup
from django import forms
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chatapp.accounts import is_setup_code
from chatapp.models import User
from chatapp.words import ThinkingPane

LONGEST_PASSWORD = 1024
LONGEST_EMAIL = 254
PASSWORD_HELP = "At least 10 characters."  # noqa: S105


class _Bounded(forms.Form):
    """Bounds and words for whatever e-mail and password fields a form has.

    No `maxlength` on passwords: a browser would cut a pasted one without a word.
    """

    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.label = "E-mail address"
                field.validators.append(MaxLengthValidator(LONGEST_EMAIL))
                field.widget.attrs["maxlength"] = str(LONGEST_EMAIL)
            if isinstance(field.widget, forms.PasswordInput):
                field.help_text = PASSWORD_HELP if name == "password1" else ""
                field.validators.append(MaxLengthValidator(LONGEST_PASSWORD))


class SignInForm(_Bounded, allauth.LoginForm):
    """Address and password."""


class SignUpForm(_Bounded, allauth.SignupForm):
    """Address and password of a new account. Whether the address is taken is asked last (chatapp.accounts)."""

    def validate_unique_email(self, value: str) -> str:
        return value

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            try:
                super().validate_unique_email(self.cleaned_data["email"])
            except forms.ValidationError as taken:
                self.add_error("email", taken)
        return self.cleaned_data

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponseBase | None]:
        try:
            saved: tuple[User | None, HttpResponseBase | None] = super().try_save(request)
        except IntegrityError:
            # Somebody took the address while this form was being checked: look again, and see it taken.
            self.full_clean()
            if self.is_valid():
                raise
            return None, signup(request)
        return saved


class PasswordChangeForm(_Bounded, allauth.ChangePasswordForm):
    """The old password and a new one."""

    labels: ClassVar = {"oldpassword": "Current password", "password1": "New password"}


class PasswordResetForm(_Bounded, allauth.ResetPasswordForm):
    """The address to send a link to."""


class PasswordFromKeyForm(_Bounded, allauth.ResetPasswordKeyForm):
    """A new password, from the page the link leads to."""

    labels: ClassVar = {"password1": "New password"}


class SetupForm(_Bounded):
    """The first administrator. With `code`, the person must know it; without, the field is not there."""

    email = EmailField()
    password1 = PasswordField(label="Password", autocomplete="new-password")
    code = forms.CharField(label="Code", max_length=64)

    def __init__(self, *args: Any, code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._code = code
        if not code:
            del self.fields["code"]

    def clean_code(self) -> str:
        given = str(self.cleaned_data["code"])
        if not is_setup_code(given, self._code):
            raise forms.ValidationError("This is not the code.", code="wrong_code")
        return given

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "password1" in data:
            try:
                get_adapter().clean_password(data["password1"], user=User(email=data.get("email", "")))
            except forms.ValidationError as weak:
                self.add_error("password1", weak)
        return data


class LeaveForm(_Bounded):
    """The password of the person whose account is to be deleted."""

    password = PasswordField(label="Your password", autocomplete="current-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        given = str(self.cleaned_data["password"])
        if not self._user.check_password(given):
            raise forms.ValidationError("This is not your password.", code="wrong_password")
        return given

    def clean(self) -> dict[str, Any]:
        if not self.errors and self._user.is_only_administrator():
            raise forms.ValidationError(
                "You are the only administrator here. Make somebody else one first; the site would be nobody's.",
                code="only_administrator",
            )
        return self.cleaned_data


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a person likes the site."""

    thinking_pane = forms.ChoiceField(
        label="Thinking",
        choices=[
            (ThinkingPane.AUTO.value, "Open while it thinks, folded when the answer starts"),
            (ThinkingPane.OPEN.value, "Always open"),
            (ThinkingPane.FOLDED.value, "Always folded"),
        ],
        widget=forms.RadioSelect,
        help_text="What you fold or unfold by hand stays so.",
    )

    class Meta:
        model = User
        fields: ClassVar = ["thinking_pane"]
