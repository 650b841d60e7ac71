"""The figures: what is measured, and what must come out."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.machine import Usage
from tests.bench.stage import Server

RATE, WAIT_MS = 50, 100
LIST_PAGE = 50
IDLE_PEOPLE, IDLE_SOCKETS = 100, 10
MOST_LAG_MS = 400
# Less than this of each stream, between the last beginning and the first end, says little about its cost.
LEAST_STEADY_TOKENS = 30

Value = float | None
Found = Iterator[tuple[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A line of the table. `must` and `aim` are bounds above, or below when `more` is better."""

    key: str
    name: str
    unit: str = ""
    digits: int = 0
    must: Value = None
    aim: Value = None
    more: bool = False

    def verdict(self, value: float) -> str:
        """Empty when the aim is reached or there is none; "·" when only what must be is; "✗" when not even that."""
        return "" if self._keeps(value, self.aim) else "·" if self._keeps(value, self.must) else "✗"

    def _keeps(self, value: float, bound: Value) -> bool:
        return bound is None or (value >= bound if self.more else value <= bound)


def _first(key: str, name: str, musts: tuple[float, float], aims: tuple[float, float]) -> list[Figure]:
    return [
        Figure(key=f"{key}.{share}", name=f"first token, {name}, {share}", unit="ms", digits=1, must=must, aim=aim)
        for share, must, aim in zip(("p50", "p99"), musts, aims, strict=True)
    ]


