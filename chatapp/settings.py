"""All settings, from the environment and `.env`; a wrong one is refused with a sentence. The README has the table."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import msgspec
from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured

import chatapp
from chatapp import knobs
from chatapp.generation.worry import Patience
from chatapp.knobs import Ceilings
from chatapp.openrouter.limits import Limits
from chatapp.openrouter.parameters import MAX_TOKENS, Parameters
from chatapp.words import ThinkTags

BASE_DIR = Path(__file__).resolve().parent.parent
# In a checkout templates and static files lie beside the package, in an installed wheel inside it.
ASSETS_DIR = BASE_DIR if (BASE_DIR / "templates").is_dir() else Path(__file__).resolve().parent / "_assets"

env = environ.Env()
if os.environ.get("PONDER_ENV_FILE", "") != "none":
    environ.Env.read_env(BASE_DIR / ".env")


def _text(name: str, default: str = "") -> str:
    return str(env.str(name, default)).strip()


def _choice(name: str, default: str, allowed: list[str]) -> str:
    value = _text(name, default).lower() or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def _flag(name: str, default: str = "0") -> bool:
    value = _choice(name, default, ["0", "1", "no", "yes", "false", "true", "off", "on"])
    return value in {"1", "yes", "true", "on"}


def _number(name: str, default: int, least: int, most: int) -> int:
    value = _text(name, str(default)) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _url(name: str, default: str, schemes: set[str]) -> str:
    value = _text(name, default) or default
    try:
        parts = urlsplit(value)
        sound = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        kinds = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} must be an address that begins with {kinds}, not {value!r}.")
    return value.rstrip("/")


def _parameters() -> dict[str, Any]:
    """The site's defaults, within its own ceilings."""
    usual = Parameters(max_tokens=min(MAX_TOKENS, CEILINGS.max_tokens)).to_json()
    text = _text("PARAMETERS")
    try:
        given = json.loads(text or "{}")
        if not isinstance(given, dict):
            raise ImproperlyConfigured('PARAMETERS must be a JSON object such as {"temperature": 0.8}.')
        found = knobs.read(given, ceilings=CEILINGS, typed=True)
    except ValueError as wrong:
        raise ImproperlyConfigured('PARAMETERS must be a JSON object such as {"temperature": 0.8}.') from wrong
    except knobs.BadParameter as wrong:
        raise ImproperlyConfigured(f"PARAMETERS: {wrong}") from wrong
    return knobs.within(knobs.effective(usual, knobs.chosen({}, found)), CEILINGS)


def _limits() -> Limits:
    names = {field.name for field in fields(Limits)}
    with suppress(msgspec.MsgspecError):
        given = msgspec.json.decode(_text("UPSTREAM_LIMITS") or "{}", type=dict[str, int | float])
        if given.keys() <= names and all(value > 0 for value in given.values()):
            return msgspec.convert(given, Limits)
    raise ImproperlyConfigured(
        "UPSTREAM_LIMITS must be a JSON object of positive numbers by the names in chatapp/openrouter/limits.py, "
        'such as {"whole_seconds": 3600}.'
    )


def _origin() -> str:
    if not _text("PUBLIC_ORIGIN"):
        if not _is_loopback(HOST):
            raise ImproperlyConfigured(
                "PUBLIC_ORIGIN must be set when HOST is not this machine alone: "
                "the address people type, such as https://ponder.example."
            )
        shown = f"[{HOST.strip('[]')}]" if ":" in HOST else HOST
        return f"http://{shown}:{PORT}"
    value = _url("PUBLIC_ORIGIN", "", {"http", "https"})
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(
            f"PUBLIC_ORIGIN must be scheme, host and port only, such as https://ponder.example, not {value!r}."
        )
    return value.lower()


def _data_dir() -> Path:
    path = Path(_text("DATA_DIR", str(BASE_DIR / "var"))).expanduser()
    path = path if path.is_absolute() else BASE_DIR / path
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise ImproperlyConfigured(f"DATA_DIR {path} cannot be made: {wrong.strerror}.") from wrong
    return path


