"""Two transactions on PostgreSQL, one of which waits for the other: each case by its name, in a process of its own."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
import psycopg

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from chatapp.accounts import leave  # noqa: E402
from chatapp.generation.runner import beat  # noqa: E402
from chatapp.generation.settle import settle  # noqa: E402
from chatapp.models import Conversation, Generation, Image, Part, User  # noqa: E402
from chatapp.models.asked import Asked  # noqa: E402
from chatapp.models.image import UnknownPicture  # noqa: E402
from chatapp.words import State  # noqa: E402
from tests.lab.processes import wait_for  # noqa: E402
from tests.views.conftest import picture_of, talk_of  # noqa: E402

PATIENCE_SECONDS = 60


def in_turn(first: Callable[[], Any], words: str, second: Callable[[], Any]) -> tuple[Any, Any]:
    """Do the first until after its statement with these words; begin the second, until it waits for a lock of the
    first; let both go on. Gives what they gave; a deadlock raises."""
    with ThreadPoolExecutor(1) as thread:
        begun: list[Future[Any]] = []

        def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            done = execute(sql, params, many, context)
            if words in sql and not begun:
                begun.append(thread.submit(_alone, second))
                wait_for(lambda: begun[0].done() or _somebody_waits(), what="the second to wait")
                assert not begun[0].done(), "the second did not wait"
            return done

        with connection.execute_wrapper(wrapper):
            given = first()
        return given, begun[0].result(PATIENCE_SECONDS)


def _alone(verb: Callable[[], Any]) -> Any:
    try:
        return verb()
    finally:
        connection.close()


def _somebody_waits() -> bool:
    database = settings.DATABASES["default"]
    where = {"host": database["HOST"], "port": database["PORT"], "user": database["USER"], "dbname": database["NAME"]}
    with psycopg.connect(**where) as looking:
        found = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
    return bool(found and found[0])


def a_conversation_is_purged_while_an_answer_of_it_settles(alice: User) -> None:
    generation = running(alice)
    Generation.objects.filter(pk=generation.pk).update(state=State.DONE, ended_ms=9)
    settled, _ = in_turn(
        lambda: settle(generation.pk, render=lambda text: text, renderer=1),
        'UPDATE "chatapp_generation"',
        Conversation.objects.get(pk=generation.conversation_id).purge,
    )
    assert settled
    assert not Conversation.objects.filter(pk=generation.conversation_id).exists()


def hearts_beat_while_answers_are_written(alice: User) -> None:
    """The journal locks its attempts by key, so the beat must; here the index that it reads has them the other way."""
    first, second = running(alice), running(alice)
    Generation.objects.filter(pk=first.pk).update(heartbeat=timezone.now() + timedelta(hours=1))
    both = [first.pk, second.pk]

    def write_one_by_one() -> None:
        with transaction.atomic():
            for pk in both:
                list(Generation.objects.select_for_update().filter(pk=pk))

    in_turn(write_one_by_one, "FOR UPDATE", lambda: beat(both, "somebody"))


def a_picture_is_sent_while_it_is_swept(alice: User) -> None:
    image = stale_picture(alice)
    posted, gone = in_turn(lambda: ask(alice, image), 'INSERT INTO "chatapp_generation"', Image.objects.stale().forget)
    assert gone == []
    assert Part.objects.get(image=image).message == posted.question


def a_picture_is_swept_while_it_is_sent(alice: User) -> None:
    image = stale_picture(alice)

    def ask_late() -> bool:
        with suppress(UnknownPicture):
            ask(alice, image)
            return True
        return False

    gone, asked = in_turn(Image.objects.stale().forget, "FOR UPDATE", ask_late)
    assert gone == [image.stored_as]
    assert not asked


def a_picture_is_taken_again_while_it_is_swept(alice: User) -> None:
    image = stale_picture(alice)
    gone, again = in_turn(Image.objects.stale().forget, "FOR UPDATE", lambda: picture_of(alice))
    assert gone == [image.stored_as]
    assert again.stored_as != image.stored_as
    assert Image.objects.get(owner=alice) == again


def a_person_leaves_while_they_ask(alice: User) -> None:
    def leave_and_look() -> list[Generation]:
        leave(User.objects.get(pk=alice.pk))
        return list(Generation.objects.running().filter(conversation__owner=alice))

    posted, seen = in_turn(lambda: ask(alice), "FOR UPDATE", leave_and_look)
    assert seen == [posted.generation]


def a_person_asks_while_they_leave(alice: User) -> None:
    def ask_late() -> bool:
        with suppress(User.DoesNotExist):
            ask(alice)
            return True
        return False

    _, asked = in_turn(lambda: leave(User.objects.get(pk=alice.pk)), 'UPDATE "chatapp_user"', ask_late)
    assert not asked
    assert not Conversation.objects.filter(owner=alice).exists()


def running(alice: User) -> Generation:
    found: Generation = Generation.objects.get(public_id=talk_of(alice, settled=False).generation)
    return found


def stale_picture(alice: User) -> Image:
    image = picture_of(alice)
    Image.objects.filter(pk=image.pk).update(used_at=timezone.now() - timedelta(days=2))
    return image


def ask(alice: User, *images: Image) -> Any:
    keys = tuple(image.public_id for image in images)
    return Conversation.begin(Asked(text="Why?", client_id=uuid4(), parameters={}, images=keys), owner=alice)


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    globals()[sys.argv[1]](User.objects.create_user(f"{uuid4()}@example.com", "a long password"))
