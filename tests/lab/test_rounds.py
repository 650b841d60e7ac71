"""A few fixed rounds of mixed faults, on both servers and both transports; and that the rounds can fail at all."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.lab.people import Person
from tests.lab.processes import Upstream
from tests.lab.rounds import acts, invariants, plan, report, scripts, troubles
from tests.lab.rounds.plan import ReaderPlan, draw
from tests.lab.rounds.play import Outcome, play
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.scripts import DONE
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.transcripts import Attempt

ROUNDS = [("daphne", "aiohttp", 7, [3, 18]), ("uvicorn", "httpx", 7, [35])]


@pytest.mark.parametrize(("server", "transport", "seed", "numbers"), ROUNDS, ids=["daphne", "uvicorn"])
def test_nothing_is_lost_or_doubled(
    upstream: Upstream, founded: Path, server: str, transport: str, seed: int, numbers: list[int]
) -> None:
    with Stage(upstream, founded=founded, server=server, transport=transport) as stage:
        for number in numbers:
            outcome = play(stage, draw(seed, number, server=server, transport=transport))
            assert not outcome.violations, "\n".join([str(outcome.plan), *map(str, outcome.violations)])


def test_a_round_is_drawn_from_its_seed_and_number_alone() -> None:
    assert draw(5, 3) == draw(5, 3)
    assert len({str(draw(seed, number)) for seed in (5, 6) for number in range(20)}) == 40


def test_every_fault_comes_up_and_can_be_played() -> None:
    drawn = [draw(1, number) for number in range(1500)]
    faults = {fault for one in drawn for fault in Outcome(one).faults}
    assert {f"person: {name}" for name in plan.ACTS} | set(plan.TROUBLES) <= faults
    assert {f"upstream: `{scripts.name_of(way)}`" for way in scripts.BREAKS} <= faults
    assert plan.ACTS.keys() == acts.ACTS.keys()
    assert set(plan.ASKING) == acts.ASKING.keys()
    assert plan.TROUBLES.keys() == troubles.TROUBLES.keys()


@pytest.fixture
def attempt() -> Attempt:
    """A whole answer, as it is when nothing went wrong."""
    told = {"thinking": "<r000001>", "answer": "<a000001><a000002>"}
    usage = {"completion_tokens": 3}
    record = {"id": "gen-1", "state": "complete", "usage": usage, "tokens": {"thinking": 1, "answer": 2}, **told}
    parts = [
        {"position": 0, "kind": "thinking", "text": told["thinking"], "html": block("&lt;r000001&gt;")},
        {"position": 1, "kind": "text", "text": told["answer"], "html": block("&lt;a000001&gt;&lt;a000002&gt;")},
    ]
    whole = Attempt(
        generation="g", message="m", number=1, purpose="answer", state="done", reason="", is_settled=True, checksum="",
        question="", sent_at=0.0, parts=parts, calls=[{"upstream_id": "gen-1", "completion_tokens": 3, "usage": "{…}"}],
        journal_rows=0, records=[record],
    )  # fmt: skip
    return replace(whole, checksum=whole.sum())


def block(html: str) -> str:
    return f'<div class="block"><p>{html}</p></div>'


def reader_of(attempt: Attempt) -> Follower:
    """A reader that was sent all of it in one frame."""
    person = Person(SimpleNamespace(origin="http://127.0.0.1", port=1), "alice@example.com")
    reader = Follower(
        person,
        ReaderPlan(kind="fast", seed=0, guest=False),
        port=1,
        answer={"message": "m", "conversation": "c"},
        talk=SimpleNamespace(is_deleted=False),
    )
    parts = [{"position": part["position"], "kind": part["kind"], "html": part["html"]} for part in attempt.parts]
    frame = {"type": "progress", "attempt": attempt.generation, "revision": "1", "state": attempt.state, "parts": parts}
    reader.frames.append(frame | {"checksum": attempt.checksum})
    reader.apply(reader.frames[-1])
    return reader


def sentences(attempt: Attempt, reader: Follower) -> list[str]:
    """All that the invariants have to say."""
    return [
        *invariants.stored_is_what_upstream_said(attempt, mixes=False),
        *invariants.stored_is_sound(attempt),
        *invariants.ending_is_right(attempt, allowed={DONE}, told=[], readers=[reader]),
        *invariants.asked_once(attempt, most=1),
        *invariants.used_is_what_upstream_counted(attempt),
        *invariants.reader_holds_what_is_stored(reader, [attempt]),
        *invariants.reader_saw_only_prefixes(reader, attempt, is_plain=True),
        *invariants.reader_saw_nothing_else(reader, [attempt]),
    ]


def test_the_invariants_find_nothing_where_nothing_is(attempt: Attempt) -> None:
    assert sentences(attempt, reader_of(attempt)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "stopped"}, "was told"),
        ({"state": "failed", "reason": "upstream"}, "right were"),
        ({"is_settled": False}, "not over"),
        ({"journal_rows": 2}, "still in the journal"),
        ({"checksum": "another"}, "checksum another"),
        ({"records": []}, "no prefix"),
        ({"calls": []}, "0 calls are stored"),
    ],
)
def test_the_invariants_find_what_is_stored_wrongly(attempt: Attempt, change: dict[str, object], words: str) -> None:
    assert words in "\n".join(sentences(replace(attempt, **change), reader_of(attempt)))


def test_the_invariants_find_what_is_missing_doubled_or_shown_too_early(attempt: Attempt) -> None:
    short = replace(attempt, parts=[attempt.parts[0], attempt.parts[1] | {"text": "<a000001>"}])
    assert "9 characters of 18 are missing" in "\n".join(sentences(short, reader_of(attempt)))
    twice = replace(attempt, records=attempt.records * 2)
    assert "asked 2 times" in "\n".join(sentences(twice, reader_of(attempt)))
    reader = reader_of(attempt)
    reader.parts[1]["blocks"].append(block("more"))
    assert "part 1 differs" in "\n".join(sentences(attempt, reader))
    reader = reader_of(attempt)
    reader.moments += [{0: ("", "<p>&lt;r000002&gt;</p>")}, {2: ("", "x")}]
    found = "\n".join(sentences(attempt, reader))
    assert "frame 1, part 0, showed" in found
    assert "not stored: [2]" in found


def test_the_table_counts_rounds_violations_and_the_worst_recovery() -> None:
    one, two = Outcome(draw(1, 0)), Outcome(draw(1, 0))
    fault = one.plan.talks[0].faults[0]
    one.recovery[fault] = 2.5
    two.violations.append(invariants.Violation("I1", "talk 0", "something"))
    assert f"| {fault} | 2 | 1 | 2.5 s |" in report.table([one, two])
