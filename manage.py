#!/usr/bin/env python
"""Ponder's command line. `manage.py serve` runs the site."""

import gc
import os
import sys

# So many new objects begin a collection of the young ones. Python's own 700 come about with every page, and looking
# through all that is loaded again and again takes a sixth of a start.
YOUNG_OBJECTS = 20_000


def main() -> int:
    gc.set_threshold(YOUNG_OBJECTS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        print(f"Ponder cannot start: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
