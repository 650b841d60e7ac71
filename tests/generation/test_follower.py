"""Followers and holdings: whatever a reader holds, it is brought up to date by exactly what it lacks."""

import random

import pytest
from django.utils import timezone

from chatapp import rendering
from chatapp.events import Progress
from chatapp.generation.draft import PartState, Row, Standing
from chatapp.generation.follower import Earlier, Follower, Reading, SettledPart
from chatapp.generation.holding import Holding
from chatapp.generation.worry import Patience
from chatapp.words import PartKind, State

TEXT = """# A heading

Some *text* with 👩‍👩‍👧 and **bold**, then a list:

- one
- two

```python
print("hello")
```

| a | b |
|---|---|
| 1 | 2 |

The end, 结束。"""


class Source:
    """An attempt as a follower reads it, grown by the test."""

    def __init__(self, kinds: list[PartKind], *, number: int = 1, first: int = 0) -> None:
        self.number, self.first = number, first
        self.kinds, self.rows, self.state = kinds, [], State.THINKING
        self.revision, self.settled, self.texts = 0, False, [""] * len(kinds)
        self.html: dict[int, str] = {}
        self.sent_at = timezone.now()

    def write(self, position: int, text: str) -> None:
        self.rows.append(Row(len(self.rows) + 1, self.first + position, text, 0))
        self.texts[position] += text

    def settle(self) -> None:
        self.settled, self.state, self.revision = True, State.DONE, self.revision + 1
        self.html = {self.first + p: str(rendering.join(rendering.render(t))) for p, t in enumerate(self.texts)}

    def read(self, _: int, after: int) -> Reading:
        standing = Standing(
            number=self.number,
            state=self.state,
            reason="",
            revision=self.revision,
            sent_at=self.sent_at,
            ended_ms=10 if self.settled else None,
            notice="",
            parts=tuple(
                PartState(position=self.first + p, kind=kind, started_ms=0, ended_ms=5 if self.settled else None)
                for p, kind in enumerate(self.kinds)
                if self.texts[p]
            ),
            settled=self.settled,
        )
        return Reading(standing, () if self.settled else tuple(self.rows[after:]), self.html)


class Browser:
    """What a browser makes of frames: blocks and a tail for each part."""

    def __init__(self) -> None:
        self.parts: dict[int, tuple[list[str], str]] = {}
        self.tails: dict[int, bytes] = {}
        self.revision = ""

    def apply(self, frame: Progress | None) -> None:
        if frame is None:
            return
        self.revision = frame.revision
        for part in frame.parts:
            if part.whole:
                continue
            blocks, _ = self.parts.get(part.position, ([], ""))
            assert part.since <= len(blocks)
            tail = ""
            if part.tail is not None:
                # tail_keep counts UTF-16 units, as a browser does.
                old = self.tails.get(part.position, b"")
                tail = (old[: part.tail_keep * 2] + part.tail.encode("utf-16-le")).decode("utf-16-le")
                self.tails[part.position] = tail.encode("utf-16-le")
            else:
                self.tails.pop(part.position, None)
            self.parts[part.position] = (blocks[: part.since] + split(part.html), tail)

    def html(self, position: int) -> str:
        blocks, tail = self.parts[position]
        return "".join(blocks) + (f'<div class="tail">{tail}</div>' if tail else "")


def split(html: str) -> list[str]:
    found = html.split('<div class="block">')[1:]
    return ['<div class="block">' + block for block in found]


def follow(source: Source, earlier: Earlier | None = None, **patience: float) -> Follower:
    return Follower(
        1,
        message="m",
        attempt="a",
        read=source.read,
        read_earlier=lambda _: earlier,
        renderer=rendering.Incremental,
        wrap=rendering.wrap,
        version=rendering.VERSION,
        patience=Patience(**patience),
    )


def grown(source: Source, seed: int):
    """Writes TEXT to all parts in random pieces; yields after each."""
    rng = random.Random(seed)
    for position in range(len(source.kinds)):
        at = 0
        while at < len(TEXT):
            step = rng.randint(1, 25)
            source.write(position, TEXT[at : at + step])
            at += step
            yield


