"""Ask one question from the terminal: proves key and network."""

import asyncio
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp import wiring
from chatapp.openrouter import events
from chatapp.openrouter.errors import UpstreamError
from chatapp.openrouter.parameters import Parameters
from chatapp.openrouter.request import TextPart, Turn, build
from chatapp.words import Role


class Command(BaseCommand):
    """Streams the thinking to standard error and the answer to standard output."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(_ask(" ".join(options["question"])))
        except UpstreamError as wrong:
            raise CommandError(f"{wrong.public} ({wrong})") from wrong


async def _ask(question: str) -> None:
    async with wiring.upstream() as (client, model):
        turns = [Turn(role=Role.USER, parts=(TextPart(question),))]
        body = build(model=model, turns=turns, parameters=Parameters())
        async with client.stream(body) as batches:
            async for batch in batches:
                for event in batch:
                    _show(event)
    print()  # noqa: T201


def _show(event: events.Event) -> None:
    match event:
        case events.Thinking(text):
            print(text, end="", flush=True, file=sys.stderr)  # noqa: T201
        case events.Answer(text):
            print(text, end="", flush=True)  # noqa: T201
        case events.Retrying(error, after):
            print(f"[asking again in {after:.0f} s: {error.public}]", file=sys.stderr)  # noqa: T201
        case events.Usage():
            spent = f"{event.completion_tokens} tokens, ${event.cost or 0}"
            print(f"\n[{spent}]", file=sys.stderr)  # noqa: T201
        case events.Problem(error):
            raise error