def _secret_key() -> str:
    given = _text("SECRET_KEY")
    if given:
        if len(given) < 32 or len(set(given)) < 8:
            raise ImproperlyConfigured(
                "SECRET_KEY is too short or too plain: at least 32 characters, or leave it empty and one is made."
            )
        return given
    path = DATA_DIR / "secret_key"
    if not path.exists():
        # Written whole, then linked into place: processes that start together agree on one key, and none reads half.
        draft = path.with_name(f".secret_key.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            with suppress(FileExistsError):
                os.link(draft, path)
        except OSError as wrong:
            raise ImproperlyConfigured(f"The secret key cannot be written to {path}: {wrong.strerror}.") from wrong
        finally:
            draft.unlink(missing_ok=True)
    key = path.read_text().strip()
    if len(key) < 32:
        raise ImproperlyConfigured(f"{path} holds no usable key. Delete it and start again; people must sign in anew.")
    return key


DEBUG = _flag("DEBUG")
HOST = _text("HOST", "127.0.0.1") or "127.0.0.1"
PORT = _number("PORT", 8000, 1, 65535)
PUBLIC_ORIGIN = _origin()
RELEASE = chatapp.RELEASE
SITE_NAME = _text("SITE_NAME", "Ponder") or "Ponder"
DATA_DIR = _data_dir()
SECRET_KEY = _secret_key()

_public = urlsplit(PUBLIC_ORIGIN)
IS_LOCAL = _is_loopback(_public.hostname or "")
IS_TLS = _public.scheme == "https"
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured("DEBUG shows secrets on error pages: it must be off when PUBLIC_ORIGIN is public.")
SIGNUP = _choice("SIGNUP", "open" if IS_LOCAL else "closed", ["open", "closed"])
# Who finds a new site first must not make it theirs: whoever can come from elsewhere needs the code.
SETUP_NEEDS_CODE = not (IS_LOCAL and _is_loopback(HOST))

# The upstream. Without a key the built-in simulator answers, unless another server is named.
OPENROUTER_API_KEY = _text("OPENROUTER_API_KEY")
OPENROUTER_BASE_URL = _url("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1", {"http", "https"})
IS_DEMO = not OPENROUTER_API_KEY and not _text("OPENROUTER_BASE_URL")
MODEL = _text("MODEL", "qwen/qwen3-vl-8b-thinking") or "qwen/qwen3-vl-8b-thinking"
THINK_TAGS = ThinkTags(_choice("THINK_TAGS", "auto", [str(word) for word in ThinkTags]))
UPSTREAM_LIMITS = _limits()
UPSTREAM_TRANSPORT = _choice("UPSTREAM_TRANSPORT", "aiohttp", ["aiohttp", "httpx"])
SIMULATOR_CONTROL = _flag("SIMULATOR_CONTROL")
ONE_PROCESSOR = _flag("ONE_PROCESSOR", "1")
CEILINGS = Ceilings(
    max_tokens=_number("MAX_TOKENS_CEILING", 32_768, 16, 10_000_000),
    thinking_tokens=_number("THINKING_TOKENS_CEILING", 32_768, 16, 10_000_000),
    can_skip_thinking=MODEL != "qwen/qwen3-vl-8b-thinking",
)
# From when on a thought is called long, and the page offers to have it answered at once.
PATIENCE = Patience(
    tokens=_number("LONG_THINKING_TOKENS", 6_000, 1, 10_000_000),
    seconds=_number("LONG_THINKING_SECONDS", 120, 1, 86_400),
)
PARAMETERS = _parameters()
_streams = BASE_DIR / "tests" / "streams"
SIMULATOR_STREAMS = _streams if _streams.is_dir() else None

# Hosts, cookies and TLS: all from PUBLIC_ORIGIN.
if IS_LOCAL:
    _port = f":{_public.port}" if _public.port else ""
    PUBLIC_ORIGINS = sorted(
        {f"{_public.scheme}://{h}{_port}" for h in ("127.0.0.1", "localhost", "[::1]")} | {PUBLIC_ORIGIN}
    )
    ALLOWED_HOSTS = sorted({"127.0.0.1", "localhost", "[::1]", str(_public.hostname)})
else:
    PUBLIC_ORIGINS = [PUBLIC_ORIGIN]
    # The machine's own probes ask by a loopback name.
    _name = f"[{_public.hostname}]" if ":" in str(_public.hostname) else str(_public.hostname)
    ALLOWED_HOSTS = [_name, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = PUBLIC_ORIGINS
SESSION_ENGINE = "chatapp.accounts.store"
SESSION_COOKIE_NAME = "__Host-session" if IS_TLS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_TLS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_TLS
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "chatapp.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = IS_TLS
SECURE_REDIRECT_EXEMPT = [r"^up$", r"^ready$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_TLS
# A public site over TLS stands behind a proxy that ends TLS: Daphne here speaks plain HTTP on HOST.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_TLS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

ROOT_URLCONF = "chatapp.urls"
ASGI_APPLICATION = "chatapp.asgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "chatapp.apps.ChatappConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chatapp.middleware.CompressedPages",
    "chatapp.middleware.ContentPolicy",
    "chatapp.middleware.PrivatePages",
    "chatapp.middleware.OnlyUtf8",
    "chatapp.middleware.ReadersZone",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chatapp.middleware.SignInRequired",
    "chatapp.middleware.FirstRun",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ASSETS_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "chatapp.views.context.site",
            ],
            "builtins": ["chatapp.templatetags.ponder", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# Database. SQLite's transactions begin IMMEDIATE and take turns inside the process: see chatapp/sqlite.
_database_url = _text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'ponder.sqlite3'}"
if _database_url.partition(":")[0] not in {"sqlite", "postgres", "postgresql"}:
    raise ImproperlyConfigured(
        "DATABASE_URL must name a SQLite or PostgreSQL database, such as "
        "sqlite:////data/ponder.sqlite3 or postgres://user:password@host/name."
    )
_database: dict[str, Any] = dict(env.db_url_config(_database_url))
if str(_database.get("ENGINE", "")).endswith("sqlite3"):
    _database |= {
        "ENGINE": "chatapp.sqlite",
        # The few threads that use the database keep their handles: opening one costs more than most questions.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 10,
            "transaction_mode": "IMMEDIATE",
            # A megabyte of pages for each handle: another thread's commit empties it anyway, and there are seventeen.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1000; "
            # A checkpoint keeps who commits waiting, and all who read what is written: often, and 20 ms at most.
            "PRAGMA wal_autocheckpoint=500;",
        },
    }
else:
    # Threads come and go under ASGI, so connections live in a bounded pool, not in threads.
    _database |= {"OPTIONS": {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}}, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _text("REDIS_URL") and _url("REDIS_URL", "", {"redis", "rediss"})
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # The limits on signing in live here: they must survive a restart and be one for all processes.
    # Room for many: what is culled early is forgotten attempts.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "chatapp_cache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }

# Static files.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ASSETS_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatapp.statics.Storage"},
}
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False
STATIC_ROOT.mkdir(exist_ok=True)

