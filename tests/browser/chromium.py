"""Where the system's Chromium is, and how it is started."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Fewer processes: starting them is what most of the time goes to.
    "--disable-extensions",
    "--process-per-site",
]


def find() -> str | None:
    """The path of the first that is installed, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
