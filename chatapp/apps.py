"""The one app."""

from django.apps import AppConfig


class ChatappConfig(AppConfig):
    """Ponder's tables, checks and commands."""

    name = "chatapp"
    verbose_name = "Ponder"

    def ready(self) -> None:
        from chatapp import checks  # noqa: F401
