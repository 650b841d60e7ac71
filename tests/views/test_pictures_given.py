"""Pictures as they are given back: the same bytes and headers, in one go or in pieces."""

import os
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client

from chatapp import fittings
from chatapp.images.store import PIECE_BYTES, Copy
from chatapp.models import Image, User
from chatapp.views.images import take
from tests.views.conftest import png

COPIES = [("", Copy.MODEL), ("thumbnail/", Copy.THUMBNAIL), ("original/", Copy.ORIGINAL)]
KEPT = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Vary": "Cookie",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def door(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def kept(alice: User, copy: Copy, size: int) -> tuple[Image, bytes]:
    """A picture of Alice's, and one of its files, which has so many bytes."""
    image, _ = take(alice, SimpleUploadedFile("figs.png", png(), "image/png"))
    data = os.urandom(size)
    fittings.pictures().path(image.stored_as, copy).write_bytes(data)
    return image, data


def all_of(reply: HttpResponseBase) -> bytes:
    return b"".join(reply.streaming_content if reply.streaming else [reply.content])


@pytest.mark.parametrize("size", [1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES])
@pytest.mark.parametrize(("path", "copy"), COPIES)
def test_every_copy_comes_whole_with_its_headers(door: Client, alice: User, path: str, copy: Copy, size: int) -> None:
    image, data = kept(alice, copy, size)
    reply = door.get(f"/images/{image.public_id}/{path}", headers={"Accept-Encoding": "gzip"})
    types = {"": image.model_media_type, "thumbnail/": "image/jpeg", "original/": "application/octet-stream"}
    endings = {"": image.model_media_type.removeprefix("image/").replace("jpeg", "jpg"), "thumbnail/": "jpg"}
    shown = f'inline; filename="image.{endings[path]}"' if path in endings else 'attachment; filename="figs.png"'
    own = {"Content-Type": types[path], "Content-Disposition": shown, "Content-Length": str(size)}
    assert dict(reply.items()) == KEPT | own
    assert reply.streaming == (size > PIECE_BYTES)
    assert all_of(reply) == data


@pytest.mark.parametrize("size", [1, 5 * PIECE_BYTES])
def test_the_head_of_a_picture_tells_the_same(door: Client, alice: User, size: int) -> None:
    image, _ = kept(alice, Copy.ORIGINAL, size)
    address = f"/images/{image.public_id}/original/"
    head, reply = door.head(address), door.get(address)
    assert dict(head.items()) == dict(reply.items())
    assert all_of(head) == b""


@pytest.mark.parametrize("path", [path for path, _ in COPIES])
def test_a_picture_whose_files_are_gone_is_not_there(door: Client, alice: User, path: str) -> None:
    image, _ = kept(alice, Copy.ORIGINAL, 5 * PIECE_BYTES)
    fittings.pictures().remove(image.stored_as)
    assert door.get(f"/images/{image.public_id}/{path}").status_code == 404
