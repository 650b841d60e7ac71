"""Plays a round on a stage, and has everything looked at afterwards."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.lab.people import Person
from tests.lab.processes import wait_for
from tests.lab.rounds import machine, transcripts
from tests.lab.rounds.acts import live
from tests.lab.rounds.invariants import Violation
from tests.lab.rounds.looks import Looks
from tests.lab.rounds.plan import Plan
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.talk import Talk
from tests.lab.rounds.troubles import TROUBLES, befall

# All of a round, with the longest trouble and a machine that has other work.
ROUND_SECONDS = 200.0
WELL_WITHIN_SECONDS = 25.0


@dataclass(slots=True)
class Outcome:
    """What came of a round: violations, and the seconds that each fault's harm took to be over, by its name."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    recovery: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def faults(self) -> set[str]:
        """The faults of the round by their names in the table."""
        return {*self.common, *(fault for talk in self.plan.talks for fault in talk.faults)}

    @property
    def common(self) -> set[str]:
        """Those that befell all talks."""
        sides = {f"server: {self.plan.server}", f"transport: {self.plan.transport}"}
        return sides | {trouble.name for trouble in self.plan.troubles}


def play(stage: Stage, plan: Plan) -> Outcome:
    """One round, from signing up to the last look."""
    outcome, began = Outcome(plan), time.monotonic()
    try:
        asyncio.run(_play(stage, outcome))
    except Exception as wrong:
        outcome.violations.append(Violation("I0", "the round itself", f"{type(wrong).__name__}: {wrong}"))
    finally:
        stage.line.mend()
        stage.wire.mend()
    outcome.seconds = time.monotonic() - began
    return outcome


async def _play(stage: Stage, outcome: Outcome) -> None:
    plan = outcome.plan
    stage.upstream.forget()
    processes, lines = len(stage.sites) - 1, len(stage.site.lines)
    host, talks = await asyncio.to_thread(_gather_people, stage, plan)
    looks = Looks(stage, plan, talks)
    try:
        over_at = await _together(looks, talks, stage, plan)
        await asyncio.to_thread(wait_for, lambda: _is_quiet(stage), what="upstream's connections to close")
        records = transcripts.asked(stage.upstream)
        await looks.look(host, records)
        allowed = "|".join(filter(None, (TROUBLES[trouble.name].log for trouble in plan.troubles)))
        looks.note("I8", "log", machine.errors(stage.sites[processes:], lines, allowed))
        for talk in talks:
            _time(looks, outcome, talk, _last_cause(talk, records, over_at))
    finally:
        for person in (host, *(talk.guest for talk in talks)):
            person.close()
        outcome.violations += looks.violations
    outcome.violations += [Violation("I7", "process", said) for said in await asyncio.to_thread(machine.at_rest, stage)]
    del stage.sites[:-1]


def _gather_people(stage: Stage, plan: Plan) -> tuple[Person, list[Talk]]:
    """One person, with a session for all talks and one more for each."""
    email = f"{plan.seed}-{plan.number}-{time.time_ns()}@example.com"
    host, talks = Person(stage.site, email, port=stage.line.port).signs_up(), []
    for talk in plan.talks:
        guest = Person(stage.site, email, port=stage.line.port).signs_in()
        mark = f"{plan.seed}-{plan.number}-{talk.number}"
        talks.append(Talk(stage, talk, host=host, guest=guest, mark=mark))
    return host, talks


async def _together(looks: Looks, talks: list[Talk], stage: Stage, plan: Plan) -> float:
    """Play all talks and troubles at once; gives when the last trouble was over."""
    troubles = [asyncio.create_task(befall(stage, trouble)) for trouble in plan.troubles]
    living = [asyncio.create_task(live(talk)) for talk in talks]
    over: list[float] = []
    try:
        async with asyncio.timeout(ROUND_SECONDS):
            over = await asyncio.gather(*troubles)
            for talk, end in zip(talks, await asyncio.gather(*living, return_exceptions=True), strict=True):
                looks.note("I0", f"talk {talk.plan.number}", [f"{type(end).__name__}: {end}"] if end else [])
    except TimeoutError:
        left = [
            f"{r.kind} reader: {r.state} after {len(r.samples)} frames" for t in talks for r in t.readers if not r.left
        ]
        looks.note("I4", "the round", [f"not over after {ROUND_SECONDS:.0f} s: {', '.join(left)}"])
    finally:
        for talk in talks:
            talk.cancel()
    return max(over, default=0.0)


def _is_quiet(stage: Stage) -> bool:
    return all(record["state"] != "open" for record in transcripts.asked(stage.upstream))


def _last_cause(talk: Talk, records: list[dict[str, object]], over_at: float) -> float:
    """When the last thing happened that this talk had to recover from, or that ended an answer of it."""
    ends = [float(str(r["ended_at"])) for r in records if r["ended_at"] and talk.mark in str(r["body"])]
    return max([over_at, *talk.done_at, *ends])


def _time(looks: Looks, outcome: Outcome, talk: Talk, cause: float) -> None:
    """How long after its last cause everything was well, for each fault; slow readers take the time they want."""
    took = [talk.settled_at - cause] if talk.settled_at else []
    took += [
        reader.left_at - max(cause, reader.since) for reader in talk.readers if reader.left_at and reader.kind != "slow"
    ]
    worst = max(0.0, *took) if took else 0.0
    within = max([WELL_WITHIN_SECONDS, *(TROUBLES[t.name].within_seconds for t in outcome.plan.troubles)])
    if worst > within:
        looks.note("I4", f"talk {talk.plan.number}", [f"well only {worst:.1f} s after the last cause"])
    for fault in {*talk.plan.faults, *outcome.common}:
        outcome.recovery[fault] = max(worst, outcome.recovery.get(fault, 0.0))
