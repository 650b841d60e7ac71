"""The site among a device's programs: its name, icons that are there, and no page that is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from chatapp.models import User
from tests.views.conftest import Talk

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_site_and_icons_of_the_size_it_says(client: Client) -> None:
    reply = client.get("/manifest.webmanifest")
    assert reply["Content-Type"] == "application/manifest+json"
    told = reply.json()
    assert (told["name"], told["start_url"], told["display"]) == (settings.SITE_NAME, "/", "standalone")
    for icon in told["icons"]:
        file = Path(settings.STATICFILES_DIRS[0]) / icon["src"].removeprefix(settings.STATIC_URL)
        assert file.is_file()
        if icon["type"] == "image/png":
            with Image.open(file) as image:
                assert f"{image.width}x{image.height}" == icon["sizes"]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in told["icons"]}
    assert any(icon.get("purpose") == "maskable" for icon in told["icons"])


def test_pages_name_the_manifest_and_their_colour_in_light_and_dark(alice: User, client: Client) -> None:
    for path in ("/accounts/login/", "/nowhere/"):
        page = client.get(path).content.decode()
        assert '<link rel="manifest" href="/manifest.webmanifest">' in page
        assert 'content="#fdfcf9" media="(prefers-color-scheme: light)"' in page
        assert 'content="#1a1815" media="(prefers-color-scheme: dark)"' in page


def test_no_page_is_kept_by_anyone(alice: User, talk: Talk, client_of: Callable[[User], Client]) -> None:
    for client in (client_of(alice), Client()):
        for path in ("/", "/conversations/", f"/c/{talk.conversation}/", "/settings/", "/accounts/login/", "/nowhere/"):
            assert "no-store" in client.get(path)["Cache-Control"], path
