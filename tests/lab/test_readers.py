"""Readers who are slow, asleep, cut off, or who say nonsense about what they hold: each ends with the same text, none
costs the others or the site anything."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
import websockets

from tests.lab.conftest import LONG
from tests.lab.people import JSON, Person, Reader, text_of
from tests.lab.processes import Process, memory_mb, wait_for
from tests.lab.proxy import Proxy

MOST_GROWTH_MB = 60
ENDLESS = "thinking 300, answer 100000, no-limit, rate 300"
NONSENSE = {"0": 2**53 - 1, "1": 10**9, "-1": 3, "²": 1, "": 1, "7": 0, "9" * 5_000: 1, "1e3": 2, " 1": 5}


@pytest.fixture
def proxy(alice: Person) -> Iterator[Proxy]:
    with Proxy(alice.site.port) as found:
        yield found


class SlowReader(Reader):
    """Takes one frame a second through a small buffer."""

    async def next(self) -> dict[str, object]:
        await asyncio.sleep(1)
        return await super().next()


async def test_a_slow_reader_gets_fewer_frames_and_costs_nobody_anything(
    alice: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    before = memory_mb(alice.site.child.pid)
    posted = alice.asks("simulate: thinking 10, answer 4000, rate 400, no-limit")
    fast, slow = Reader(alice), SlowReader(alice, buffer_bytes=8_192)
    lags: list[float] = []

    async def read(reader: Reader) -> None:
        async with reader.connected():
            await reader.reads(posted["conversation"], posted["message"])

    async def measure() -> None:
        other = Reader(alice)
        async with other.connected():
            while not fast.settled:
                asked_at = time.monotonic()
                await other.send(type="ping")
                await other.receive("pong")
                lags.append(time.monotonic() - asked_at)
                await asyncio.sleep(0.1)

    await asyncio.gather(read(fast), read(slow), measure())
    message = await asyncio.to_thread(alice.ended, posted["message"])
    for reader in (fast, slow):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    growth = memory_mb(alice.site.child.pid) - before
    p95 = sorted(lags)[int(len(lags) * 0.95)]
    with capsys.disabled():
        print(f"\nfast {len(fast.samples)} frames, slow {len(slow.samples)}; +{growth} MB; p95 lag {p95 * 1000:.0f} ms")
    assert len(slow.samples) < len(fast.samples)
    assert growth < MOST_GROWTH_MB
    # 300 ms are promised; a noisy machine gets more.
    assert p95 < 3


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=LONG)])
def test_a_reader_that_was_asleep_wakes_to_the_whole_answer(alice: Person, seconds: int) -> None:
    """Asleep until the answer has ended; for a minute, so that the site has given the socket up."""
    posted = alice.asks("simulate: tokens 900, rate 150")
    command = [sys.executable, "-m", "tests.lab.away", alice.site.origin, alice.cookies]
    reader = Process([*command, posted["conversation"], posted["message"]], dict(os.environ))
    wait_for(lambda: len(reader.lines) > 5, what="some frames")
    reader.child.send_signal(signal.SIGSTOP)
    message = alice.ended(posted["message"])
    # How long it sleeps is the fault itself.
    time.sleep(seconds)
    reader.child.send_signal(signal.SIGCONT)
    told = json.loads(reader.line_with('"samples"'))
    assert reader.child.wait(60) == 0
    reader.end()
    replayed = Reader(alice)
    replayed.samples = [tuple(sample) for sample in told["samples"]]
    truth = ("".join(text_of(message, kind).split()) for kind in ("thinking", "text"))
    assert replayed.samples[-1] == tuple(truth)
    for shown, whole in ((sample, replayed.samples[-1]) for sample in replayed.samples):
        assert whole[0].startswith(shown[0])
        assert whole[1].startswith(shown[1])
    assert told["connections"] == (2 if seconds else 1)


async def test_a_line_that_stands_still_for_ten_seconds_goes_on(alice: Person, proxy: Proxy) -> None:
    posted = alice.asks(f"simulate: {ENDLESS}")
    here, there = Reader(alice), Reader(alice, port=proxy.port)
    async with here.connected(), there.connected():
        await there.reads(posted["conversation"], posted["message"], frames=5)
        proxy.is_held = True
        began = time.monotonic()
        await here.reads(posted["conversation"], posted["message"], frames=1)
        while time.monotonic() < began + 10:
            await here.receive("progress")
        ahead = len(here.text("text"))
        proxy.is_held = False
        while len(there.text("text")) < ahead:
            await there.receive("progress")
        await asyncio.to_thread(alice.stops, posted["generation"])
        for reader in (here, there):
            while not reader.settled:
                await reader.receive("progress")
    message = alice.ended(posted["message"])
    for reader in (here, there):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))


async def test_a_line_that_is_up_three_seconds_and_down_two_brings_everything(alice: Person, proxy: Proxy) -> None:
    posted = alice.asks(f"simulate: {ENDLESS}")
    reader, tries = Reader(alice, port=proxy.port), 0

    async def flap() -> None:
        for _ in range(4):
            await asyncio.sleep(3)
            proxy.cut_after = 0
            proxy.reset()
            await asyncio.sleep(2)
            proxy.cut_after = None
        await asyncio.to_thread(alice.stops, posted["generation"])

    flapping = asyncio.create_task(flap())
    while not reader.settled:
        tries += 1
        with suppress(OSError, websockets.WebSocketException, EOFError):
            async with reader.connected():
                await reader.reads(posted["conversation"], posted["message"])
        await asyncio.sleep(0.2)
    await flapping
    assert tries >= 5
    message = alice.ended(posted["message"])
    assert message["state"] == "stopped"
    reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    assert "Traceback" not in alice.site.output


@pytest.mark.parametrize("revision", ["", "1.0.1", "999.9.9", "1.-1.1", "x" * 5_000, "\x00\u2028"])
async def test_nonsense_about_what_is_held_hurts_nobody(alice: Person, revision: str) -> None:
    posted = alice.asks("simulate: tokens 300, rate 300")
    here, liar = Reader(alice), Reader(alice)
    async with here.connected(), liar.connected():
        await liar.send(type="watch", conversation=posted["conversation"])
        await liar.receive("watching")
        await liar.send(type="hold", message=posted["message"], revision=revision, parts=NONSENSE)
        await liar.ignores("progress")
        # Then it says the truth, which is that it holds nothing, and is told everything.
        await liar.holds(posted["message"])
        await liar.send(type="ping")
        await liar.ignores("pong")
        while not liar.settled:
            await liar.receive("progress")
        await here.reads(posted["conversation"], posted["message"])
    message = alice.ended(posted["message"])
    for reader in (here, liar):
        reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
    assert "Traceback" not in alice.site.output


def test_nonsense_in_a_poll_is_answered_all_the_same(alice: Person) -> None:
    posted = alice.asks("simulate: tokens 20")
    alice.ended(posted["message"])
    path = f"/c/{posted['conversation']}/progress/"
    for revision in ("", "999.9.9"):
        hold = {"type": "hold", "message": posted["message"], "revision": revision, "parts": NONSENSE}
        for message in (posted["message"], posted["question"], str(uuid4()), "nonsense"):
            holding = json.dumps([hold | {"message": message}])
            reply = alice.http.get(path, params={"holding": holding}, headers=JSON)
            assert reply.status_code == 200
            kinds = [frame["type"] for frame in reply.json()["frames"]]
            assert kinds == ["watching", "progress"] if message == posted["message"] else ["watching"]
    assert alice.http.get(path, params={"holding": '[{"parts": {"0": -1}}]'}, headers=JSON).status_code == 400
    assert "Traceback" not in alice.site.output
