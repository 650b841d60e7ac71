"""Fills a data folder for the benchmark: people with sessions, and for the first of them a large archive.

A process of its own, with the site's settings. Rows go in by thousands; their HTML comes from a few answers rendered
once by the site's renderer.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, islice
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import Max, OuterRef, Subquery  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from chatapp import rendering, statics  # noqa: E402
from chatapp.generation.settle import checksum  # noqa: E402
from chatapp.models import Call, Conversation, Generation, Message, Part, User  # noqa: E402
from chatapp.words import PartKind, Role, State  # noqa: E402
from tests.bench import text  # noqa: E402

PEOPLE = 500
LONG_MESSAGES = 2_000
BATCH = 2_000
TOKENS = (40, 120, 200, 300, 500)
TIMELINE = [[600 + 50 * step, 12 * step] for step in range(40)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer as it is stored: both texts, their HTML, the checksum."""

    thinking: str
    answer: str
    thinking_html: str
    answer_html: str
    checksum: str

    @classmethod
    def of(cls, tokens: int) -> "Prepared":
        said = text.texts(tokens, [text.stamp(place, 0) for place in range(len(text.marks(tokens)))])
        html = [rendering.join(rendering.render(part)) for part in said]
        return cls(said[0], said[1], str(html[0]), str(html[1]), checksum(said))


def make_people(count: int) -> list[str]:
    """People who are signed in; gives their session keys."""
    names = [f"person{number}@example.com" for number in range(count)]
    User.objects.bulk_create([User(email=name, password="!") for name in names], ignore_conflicts=True)
    keys = []
    with transaction.atomic():
        for user in User.objects.filter(email__in=names).order_by("id"):
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            keys.append(str(session.session_key))
    return keys


@transaction.atomic
def fill(owner: User, sizes: Sequence[int]) -> None:
    """Conversations of so many messages each, the last one the newest."""
    prepared = [Prepared.of(tokens) for tokens in TOKENS]
    now = timezone.now()
    ages = [timedelta(minutes=30 * (len(sizes) - place)) for place in range(len(sizes))]
    conversations = [
        Conversation(
            owner=owner, title=f"Question number {place} about the sky", created_at=now - age, active_at=now - age
        )
        for place, age in enumerate(ages)
    ]
    _store(Conversation, conversations)
    # Keys are given here: turns name their neighbours by them.
    first = (Message.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    starts = accumulate(sizes, initial=first)
    messages = [
        turn
        for conversation, size, start in zip(conversations, sizes, starts, strict=False)
        for turn in _turns(conversation, size, start)
    ]
    _store(Message, messages)
    Conversation.objects.filter(pk__in=[talk.pk for talk in conversations]).update(
        leaf=Subquery(Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk").values("pk")[:1])
    )
    answers = [message for message in messages if message.role == Role.ASSISTANT]
    generations = [_generation(message, prepared[message.pk % len(prepared)]) for message in answers]
    _store(Generation, generations)
    _store(Part, (part for message in messages if message.role == Role.USER for part in _asked(message)))
    _store(
        Part,
        (part for attempt in generations for part in _answered(attempt, prepared[attempt.message_id % len(prepared)])),
    )
    _store(Call, (_call(attempt) for attempt in generations))


def _turns(conversation: Conversation, size: int, start: int) -> Iterator[Message]:
    for depth in range(size):
        yield Message(
            pk=start + depth,
            conversation=conversation,
            owner=conversation.owner,
            parent_id=start + depth - 1 if depth else None,
            chosen_id=start + depth + 1 if depth < size - 1 else None,
            depth=depth,
            role=Role.USER if depth % 2 == 0 else Role.ASSISTANT,
            created_at=conversation.created_at,
        )


def _generation(message: Message, said: Prepared) -> Generation:
    return Generation(
        conversation_id=message.conversation_id,
        message=message,
        number=1,
        state=State.DONE,
        revision=1,
        claimed_ms=5,
        first_thinking_ms=600,
        first_answer_ms=6_000,
        ended_ms=9_000,
        settled_at=message.created_at,
        sent_at=message.created_at,
        heartbeat=message.created_at,
        checksum=said.checksum,
    )


def _asked(message: Message) -> Iterator[Part]:
    question = f"Why is the sky blue, asked for the time number {message.pk}?"
    yield Part(message=message, position=0, kind=PartKind.TEXT, text=question, settled=True)


def _answered(attempt: Generation, said: Prepared) -> Iterator[Part]:
    common: dict[str, Any] = {
        "message_id": attempt.message_id,
        "generation": attempt,
        "settled": True,
        "renderer": rendering.VERSION,
        "timeline": TIMELINE,
    }
    thinking = {"kind": PartKind.THINKING, "text": said.thinking, "html": said.thinking_html}
    answer = {"kind": PartKind.TEXT, "text": said.answer, "html": said.answer_html}
    yield Part(position=0, started_ms=600, ended_ms=6_000, **thinking, **common)
    yield Part(position=1, started_ms=6_000, ended_ms=9_000, **answer, **common)


def _call(attempt: Generation) -> Call:
    return Call(
        generation=attempt,
        upstream_id=f"gen-{attempt.pk}",
        model="qwen/qwen3-vl-8b-thinking",
        provider="Alibaba",
        finish_reason="stop",
        prompt_tokens=40,
        completion_tokens=300,
        reasoning_tokens=180,
        cost="0.0004",
        usage={"prompt_tokens": 40, "completion_tokens": 300},
    )


def _store(model: Any, rows: Iterable[Any]) -> None:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        model.objects.bulk_create(batch)


def most_queries(session: str, paths: Sequence[str]) -> dict[str, int]:
    """How many queries each of these pages does for the first person."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["session"] = session
    counts = {}
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, path
        counts[path] = len(queries)
    return counts


def timed(verb: Callable[[], object]) -> float:
    began = time.monotonic()
    verb()
    return time.monotonic() - began


def main() -> None:
    """Make what is asked for; say the sessions, the long conversation, and how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--conversations", type=int, default=0)
    parser.add_argument("--messages", type=int, default=0)
    options = parser.parse_args()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    statics.collect()
    sessions = make_people(options.people)
    owner = User.objects.get(email="person0@example.com")
    told: dict[str, Any] = {"sessions": sessions}
    if options.conversations:
        long = min(LONG_MESSAGES, options.messages // 4)
        each = max(2, (options.messages - long) // max(1, options.conversations - 1) // 2 * 2)
        told["seconds"] = timed(lambda: fill(owner, [each] * (options.conversations - 1) + [long]))
        talks = Conversation.objects.visible_to(owner).recent()
        told |= {"messages": Message.objects.count(), "conversations": len(talks), "long": f"/c/{talks[0].public_id}/"}
        told["queries"] = most_queries(sessions[0], ["/", "/conversations/", told["long"], f"/c/{talks[1].public_id}/"])
    # Or the server's first commit would carry over a log of all of it.
    connection.close()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
