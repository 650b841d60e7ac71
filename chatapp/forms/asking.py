"""The form of a question and the other forms about conversations."""

from typing import Any
from uuid import UUID

from django import forms

MAX_QUESTION_CHARS = 200_000


class PlainText(forms.CharField):
    """Text as typed: not stripped, without what no database and no model can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        if value is not None and not isinstance(value, str):
            raise forms.ValidationError("This must be text.", code="invalid")
        text = super().to_python(value) or ""
        if any("\ud800" <= ch <= "\udfff" for ch in text) or "\0" in text:
            raise forms.ValidationError("The text contains characters that cannot be stored.", code="invalid")
        return text.replace("\r\n", "\n").replace("\r", "\n")


class ClientId(forms.UUIDField):
    """A UUID made by the sender. A number or a list in JSON is as wrong as any other text."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value if value is None else str(value)[:64])


class Keys(forms.Field):
    """Ids of pictures: a list in JSON, a repeated field in a form."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[UUID, ...]:
        try:
            if not isinstance(value, list | tuple | None):
                raise TypeError
            return tuple(dict.fromkeys(UUID(key) for key in value or () if key != ""))
        except (TypeError, ValueError, AttributeError) as wrong:
            raise forms.ValidationError("images must be a list of the ids of your pictures.", code="invalid") from wrong


class AskForm(forms.Form):
    """A question. `client_id` is a UUID the page made: sending it twice makes one message."""

    text = PlainText(
        required=False,
        max_length=MAX_QUESTION_CHARS,
        error_messages={
            "max_length": "This question is too long: %(show_value)d characters of at most %(limit_value)d.",
        },
    )
    client_id = ClientId(
        error_messages={
            "required": "client_id is missing: a UUID that the sender makes for each question.",
            "invalid": "client_id must be a UUID.",
        }
    )
    images = Keys(required=False)


class AgainForm(forms.Form):
    """Answer again. An empty `client_id` is allowed: a page without JavaScript has no way to make one."""

    client_id = ClientId(required=False, error_messages={"invalid": "client_id must be a UUID."})
    without_pictures = forms.BooleanField(required=False)

    def key(self) -> UUID | None:
        found: UUID | None = self.cleaned_data.get("client_id")
        return found


class RenameForm(forms.Form):
    """A conversation's new title."""

    title = PlainText(
        max_length=500,
        error_messages={
            "required": "Give the conversation a title.",
            "max_length": "A title has at most %(limit_value)d characters.",
        },
    )


def first_error(form: forms.Form) -> str:
    """The first thing wrong with a form, as one sentence."""
    return next((str(error) for errors in form.errors.values() for error in errors), "")
