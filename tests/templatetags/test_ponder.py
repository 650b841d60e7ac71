"""The tags and filters of the templates."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import Context, Template

from chatapp.templatetags import ponder

STATIC = Path(settings.STATICFILES_DIRS[0])


def render(text: str, **context: Any) -> str:
    return str(Template(text).render(Context(context)))


def import_map(**context: Any) -> dict[str, str]:
    found = re.fullmatch(r'<script type="importmap" nonce="[^"]*">(.*)</script>', render("{% import_map %}", **context))
    assert found
    imports = json.loads(found[1])["imports"]
    assert isinstance(imports, dict)
    return imports


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    kept = (ponder._cached_import_map, ponder._kept)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


def test_the_import_map_names_every_own_module_by_its_path() -> None:
    modules = {str(path.relative_to(STATIC / "js")) for path in (STATIC / "js").rglob("*.js")}
    assert set(import_map()) == modules


def test_every_import_of_a_module_is_in_the_import_map() -> None:
    known = set(import_map())
    for path in (STATIC / "js").rglob("*.js"):
        for name in re.findall(r'^import .* from "([^"]+)";$', path.read_text(), re.MULTILINE):
            assert name in known, f"{path} imports {name}"


def test_the_import_map_carries_the_nonce_of_the_page() -> None:
    request = SimpleNamespace(csp_nonce="abc123")
    assert 'nonce="abc123"' in render("{% import_map %}", request=request)


def test_the_import_map_takes_addresses_from_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = {"js/app.js": "js/app.0123.js", "css/app.css": "css/app.4567.css"}
    monkeypatch.setattr(staticfiles_storage, "hashed_files", hashed, raising=False)
    monkeypatch.setattr(staticfiles_storage, "url", lambda path: f"/static/{hashed[path]}", raising=False)
    assert import_map() == {"app.js": "/static/js/app.0123.js"}


def test_nothing_in_the_import_map_looks_like_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staticfiles_storage, "url", lambda path: "/static/</script><script>&", raising=False)
    assert render("{% import_map %}").count("</script>") == 1


def test_an_asset_outside_the_manifest_gets_its_plain_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: str) -> str:
        raise ValueError(f"Missing staticfiles manifest entry for {path!r}")

    monkeypatch.setattr(staticfiles_storage, "url", missing, raising=False)
    assert render("{% asset 'css/app.css' %}") == "/static/css/app.css"


def test_elements_are_named_by_their_tags_and_exist() -> None:
    used = set()
    for path in Path(settings.TEMPLATES[0]["DIRS"][0]).rglob("*.html"):
        for tags in re.findall(r"{% elements (.*?) %}", path.read_text()):
            used |= set(re.findall(r'"([a-z-]+)"', tags))
    assert used
    for tag in used:
        assert f'customElements.define("{tag}"' in (STATIC / "js" / "elements" / f"{tag}.js").read_text()


def test_every_custom_element_of_the_templates_has_its_module() -> None:
    for path in Path(settings.TEMPLATES[0]["DIRS"][0]).rglob("*.html"):
        for tag in re.findall(r"<([a-z]+-[a-z-]+)", path.read_text()):
            assert (STATIC / "js" / "elements" / f"{tag}.js").is_file(), f"{path} uses <{tag}>"


def test_every_style_is_imported_once_and_in_a_layer() -> None:
    css = STATIC / "css"
    imported = re.findall(r'^@import "([^"]+)" layer\((\w+)\);$', (css / "app.css").read_text(), re.MULTILINE)
    names = [name for name, _ in imported]
    assert sorted(names) == sorted(str(path.relative_to(css)) for path in css.rglob("*.css") if path.name != "app.css")
    assert all("@import" not in (css / name).read_text() for name in names)


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0:00"),
        (None, "0:00"),
        (-7_199_000, "0:00"),
        (999, "0:00"),
        (12_400, "0:12"),
        (62_000, "1:02"),
        (3_602_000, "1:00:02"),
    ],
)
def test_a_clock_shows_minutes_and_seconds(milliseconds: int | None, shown: str) -> None:
    assert ponder.clock(milliseconds) == shown


def test_a_bare_field_has_no_placeholder() -> None:
    class Entrance(forms.Form):
        name = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Name", "autocomplete": "name"}))

    control = render("{{ form.name|bare }}", form=Entrance())
    assert "placeholder" not in control
    assert 'autocomplete="name"' in control