@pytest.mark.parametrize("seed", range(8))
def test_readers_of_every_pace_end_with_the_same(seed: int) -> None:
    rng = random.Random(seed)
    source = Source([PartKind.THINKING, PartKind.TEXT])
    follower = follow(source)
    readers = [(Browser(), Holding(), pace) for pace in (1.0, 0.5, 0.1)]
    for _ in grown(source, seed):
        follower.update()
        for browser, holding, pace in readers:
            if rng.random() < pace:
                browser.apply(holding.lacking(follower))
                for position, (blocks, tail) in browser.parts.items():
                    part = follower.parts[position]
                    assert "".join(blocks) == "".join(map(rendering.wrap, part.blocks))
                    assert tail == part.tail
    source.settle()
    follower.update()
    for browser, holding, _ in readers:
        browser.apply(holding.lacking(follower))
        assert [browser.html(p) for p in (0, 1)] == [source.html[0], source.html[1]]
        assert holding.lacking(follower) is None


@pytest.mark.parametrize("seed", range(8))
def test_a_reader_may_leave_and_come_back_at_any_time(seed: int) -> None:
    rng = random.Random(seed)
    source = Source([PartKind.THINKING, PartKind.TEXT])
    follower, browser, holding = follow(source), Browser(), Holding()
    for _ in grown(source, seed):
        if rng.random() < 0.2:
            # Another process: a follower that starts late; the browser says what it holds.
            follower = follow(source)
        follower.update()
        if rng.random() < 0.3:
            browser.tails.clear()
            held = {p: len(blocks) for p, (blocks, _) in browser.parts.items()}
            holding = Holding(revision=browser.revision, blocks=held)
        if rng.random() < 0.5:
            browser.apply(holding.lacking(follower))
    source.settle()
    late = follow(source)
    late.update()
    held = {p: len(blocks) for p, (blocks, _) in browser.parts.items()}
    browser.apply(Holding(revision=browser.revision, blocks=held).lacking(late))
    assert [browser.html(p) for p in (0, 1)] == [source.html[0], source.html[1]]


def test_settling_sends_only_what_the_growing_text_did_not_show() -> None:
    source = Source([PartKind.TEXT])
    follower, holding = follow(source), Holding()
    for _ in grown(source, 1):
        follower.update()
        holding.lacking(follower)
    closed = len(follower.parts[0].blocks)
    source.settle()
    follower.update()
    frame = holding.lacking(follower)
    assert frame is not None
    assert frame.settled
    assert frame.parts[0].since == closed
    assert frame.parts[0].html.count('<div class="block">') == 1
    assert frame.parts[0].tail is None


def test_another_lineage_is_sent_whole() -> None:
    source = Source([PartKind.TEXT])
    follower = follow(source)
    for _ in grown(source, 2):
        pass
    follower.update()
    frame = Holding(revision="9.9.9", blocks={0: 3}).lacking(follower)
    assert frame is not None
    assert frame.parts[0].since == 0


def test_relabelling_sends_everything_anew() -> None:
    source = Source([PartKind.THINKING])
    follower, holding = follow(source), Holding()
    for _ in grown(source, 3):
        follower.update()
        holding.lacking(follower)
    source.kinds, source.revision = [PartKind.TEXT], 1
    follower.update()
    frame = holding.lacking(follower)
    assert frame is not None
    assert (frame.parts[0].kind, frame.parts[0].since) == ("text", 0)
    assert frame.parts[0].html.count('<div class="block">') == len(follower.parts[0].blocks)


def test_a_browser_that_claims_more_than_there_is_gets_what_there_is() -> None:
    source = Source([PartKind.TEXT])
    follower = follow(source)
    source.write(0, "one\n\ntwo\n\nthree")
    follower.update()
    frame = Holding(revision=follower.revision, blocks={0: 1_000}).lacking(follower)
    assert frame is not None
    assert frame.parts[0].since == len(follower.parts[0].blocks)


def test_nothing_lacking_is_no_frame() -> None:
    source = Source([PartKind.TEXT])
    follower, holding = follow(source), Holding()
    source.write(0, "hello")
    follower.update()
    assert holding.lacking(follower) is not None
    assert holding.lacking(follower) is None


def test_the_pane_folds_when_the_answer_begins() -> None:
    source = Source([PartKind.THINKING, PartKind.TEXT])
    follower, holding = follow(source), Holding()
    source.write(0, "hm")
    follower.update()
    frame = holding.lacking(follower)
    assert frame is not None
    assert (frame.parts[0].label, frame.parts[0].folded) == ("Thinking", False)
    source.write(1, "so")
    follower.update()
    frame = holding.lacking(follower)
    assert frame is not None
    assert frame.parts[0].folded


