"""The pictures that a question brings: those it names, and the files of a form without JavaScript."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from chatapp.forms.asking import AskForm
from chatapp.images.refusals import Refused
from chatapp.models import Image, User
from chatapp.presentation import ImageView
from chatapp.views.access import signed_in
from chatapp.views.images import take
from chatapp.views.requests import fields

MAX_PICTURES = 10


class TooMany(Refused):
    """More pictures than a question takes."""

    code = "too_many_pictures"
    words = f"A question takes at most {MAX_PICTURES} pictures. Nothing was sent."


class Brought:
    """The pictures of one request. Files are taken in when they are asked for, and once, also when one is refused."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def keys(self) -> tuple[UUID, ...]:
        """The ids of all, for a question that is asked. Raises Refused."""
        if len(self._named) + len(self._files) > MAX_PICTURES:
            raise TooMany
        for outcome in self._outcomes:
            if isinstance(outcome, Refused):
                raise outcome
        return tuple(dict.fromkeys((*self._named, *self._taken)))

    def kept(self) -> list[ImageView]:
        """Those that are there, for the page that says why the question was refused: no file must be chosen again."""
        keys = list(dict.fromkeys((*self._named, *self._taken)))
        found = Image.objects.filter(owner=signed_in(self._request), public_id__in=keys)
        return [ImageView.of(image) for image in sorted(found, key=lambda image: keys.index(image.public_id))]

    @cached_property
    def form(self) -> AskForm:
        """The question that they came with, looked through."""
        form = AskForm(fields(self._request))
        form.is_valid()
        return form

    @property
    def _named(self) -> tuple[UUID, ...]:
        named: tuple[UUID, ...] = self.form.cleaned_data.get("images", ())
        return named

    @cached_property
    def _files(self) -> list[Any]:
        return [file for file in self._request.FILES.getlist("files") if file.name]

    @property
    def _taken(self) -> list[UUID]:
        return [outcome for outcome in self._outcomes if isinstance(outcome, UUID)]

    @cached_property
    def _outcomes(self) -> list[UUID | Refused]:
        room = max(0, MAX_PICTURES - len(self._named))
        return [self._outcome(file) for file in self._files[:room]]

    def _outcome(self, file: Any) -> UUID | Refused:
        try:
            key: UUID = take(signed_in(self._request), file)[0].public_id
        except Refused as refused:
            return refused
        except User.DoesNotExist as gone:
            raise Http404 from gone
        return key