# Bounds of a request. Bodies are held to the first three by the server, while they arrive: to the second where the view
# takes files, to the third where it takes a few short fields, from strangers too.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
BODY_WITH_FILES_BYTES = 12_000_000
SHORT_BODY_BYTES = 64_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_PERMISSIONS = 0o600

# Pictures: private, outside of everything that is served as a file.
IMAGES_DIR = DATA_DIR / "images"
PICTURE_QUOTA_BYTES = _number("PICTURE_QUOTA_MB", 2_000, 1, 10_000_000) * 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# People.
AUTH_USER_MODEL = "chatapp.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "chatapp.accounts.passwords.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "chatapp.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "login": "chatapp.forms.people.SignInForm",
    "signup": "chatapp.forms.people.SignUpForm",
    "change_password": "chatapp.forms.people.PasswordChangeForm",
    "reset_password": "chatapp.forms.people.PasswordResetForm",
    "reset_password_from_key": "chatapp.forms.people.PasswordFromKeyForm",
}
# A key is an e-mail address; keys come first, so that attempts on one person do not use up those of a whole school.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "5/5m/key,10/m/ip",
    "signup": "60/h/ip",
    "reset_password": "5/h/key,20/h/ip",
    "setup": "10/m/ip",
    "leave": "5/5m/user",
}
# How many proxies of the operator's own stand before this server and add to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = _number("TRUSTED_PROXIES", 0, 0, 8)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme

# Mail: EMAIL_URL names a server; without one each mail is written to a file below DATA_DIR/mail.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _text("EMAIL_FROM") or f"{SITE_NAME} <ponder@{_public.hostname}>"
if _text("EMAIL_URL"):
    try:
        globals().update(environ.Env.email_url_config(_text("EMAIL_URL")))
    except Exception as wrong:
        raise ImproperlyConfigured(
            "EMAIL_URL is not understood. Example: smtp+tls://user:password@mail.example:587."
        ) from wrong
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

LANGUAGE_CODE = "en"
# There is one language as yet: looking up each of a page's words in an empty catalogue took a quarter of its time.
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# Older browsers do not count a socket to the same host as 'self'. A source with an IPv6 address is not valid at all.
_socket_origins = [origin.replace("http", "ws", 1) for origin in PUBLIC_ORIGINS if "[" not in origin]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_socket_origins],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["ponder"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "chatapp.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        "django.server": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
    },
}
