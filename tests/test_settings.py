"""Settings: what is wrong is refused with a sentence, what follows from PUBLIC_ORIGIN follows."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHOW = """
import json, sys
from django.conf import settings
names = sys.argv[1].split(",")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def run(data: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=kept | {"PONDER_ENV_FILE": "none", "DATA_DIR": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def shown(data: Path, names: str, **environment: str) -> dict[str, object]:
    done = run(data, "-c", SHOW, names, DJANGO_SETTINGS_MODULE="chatapp.settings", **environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


WRONG = [
    ({"PORT": "0"}, "PORT"),
    ({"PORT": "eighty"}, "PORT"),
    ({"PORT": "70000"}, "PORT"),
    ({"DEBUG": "maybe"}, "DEBUG"),
    ({"SIGNUP": "sometimes"}, "SIGNUP"),
    ({"THINK_TAGS": "yes please"}, "THINK_TAGS"),
    ({"UPSTREAM_LIMITS": "long"}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_LIMITS": "[1]"}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_LIMITS": '{"whole_seconds": 0}'}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_LIMITS": '{"whole_seconds": "60"}'}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_LIMITS": '{"all_seconds": 60}'}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_LIMITS": '{"line_bytes": 1.5}'}, "UPSTREAM_LIMITS"),
    ({"UPSTREAM_TRANSPORT": "pigeon"}, "UPSTREAM_TRANSPORT"),
    ({"ONE_PROCESSOR": "two"}, "ONE_PROCESSOR"),
    ({"HOST": "0.0.0.0"}, "PUBLIC_ORIGIN"),
    ({"PUBLIC_ORIGIN": "ponder.example"}, "PUBLIC_ORIGIN"),
    ({"PUBLIC_ORIGIN": "https://ponder.example/chat"}, "PUBLIC_ORIGIN"),
    ({"PUBLIC_ORIGIN": "https://user@ponder.example"}, "PUBLIC_ORIGIN"),
    ({"PUBLIC_ORIGIN": "https://ponder.example:port"}, "PUBLIC_ORIGIN"),
    ({"PUBLIC_ORIGIN": "https://ponder.example", "DEBUG": "1"}, "DEBUG"),
    ({"OPENROUTER_BASE_URL": "openrouter"}, "OPENROUTER_BASE_URL"),
    ({"OPENROUTER_BASE_URL": "file:///etc/passwd"}, "OPENROUTER_BASE_URL"),
    ({"DATABASE_URL": "mysql://a:b@c/d"}, "DATABASE_URL"),
    ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    ({"REDIS_URL": "http://127.0.0.1"}, "REDIS_URL"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ({"SECRET_KEY": "a" * 60}, "SECRET_KEY"),
    ({"DATA_DIR": "/dev/null/here"}, "DATA_DIR"),
    ({"EMAIL_URL": "nonsense://"}, "EMAIL_URL"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
]


@pytest.mark.parametrize(("environment", "named"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_a_wrong_setting_is_refused_with_a_sentence(tmp_path: Path, environment: dict[str, str], named: str) -> None:
    done = run(tmp_path, "manage.py", "check", **environment)
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_loopback_site_is_open_and_plain(tmp_path: Path) -> None:
    found = shown(tmp_path, "PUBLIC_ORIGINS,SIGNUP,IS_DEMO,SESSION_COOKIE_SECURE,DEBUG", PORT="8123")
    assert found == {
        "PUBLIC_ORIGINS": ["http://127.0.0.1:8123", "http://[::1]:8123", "http://localhost:8123"],
        "SIGNUP": "open",
        "IS_DEMO": True,
        "SESSION_COOKIE_SECURE": False,
        "DEBUG": False,
    }


def test_everything_about_a_public_site_follows_from_its_origin(tmp_path: Path) -> None:
    names = "PUBLIC_ORIGINS,SIGNUP,SESSION_COOKIE_NAME,CSRF_COOKIE_NAME,SESSION_COOKIE_SECURE,SECURE_HSTS_SECONDS"
    found = shown(tmp_path, names, PUBLIC_ORIGIN="https://Ponder.example/")
    assert found == {
        "PUBLIC_ORIGINS": ["https://ponder.example"],
        "SIGNUP": "closed",
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
    }


@pytest.mark.parametrize("environment", [{"OPENROUTER_API_KEY": "k"}, {"OPENROUTER_BASE_URL": "http://127.0.0.1:1/v1"}])
def test_a_key_or_another_server_ends_the_demo(tmp_path: Path, environment: dict[str, str]) -> None:
    assert shown(tmp_path, "IS_DEMO", **environment) == {"IS_DEMO": False}


def test_a_limit_of_upstream_is_set_by_its_name(tmp_path: Path) -> None:
    show = "from django.conf import settings; print(settings.UPSTREAM_LIMITS.line_bytes, settings.UPSTREAM_LIMITS)"
    environment = {"UPSTREAM_LIMITS": '{"line_bytes": 1000, "whole_seconds": 2.5}'}
    done = run(tmp_path, "-c", show, DJANGO_SETTINGS_MODULE="chatapp.settings", **environment)
    assert done.stdout.startswith("1000 Limits(")
    assert "whole_seconds=2.5" in done.stdout
    assert "connect_seconds=10" in done.stdout


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = shown(tmp_path, "SECRET_KEY"), shown(tmp_path, "SECRET_KEY")
    assert first == second
    path = tmp_path / "secret_key"
    assert path.read_text() == first["SECRET_KEY"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(str(first["SECRET_KEY"])) >= 50


def test_the_public_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    done = run(
        tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", PUBLIC_ORIGIN="https://ponder.example"
    )
    assert done.returncode == 0, done.stderr
