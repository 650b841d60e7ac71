"""The one app."""

from django.apps import AppConfig


class ChatappConfig(AppConfig):
    """Ponder's tables, checks and commands."""

    name = "chatapp"
    verbose_name = "Ponder"

    def ready(self) -> None:
        # Checks and the signals that end sessions are connected by being imported, in every command too.
        from chatapp import accounts, checks  # noqa: F401
