"""Remove pictures that were not sent for a day, and files that no row knows. The site does so each hour."""

from typing import Any

from django.core.management.base import BaseCommand

from chatapp import fittings


class Command(BaseCommand):
    """Sweeps once."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{fittings.sweeper().once()} pictures removed.")
