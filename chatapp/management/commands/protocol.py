"""Write docs/protocol.md from events.py, or check that it is in step."""

import inspect
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatapp import events

INTRODUCTION = """# The socket's vocabulary

Made from `chatapp/events.py` by `manage.py protocol`; `make check` fails when the two differ.

The socket is at `/ws/`, on the site's own origin, for signed-in people only: another origin, host or no living session
is refused at the handshake with 403. Frames are JSON text, one object each, with its `type`. The socket only tells;
asking, stopping and choosing are POSTs (see [doors.md](doors.md)).

A browser sends `watch` once, then `hold` for each answer on its page that has not settled, saying how many closed
blocks of each part it holds. From then on the server sends what it lacks; a reconnect, a reload and a woken phone are
the same as the next token. At most 8 `progress` frames or 256,000 characters are unacknowledged at a time. Who can have
no socket asks `GET /c/<id>/progress/?holding=<JSON list of hold frames>` and gets `{"frames": [...]}` of the same kind.

Protocol version: %d.
"""

CLOSES = """
## Close codes

| code | when |
|---|---|
| 1012 | the server restarts: connect again in a moment |
| 4401 | signed out, here or elsewhere |
| 4404 | there is no socket at this path |
| 4408 | too many sockets of one person: the oldest gives way |
| 4429 | more commands than a person could mean |
"""


class Command(BaseCommand):
    """Keeps the description of the protocol true."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare")

    def handle(self, *args: Any, **options: Any) -> None:
        path, text = settings.BASE_DIR / "docs" / "protocol.md", described()
        if not options["check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError("docs/protocol.md is out of step with chatapp/events.py: run manage.py protocol")


def described() -> str:
    """The whole document."""
    sections = [
        INTRODUCTION % events.PROTOCOL,
        "\n## From the server\n",
        *(_frame(frame) for frame in events.SERVER_FRAMES),
        "\n### The parts of a `progress` frame\n\n",
        _body(events.PartFrame),
        "\n## From the browser\n",
        *(_frame(frame) for frame in events.BROWSER_FRAMES),
        CLOSES,
    ]
    return "".join(sections)


def _frame(frame: type[msgspec.Struct]) -> str:
    return f"\n### `{frame.__struct_config__.tag}`\n\n{_body(frame)}"


def _body(frame: type[msgspec.Struct]) -> str:
    text = f"{inspect.getdoc(frame)}\n"
    fields = msgspec.structs.fields(frame)
    if not fields:
        return text
    rows = "".join(
        f"| `{field.encode_name}` | {_type(field.type)} | {'yes' if field.required else 'absent when empty'} |\n"
        for field in fields
    )
    return f"{text}\n| field | type | always there |\n|---|---|---|\n{rows}"


def _type(kind: Any) -> str:
    shown = (
        getattr(kind, "__name__", str(kind)) if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    )
    return shown.replace("chatapp.events.", "").replace(" | ", " or ").replace("NoneType", "None")
