"""The settings of the tests: the site's own, in a fresh directory, with nothing taken from this machine."""

import atexit
import os
import shutil
import tempfile

_directory = tempfile.mkdtemp(prefix="ponder-tests-")
atexit.register(shutil.rmtree, _directory, ignore_errors=True)

for _name in (
    *("DEBUG", "HOST", "PORT", "PUBLIC_ORIGIN", "SITE_NAME", "SECRET_KEY", "SIGNUP", "DATABASE_URL", "REDIS_URL"),
    *("OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "MODEL", "THINK_TAGS", "UPSTREAM_LIMITS", "SIMULATOR_CONTROL"),
    *("EMAIL_URL", "EMAIL_FROM", "TRUSTED_PROXIES"),
):
    os.environ.pop(_name, None)
os.environ["PONDER_ENV_FILE"] = "none"
os.environ["DATA_DIR"] = _directory

from chatapp.settings import *  # noqa: E402, F403
from chatapp.settings import CACHES, DATABASES, STORAGES  # noqa: E402

# A real file, for tests with several threads and connections.
DATABASES["default"]["TEST"] = {"NAME": os.path.join(_directory, "test.sqlite3")}
# The slow hash is for real passwords.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files need not be collected to render a page.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Limits are counted in memory, and forgotten between tests; tests of the limits themselves may use the real ones.
CACHES["shared"] = CACHES["default"]
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
