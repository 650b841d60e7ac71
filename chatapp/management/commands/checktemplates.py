"""Compile every template, so that a mistake in one that is rarely shown is found before a person finds it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template


class Command(BaseCommand):
    """Compiles the templates."""

    help = __doc__
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.ASSETS_DIR / "templates")
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        wrong = [f"{name}: {problem}" for name in names if (problem := self._problem(name))]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(names)} templates compile.")

    def _problem(self, name: str) -> str:
        try:
            get_template(name)
        except (TemplateSyntaxError, UnicodeDecodeError) as wrong:
            return str(wrong)
        return ""