# --- further attempts at the same message


def earlier_of(source: Source) -> Earlier:
    """What a settled attempt wrote, as the next one finds it."""
    parts = source.read(0, 0).standing.parts
    return Earlier(
        number=source.number,
        revision=source.revision,
        parts=tuple(SettledPart(part, source.html[part.position]) for part in parts),
    )


def ended(seed: int) -> Source:
    source = Source([PartKind.THINKING, PartKind.TEXT])
    for _ in grown(source, seed):
        pass
    source.settle()
    return source


@pytest.mark.parametrize("seed", range(12))
def test_a_reader_from_anywhere_ends_with_all_attempts(seed: int) -> None:
    """It may have left while the first attempt grew, after it settled, or while the second grew; or it is new."""
    rng = random.Random(seed)
    browser = Browser()
    first = Source([PartKind.THINKING, PartKind.TEXT])
    leaves_at = rng.random() if seed % 3 == 0 else 1.0
    follower, holding = follow(first), Holding()
    for _ in grown(first, seed):
        follower.update()
        if rng.random() < leaves_at:
            browser.apply(holding.lacking(follower))
    first.settle()
    follower.update()
    if seed % 3 == 1:
        browser.apply(holding.lacking(follower))
    second = Source([PartKind.THINKING, PartKind.TEXT], number=2, first=2)
    for _ in grown(second, seed + 1):
        if rng.random() < 0.1:
            follower = follow(second, earlier_of(first))
            held = {p: len(blocks) for p, (blocks, _) in browser.parts.items()}
            browser.tails.clear()
            follower.update()
            browser.apply(Holding(revision=browser.revision, blocks=held).lacking(follower))
    second.settle()
    last = follow(second, earlier_of(first))
    last.update()
    held = {p: len(blocks) for p, (blocks, _) in browser.parts.items()}
    browser.apply(Holding(revision=browser.revision, blocks=held).lacking(last))
    assert [browser.html(p) for p in range(4)] == [*first.html.values(), *second.html.values()]


def test_what_was_settled_before_is_not_sent_again() -> None:
    first = ended(1)
    before, browser = follow(first), Browser()
    before.update()
    browser.apply(Holding().lacking(before))
    second = Source([PartKind.TEXT], number=2, first=2)
    second.write(0, "and on")
    follower = follow(second, earlier_of(first))
    follower.update()
    held = {p: len(blocks) for p, (blocks, _) in browser.parts.items()}
    frame = Holding(revision=browser.revision, blocks=held).lacking(follower)
    assert frame is not None
    assert {part.position: part.whole for part in frame.parts} == {0: True, 2: False}


def test_a_page_that_holds_the_settled_answer_is_sent_no_text() -> None:
    source = ended(2)
    follower = follow(source)
    follower.update()
    frame = Holding(revision=follower.revision, blocks={0: 9, 1: 9}).lacking(follower)
    assert frame is not None
    assert [part.whole for part in frame.parts] == [True]


def test_a_second_thought_does_not_fold_for_the_answer_before_it() -> None:
    second = Source([PartKind.THINKING], number=2, first=2)
    second.write(0, "hm, again")
    follower = follow(second, earlier_of(ended(3)))
    follower.update()
    frame = Holding().lacking(follower)
    assert frame is not None
    assert {part.position: part.folded for part in frame.parts if part.kind == "thinking"} == {0: True, 2: False}


def test_a_message_deleted_between_two_looks_is_gone() -> None:
    second = Source([PartKind.TEXT], number=2, first=2)
    follower = follow(second, None)
    follower.update()
    assert follower.is_gone


def test_a_long_thought_is_noticed_and_an_answer_is_not() -> None:
    source = Source([PartKind.THINKING, PartKind.TEXT])
    follower = follow(source, tokens=20, seconds=10_000)
    source.write(0, "Let me see. ")
    follower.update()
    assert not follower.is_long
    source.write(0, "There are many ways to look at this, and each wants its own word. " * 2)
    follower.update()
    assert follower.is_long
    source.state = State.ANSWERING
    source.write(1, "So.")
    follower.update()
    assert not follower.is_long
