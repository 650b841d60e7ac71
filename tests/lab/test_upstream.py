"""Upstream is silent, slow, talks rubbish, has no end or cannot be reached: each has its ending, in time and in words,
with the whole text kept, no more asked than is right, and the process no bigger for it."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.lab.conftest import LONG, serving
from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Site, Upstream, free_port, memory_mb

LIMITS = {
    "connect_seconds": 6,
    "first_byte_seconds": 6,
    "first_delta_seconds": 10,
    "idle_bytes_seconds": 6,
    "between_deltas_seconds": 10,
    "whole_seconds": 20,
    "line_bytes": 1_200_000,
    "event_bytes": 1_500_000,
    "body_bytes": 4_000_000,
    "retry_after_seconds": 5,
}
MOST_GROWTH_MB = 60
# (script, state, reason, tokens that must be kept or None, words that the person reads, button, requests)
FAULTS: list[tuple[str, str, str, int | None, str, str, int]] = [
    # It says no before the stream: asked again only where that can help, and no sooner than it wants.
    ("error 400", "failed", "refused", 0, "did not accept", "Try again", 1),
    ("error 408", "failed", "timeout", 0, "took too long", "Try again", 3),
    ("error 422", "failed", "refused", 0, "did not accept", "Try again", 1),
    ("error 429, retry-after 1", "failed", "busy", 0, "busy", "Try again", 3),
    ("error 429, retry-after 300", "failed", "busy", 0, "busy", "Try again", 1),
    ("error 429 daily", "failed", "busy", 0, "tomorrow", "Try again", 1),
    ("error 500", "failed", "upstream", 0, "problem", "Try again", 2),
    ("error 502", "failed", "upstream", 0, "problem", "Try again", 3),
    ("error 503", "failed", "busy", 0, "busy", "Try again", 3),
    ("error 504", "failed", "timeout", 0, "took too long", "Try again", 3),
    ("error 529", "failed", "busy", 0, "busy", "Try again", 3),
    ("error 429, retry-after 2, fail 1 times then ok, tokens 10", "done", "", 10, "", "Regenerate", 2),
    ("error 503, fail 2 times then ok, tokens 10", "done", "", 10, "", "Regenerate", 3),
    ("html 502", "failed", "upstream", 0, "problem", "Try again", 3),
    ("json 200", "failed", "upstream", 0, "", "Try again", 3),
    ("empty 200", "failed", "empty", 0, "without an answer", "Try again", 2),
    ("drop", "interrupted", "cut", 0, "connection to the model broke", "Try again", 1),
    # It says no inside the stream: never asked again.
    ("error 429 after 12, tokens 40", "failed", "busy", 12, "busy", "Try again", 1),
    ("error 502 after 12, tokens 40, shape empty-choices", "failed", "upstream", 12, "problem", "Try again", 1),
    ("error 502 after 12, tokens 40, shape string", "failed", "upstream", 12, "problem", "Try again", 1),
    ("error 502 after 12, tokens 40, error-done", "failed", "upstream", 12, "problem", "Try again", 1),
    # It hangs.
    ("delay 100", "failed", "timeout", 0, "took too long", "Try again", 1),
    ("silent", "failed", "timeout", 0, "took too long", "Try again", 1),
    ("wait 100", "failed", "timeout", 0, "took too long", "Try again", 1),
    ("hang after 50, tokens 100, rate 100", "failed", "timeout", 50, "took too long", "Try again", 1),
    ("wait 100 after 20, tokens 100", "failed", "timeout", 20, "took too long", "Try again", 1),
    ("hang at 3000, tokens 100", "failed", "timeout", None, "took too long", "Try again", 1),
    ("bytes 1 every 0.5, tokens 20", "failed", "timeout", 0, "took too long", "Try again", 1),
    ("tokens 100000, no-limit, rate 20", "failed", "timeout", None, "took too long", "Try again", 1),
    # It breaks off.
    ("cut-in-json after 12, tokens 40", "interrupted", "cut", 12, "connection to the model broke", "Try again", 1),
    ("cut-in-character after 12, tokens 40", "interrupted", "cut", 12, "connection to the model broke", "Try again", 1),
    ("cut at 3000, tokens 100", "interrupted", "cut", None, "connection to the model broke", "Try again", 1),
    ("reset at 3000, tokens 100", "interrupted", "cut", None, "connection to the model broke", "Try again", 1),
    # It talks in its own way, or rubbish.
    ("garbage 20, tokens 200", "failed", "upstream", None, "makes no sense", "Try again", 1),
    ("bom, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("cr, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("no-space, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("multi-line, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("details-only, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("plain-reasoning, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("no-usage, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("usage null-finish, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("bytes 1, tokens 20", "done", "", 20, "", "Regenerate", 1),
    ("rate 2, tokens 20", "done", "", 20, "", "Regenerate", 1),
    # It has no end.
    ("line 1000000", "done", "", None, "", "Regenerate", 1),
    ("line 3000000", "failed", "upstream", 0, "makes no sense", "Try again", 1),
    ("endless", "failed", "upstream", 0, "makes no sense", "Try again", 1),
    ("endless after 20, tokens 100", "failed", "upstream", 20, "makes no sense", "Try again", 1),
    ("gzip-bomb", "failed", "upstream", 0, "makes no sense", "Try again", 1),
    ("answer 400000, no-limit, rate 0", "length", "size", None, "limit for the size", "Regenerate", 1),
]


@pytest.fixture(scope="module", params=["aiohttp", pytest.param("httpx", marks=LONG)])
def impatient(
    request: pytest.FixtureRequest,
    start_site: Callable[..., Site],
    founded: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Person]:
    """The founder of a site that bears less of upstream than usual, on either transport."""
    settings = {"UPSTREAM_LIMITS": json.dumps(LIMITS), "UPSTREAM_TRANSPORT": request.param}
    with serving(start_site, founded, tmp_path_factory, **settings) as person:
        yield person
        assert "Traceback" not in person.site.output
        assert "Exception in callback" not in person.site.output


@pytest.fixture(scope="module")
def asked(impatient: Person) -> dict[str, tuple[str, dict[str, Any]]]:
    """All questions, put at once, since most of their time is waiting: (mark, ids) by script."""
    marks = {row[0]: uuid4().hex for row in FAULTS}
    return {script: (mark, impatient.asks(f"{mark} simulate: {script}")) for script, mark in marks.items()}


@pytest.mark.parametrize(
    ("script", "state", "reason", "kept", "words", "button", "requests"), FAULTS, ids=[row[0] for row in FAULTS]
)
def test_the_fault_ends_the_answer_in_time_and_in_words(
    impatient: Person,
    upstream: Upstream,
    asked: dict[str, tuple[str, dict[str, Any]]],
    script: str,
    state: str,
    reason: str,
    kept: int | None,
    words: str,
    button: str,
    requests: int,
) -> None:
    mark, posted = asked[script]
    message = impatient.ended(posted["message"])
    assert (message["state"], message["reason"]) == (state, reason)
    assert words in message["sentence"]
    thinking, answer = text_of(message, "thinking"), text_of(message, "text")
    if kept is not None:
        assert (thinking + answer).count("<") == kept
    assert "\ufffd" not in thinking + answer
    truths = upstream.asked(mark)
    assert len(truths) == requests
    assert truths[-1]["thinking"].startswith(thinking)
    assert truths[-1]["answer"].startswith(answer)
    page = impatient.http.get(f"/c/{posted['conversation']}/").text
    assert f">{button}<" in page
    assert message["sentence"] in page.replace("&#x27;", "'")


def test_endless_lines_and_bombs_take_no_room(impatient: Person, asked: dict[str, tuple[str, dict[str, Any]]]) -> None:
    for _, posted in asked.values():
        impatient.ended(posted["message"])
    process = impatient.site.child.pid
    before = memory_mb(process)
    scripts = ["endless", "gzip-bomb", "endless after 20, tokens 40", "answer 400000, no-limit, rate 0"] * 2
    most = before
    for posted in [impatient.asks(f"simulate: {script}") for script in scripts]:
        while impatient.message(posted["message"])["state"] in {"queued", "waiting", "thinking", "answering"}:
            most = max(most, memory_mb(process))
    assert most - before < MOST_GROWTH_MB


async def test_while_upstream_only_keeps_the_line_open_the_reader_is_told_what_is_waited_for(impatient: Person) -> None:
    posted = await asyncio.to_thread(impatient.asks, "simulate: wait 100")
    reader = Reader(impatient)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"])
    words = [frame["word"] for frame in reader.frames if frame["type"] == "progress" and not frame.get("outcome")]
    assert set(words) == {"Waiting for the model"}
    assert reader.state == "failed"
    assert "took too long" in reader.outcome


def test_an_upstream_that_is_not_there_is_said_so(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing listens, and a port that takes no connection: two sites at once."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    # They fill the queue of a listener that accepts nothing: further connections are left without an answer.
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())

    def ending(port: int) -> dict[str, Any]:
        settings = {
            "OPENROUTER_BASE_URL": f"http://127.0.0.1:{port}/api/v1",
            "OPENROUTER_API_KEY": "key",
            "UPSTREAM_LIMITS": json.dumps(LIMITS),
        }
        with serving(Site, founded, tmp_path_factory, **settings) as person:
            message = person.ended(person.asks("Anybody?")["message"])
            assert "Traceback" not in person.site.output
            return message

    with ThreadPoolExecutor(2) as threads, closing(full):
        for message in threads.map(ending, (free_port(), full.getsockname()[1])):
            assert (message["state"], message["reason"]) == ("failed", "unreachable")
            assert "could not be reached" in message["sentence"]
            # Twice the limit for connecting is promised; a noisy machine gets more.
            assert message["times"]["ended_ms"] < 10_000 * LIMITS["connect_seconds"]
            assert message["usage"] is None
    for one in waiting:
        one.close()
