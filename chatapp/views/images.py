"""Pictures: take one in, and give it back to its owner, to nobody else."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header

from chatapp import fittings
from chatapp.accounts import note
from chatapp.images.limits import MOST_BYTES
from chatapp.images.names import display_name
from chatapp.images.refusals import Refused
from chatapp.images.store import PIECE_BYTES, Copy, Missing
from chatapp.images.taken import Taken
from chatapp.models import Image, User
from chatapp.views.access import signed_in
from chatapp.views.errors import json_error, only, sign_in_required
from chatapp.views.requests import takes_files

STATUS = {"too_many_bytes": 413, "busy": 503, "no_room": 507, "too_many_unsent": 429, "quota": 413}
MAX_UNSENT = 100


class TooManyUnsent(Refused):
    """Pictures were uploaded and not sent, more than a person can mean."""

    code = "too_many_unsent"
    permanent = False
    words = f"{MAX_UNSENT} pictures are waiting to be sent. Send some, or wait until tomorrow, when they are gone."


class Quota(Refused):
    """The person's pictures take up all the room they may; ``megabytes`` is how much that is."""

    code = "quota"
    permanent = False
    words = "Your pictures take up all of your {megabytes} MB. Delete conversations with pictures that you do not need."


@takes_files
@only("POST")
@sign_in_required
def create(request: HttpRequest) -> HttpResponse:
    """Take a picture in. 201 for a new one, 200 for one the person gave before."""
    file = request.FILES.get("file")
    if file is None:
        return json_error(400, "no_file", "Choose a picture first.")
    try:
        image, is_new = take(signed_in(request), file)
    except User.DoesNotExist as gone:
        raise Http404 from gone
    except Refused as refused:
        note(f"picture refused ({refused.code})", request, signed_in(request))
        return json_error(STATUS.get(refused.code, 400), refused.code, str(refused))
    return JsonResponse(described(image), status=201 if is_new else 200)


def take(user: User, file: "File[bytes]") -> tuple[Image, bool]:
    """Examine, store, remember: (the picture, whether it is new). Raises Refused, and User.DoesNotExist."""
    _let_others_ask()
    taken = fittings.intake().examine(file.read(MOST_BYTES + 1))
    earlier = Image.objects.taken_again(user, taken.sha256)
    if earlier:
        return earlier, False
    _refuse_above_quota(user, taken.size)
    return _keep(user, taken, display_name(file.name or ""))


def _let_others_ask() -> None:
    """Give the connection back to PostgreSQL's pool: to examine a picture takes its turn, and there are more threads
    that wait than the pool has connections."""
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()


def _refuse_above_quota(user: User, size: int) -> None:
    mine = Image.objects.filter(owner=user)
    if mine.unused().count() >= MAX_UNSENT:
        raise TooManyUnsent
    kept = mine.aggregate(kept=Sum("size"))["kept"] or 0
    if kept + size > settings.PICTURE_QUOTA_BYTES:
        raise Quota(megabytes=settings.PICTURE_QUOTA_BYTES // 10**6)


def _keep(user: User, taken: Taken, name: str) -> tuple[Image, bool]:
    stored_as = fittings.pictures().keep(taken)
    image: Image | None = None
    try:
        with transaction.atomic():
            user.lock()
            # The same picture may have come twice at once, and others with it.
            image = Image.objects.taken_again(user, taken.sha256)
            if image is None:
                _refuse_above_quota(user, taken.size)
                image = _row(user, taken, name, stored_as)
    finally:
        # A commit whose answer was lost may have happened: then the files stay, and are swept if nobody needs them.
        if image is None or image.stored_as != stored_as:
            fittings.remove_pictures([stored_as])
    return image, image.stored_as == stored_as


def _row(user: User, taken: Taken, name: str, stored_as: str) -> Image:
    copy, thumbnail = taken.model_copy, taken.thumbnail
    image: Image = Image.objects.create(
        owner=user,
        sha256=taken.sha256,
        name=name,
        stored_as=stored_as,
        media_type=taken.kind.media_type,
        width=taken.width,
        height=taken.height,
        size=taken.size,
        model_media_type=copy.media_type,
        model_width=copy.width,
        model_height=copy.height,
        model_size=len(copy.data),
        thumbnail_media_type=thumbnail.media_type,
        thumbnail_width=thumbnail.width,
        thumbnail_height=thumbnail.height,
        tokens=taken.tokens,
    )
    return image


def described(image: Image) -> dict[str, Any]:
    """A picture as the door tells it."""
    key = image.public_id
    return {
        "id": str(key),
        "name": image.name,
        "width": image.model_width,
        "height": image.model_height,
        "tokens": image.tokens,
        "thumbnail": reverse("image-thumbnail", args=[key]),
        "url": reverse("image", args=[key]),
    }


@only("GET")
@sign_in_required
def show(request: HttpRequest, image: UUID) -> HttpResponseBase:
    """The upright copy that the model gets."""
    found = _of(request, image)
    return _file(found, Copy.MODEL, found.model_media_type)


@only("GET")
@sign_in_required
def thumbnail(request: HttpRequest, image: UUID) -> HttpResponseBase:
    """A small copy."""
    found = _of(request, image)
    return _file(found, Copy.THUMBNAIL, found.thumbnail_media_type)


@only("GET")
@sign_in_required
def original(request: HttpRequest, image: UUID) -> HttpResponseBase:
    """What was given, untouched, as a download: it is never shown inline."""
    found = _of(request, image)
    response = _file(found, Copy.ORIGINAL, "application/octet-stream")
    # content_disposition_header leaves path separators in; shown names have none.
    response.headers["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response


@only("GET")
@sign_in_required
def seen(request: HttpRequest, image: UUID) -> HttpResponse:
    """The page "what the model saw": the copy that was sent, its size and tokens."""
    return render(request, "image/seen.html", {"image": _of(request, image)})


def _of(request: HttpRequest, key: UUID) -> Image:
    found = Image.objects.filter(owner=signed_in(request), public_id=key).first()
    if found is None:
        raise Http404
    return found


def _file(image: Image, copy: Copy, media_type: str) -> HttpResponseBase:
    ending = media_type.rpartition("/")[2].replace("jpeg", "jpg")
    headers = {
        "Content-Type": media_type,
        # The name is ours: what a person called the file is only ever shown.
        "Content-Disposition": f'inline; filename="image.{ending}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=3600",
        "X-Content-Type-Options": "nosniff",
    }
    pictures = fittings.pictures()
    try:
        size = pictures.size(image.stored_as, copy)
        if size <= PIECE_BYTES:
            return HttpResponse(pictures.read(image.stored_as, copy), headers=headers)
    except Missing as wrong:
        raise Http404 from wrong
    # Who does not read would hold all of it in memory.
    pieces = pictures.pieces(image.stored_as, copy)
    return StreamingHttpResponse(pieces, headers=headers | {"Content-Length": str(size)})
