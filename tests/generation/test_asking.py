"""What upstream is asked: on which thread it is put together, and what is said of what it leaves out."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chatapp.fittings import compose
from chatapp.generation.draft import Draft
from chatapp.generation.engine import LONG_CHARS, Engine
from chatapp.generation.facts import FactBook
from chatapp.generation.history import Job, Picture, Said, take_up
from chatapp.generation.journal import JournalWriter
from chatapp.words import Role
from tests.generation.test_runner import Upstream, asked, until

pytestmark = pytest.mark.django_db(transaction=True)


async def ask_upstream(*turns: Said) -> tuple[Draft, dict[str, Any], threading.Thread]:
    """(the answer's draft, the body that was sent, the thread that composed it)"""
    composed: list[tuple[dict[str, Any], threading.Thread]] = []

    def watched(job: Job, turns: Sequence[Said]) -> dict[str, Any]:
        composed.append((compose(job, turns), threading.current_thread()))
        return composed[0][0]

    upstream = Upstream()
    engine = Engine(
        owner="us",
        upstream=upstream,
        compose=watched,
        journal=JournalWriter(owner="us", ring=lambda drafts: None),
        settle=lambda generation_id: True,
        ring=lambda generation_id: None,
        facts=FactBook(model="any", ask=None),
    )
    generation = await asked()
    job = await sync_to_async(take_up)(generation.pk, "us")
    assert job
    task = asyncio.create_task(engine.run(generation.pk, replace(job, turns=turns)))
    upstream.words.put_nowait("Well")
    await until(upstream.words.empty)
    draft = engine.drafts[generation.pk]
    draft.lost = True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return draft, *composed[0]


async def test_a_short_conversation_is_composed_without_a_way_to_another_thread() -> None:
    draft, body, thread = await ask_upstream(Said(Role.USER, "one?"), Said(Role.USER, "x" * (LONG_CHARS - 4)))
    assert thread is threading.current_thread()
    assert draft.notice == ""
    assert body["messages"] == [{"role": "user", "content": "one?\n\n" + "x" * (LONG_CHARS - 4)}]


async def test_a_long_conversation_holds_up_nobody_while_it_is_composed() -> None:
    draft, body, thread = await ask_upstream(Said(Role.USER, "one?"), Said(Role.USER, "x" * (LONG_CHARS - 3)))
    assert thread is not threading.current_thread()
    assert draft.notice == ""
    assert body["messages"] == [{"role": "user", "content": "one?\n\n" + "x" * (LONG_CHARS - 3)}]


async def test_pictures_are_read_on_another_thread() -> None:
    gone = Picture("a" * 32, "image/png", 100, 100)
    _, body, thread = await ask_upstream(Said(Role.USER, "one?", (gone,)))
    assert thread is not threading.current_thread()
    assert body["messages"] == [{"role": "user", "content": "one?"}]


async def test_each_question_that_failed_and_no_longer_fits_is_counted() -> None:
    failed = [Said(Role.USER, f"{number} " + "x" * 187_000) for number in range(60)]
    draft, body, thread = await ask_upstream(*failed, Said(Role.USER, "and now?"))
    assert thread is not threading.current_thread()
    assert draft.notice.startswith("58 earlier messages were left out")
    assert body["messages"] == [
        {"role": "user", "content": "\n\n".join([failed[58].text, failed[59].text, "and now?"])}
    ]