FIGURES = (
    Figure(key="cost.1", name="CPU per 1,000 tokens, 1 stream", unit="s", digits=3),
    Figure(key="cost.50", name="CPU per 1,000 tokens, 50 streams", unit="s", digits=3),
    Figure(key="cost.100", name="CPU per 1,000 tokens, 100 streams", unit="s", digits=3, must=0.12, aim=0.08),
    Figure(key="cost.frames", name="frames a second to each of 100 readers", digits=1),
    Figure(key="cost.200", name="CPU per 1,000 tokens, 200 streams", unit="s", digits=3),
    Figure(key="cost.whole", name="the same with question and settling, 100 × 600", unit="s", digits=3),
    *_first("first.1", "1 stream", (12, 40), (6, 15)),
    *_first("first.spread", "100 over 5 s", (40, 200), (15, 80)),
    *_first("first.burst", "100 at once", (400, 1000), (200, 500)),
    Figure(key="burst.failed", name="300 starts at once, failed", must=0, aim=0),
    *_first("burst", "300 at once", (float("inf"),) * 2, (float("inf"),) * 2),
    Figure(key="lag.streams", name="streams with p99 lag ≤ 400 ms, none lost", must=200, aim=400, more=True),
    Figure(key="lag.100", name="token lag, 100 streams, p99", unit="ms"),
    Figure(key="lag.200", name="token lag, 200 streams, p99", unit="ms"),
    Figure(key="fast", name="one unthrottled stream, tokens a second", must=20_000, aim=100_000, more=True),
    Figure(key="chats", name="whole chats a second, 20 at once", digits=1, must=60, aim=200, more=True),
    Figure(key="memory.idle", name="memory idle", unit="MB", digits=1, must=130, aim=110),
    Figure(key="memory.stream", name="memory a stream", unit="kB", must=200, aim=80),
    Figure(key="memory.socket", name="memory an idle socket", unit="kB", digits=1, must=60, aim=35),
    Figure(key="page.bytes", name="first page, bytes over the wire", unit="kB", digits=1, must=80, aim=40),
    Figure(key="page.requests", name="first page, requests", must=30, aim=15),
    Figure(key="eye.task", name="browser, longest task while 30 kB stream, CPU", unit="ms", must=50, aim=25),
    Figure(key="eye.busy", name="browser, share of its main thread meanwhile", unit="%", must=50, aim=25),
    Figure(key="eye.open", name="browser, longest task as 2,000 messages open, CPU", unit="ms", must=200, aim=100),
    Figure(key="lists.first", name="list of conversations, first page, CPU", unit="ms", digits=1, must=10, aim=4),
    Figure(key="lists.last", name="list of conversations, last page, CPU", unit="ms", digits=1, must=10, aim=4),
    Figure(key="lists.long", name="2,000 messages, first page, CPU", unit="ms", digits=1, must=40, aim=15),
    Figure(key="lists.home", name="home page, CPU", unit="ms", digits=1),
    Figure(key="lists.queries", name="queries of a page, at most", must=12, aim=12),
    Figure(key="lists.seeding", name="seeding the archive", unit="s", digits=1, must=120, aim=120),
    Figure(key="start", name="start to first /ready, warm", unit="s", digits=2, must=2, aim=1.2),
    Figure(key="bytes", name="bytes a token to the browser, 100 streams", must=90, aim=45),
    Figure(key="bytes.1", name="bytes a token to the browser, 1 stream"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    tokens: int = 600
    streams: tuple[int, ...] = (1, 50, 100, 200)
    many: int = 100
    burst: int = 300
    capacity: tuple[int, ...] = (100, 200, 300, 400)
    fast: int = 40_000
    seconds: float = 8.0
    pages: int = 30
    starts: int = 3
    seen: int = 8_000


FULL = Size()
QUICK = Size(
    tokens=150,
    streams=(1, 100),
    many=50,
    burst=100,
    capacity=(100, 200),
    fast=10_000,
    seconds=2.0,
    pages=5,
    starts=1,
    seen=600,
)


def start(server: Server, size: Size) -> Found:
    yield "start", statistics.median(server.restart_seconds() for _ in range(size.starts))


def memory(server: Server, size: Size) -> Found:
    server.crowd("chats", people=1, tokens=100, seconds=0.1)
    idle = Usage.of(server.child.pid).memory
    yield "memory.idle", idle / 1e6
    count = server.crowd("connect", people=IDLE_PEOPLE, sockets=IDLE_SOCKETS)["sockets"]
    yield "memory.socket", (Usage.of(server.child.pid).memory - idle) / count / 1e3
    server.crowd("disconnect")
    idle = Usage.of(server.child.pid).memory
    seen = server.crowd("stream", people=size.many, tokens=size.tokens, rate=RATE, wait=WAIT_MS, spread=1.0)
    yield "memory.stream", max(0.0, seen["steady"]["memory"] - idle) / size.many / 1e3


def cost(server: Server, size: Size) -> Found:
    for people in size.streams:
        seen = server.crowd("stream", people=people, tokens=size.tokens, rate=RATE, wait=WAIT_MS, spread=1.0)
        _complain(server, seen)
        yield from _steady(server, people, seen["steady"])
        if people == 1:
            yield "bytes.1", seen["bytes"] / max(1, seen["tokens"])
        if people == 100:
            yield "cost.whole", seen["cpu"] / max(1, seen["tokens"]) * 1000
            yield "bytes", seen["bytes"] / max(1, seen["tokens"])


def _steady(server: Server, people: int, seen: dict[str, float]) -> Found:
    """What was used while all streams ran."""
    if seen["tokens"] < people * LEAST_STEADY_TOKENS:
        server.notes.append(f"{server.name}: {people} streams never ran all at once for long: no cost is told")
        return
    yield f"cost.{people}", seen["cpu"] / seen["tokens"] * 1000
    if people == 100:
        yield "cost.frames", seen["frames"] / seen["seconds"] / people


def first(server: Server, size: Size) -> Found:
    alone = server.crowd("chats", people=1, tokens=5, rate=RATE, wait=WAIT_MS, seconds=size.seconds)
    spread = server.crowd("stream", people=size.many, tokens=size.tokens // 2, rate=RATE, wait=WAIT_MS, spread=5.0)
    burst = server.crowd("stream", people=size.many, tokens=size.tokens // 3, rate=RATE, wait=WAIT_MS)
    for key, seen in (("first.1", alone), ("first.spread", spread), ("first.burst", burst)):
        _complain(server, seen)
        yield f"{key}.p50", seen["first"][0]
        yield f"{key}.p99", seen["first"][1]


def burst(server: Server, size: Size) -> Found:
    seen = server.crowd("stream", people=size.burst, tokens=size.tokens // 3, rate=RATE, wait=WAIT_MS)
    _complain(server, seen)
    yield "burst.failed", seen["failed"]
    yield "burst.p50", seen["first"][0]
    yield "burst.p99", seen["first"][1]


def lag(server: Server, size: Size) -> Found:
    good = 0
    for people in size.capacity:
        seen = server.crowd("stream", people=people, tokens=size.tokens, rate=RATE, wait=WAIT_MS, spread=5.0)
        _complain(server, seen)
        yield f"lag.{people}", seen["lag"][1]
        if seen["failed"] or seen["lag"][1] > MOST_LAG_MS:
            break
        good = people
    yield "lag.streams", good


def fast(server: Server, size: Size) -> Found:
    seen = server.crowd("stream", people=1, tokens=size.fast, rate=0, wait=0)
    _complain(server, seen)
    yield "fast", seen["tokens"] / seen["last"] if seen["last"] else None


def chats(server: Server, size: Size) -> Found:
    seen = server.crowd("chats", people=20, tokens=20, seconds=size.seconds)
    _complain(server, seen)
    yield "chats", (seen["asked"] - seen["failed"]) / seen["seconds"]


def page(server: Server, size: Size) -> Found:
    seen = server.first_page()
    if seen:
        yield "page.bytes", seen["bytes"] / 1e3
        yield "page.requests", seen["requests"]


def eye(server: Server, size: Size) -> Found:
    for key, value in server.eye(size.seen).items():
        yield f"eye.{key}", value


def lists(server: Server, size: Size) -> Found:
    paths = {"lists.first": "/conversations/", "lists.home": "/"}
    if count := server.archive.get("conversations"):
        paths |= {"lists.last": f"/conversations/?page={-(-count // LIST_PAGE)}", "lists.long": server.archive["long"]}
        yield "lists.queries", max(server.archive["queries"].values())
        yield "lists.seeding", server.archive["seconds"]
    for key, path in paths.items():
        yield key, server.crowd("get", path=path, times=size.pages)["cpu_ms"]


# The start comes first, since it ends what ran before.
GROUPS: dict[str, Callable[[Server, Size], Found]] = {
    group.__name__: group for group in (start, memory, cost, first, burst, lag, fast, chats, page, eye, lists)
}
SITE_ONLY = {"start", "page", "eye", "lists", "chats"}


def _complain(server: Server, seen: dict[str, list[str]]) -> None:
    for failure in seen["failures"]:
        server.notes.append(f"{server.name}: {seen['failed']} of {seen['asked']} failed: {failure}")
