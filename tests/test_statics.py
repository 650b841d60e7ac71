"""Static files: one request for the styles, collected only when something changed."""

from pathlib import Path

from django.conf import settings
from django.test import override_settings

from chatapp import statics

CSS = Path(settings.STATICFILES_DIRS[0]) / "css"


def test_every_style_is_in_the_one_file_in_its_layer() -> None:
    joined = statics.join_styles(CSS / "app.css")
    assert "@import" not in joined
    for path in CSS.rglob("*.css"):
        if path.name != "app.css":
            assert path.read_text() in joined, f"{path.name} is not imported by app.css"


def test_statics_are_collected_once_and_again_after_a_change(tmp_path: Path) -> None:
    root = tmp_path / "static"
    root.mkdir()
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "chatapp.statics.Storage"}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        statics.collect()
        [app] = root.glob("css/app.*.css")
        assert "@import" not in app.read_text()
        assert list(root.glob("css/app.*.css.gz"))
        app.unlink()
        statics.collect()
        assert not app.exists(), "nothing changed, so nothing was collected"
        (root / statics.STAMP).write_text("older")
        statics.collect()
        assert app.exists()
