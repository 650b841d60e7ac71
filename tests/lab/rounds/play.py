"""Plays a round on a stage, and looks at everything afterwards."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.lab.people import Person
from tests.lab.processes import Site, wait_for
from tests.lab.rounds import invariants, transcripts
from tests.lab.rounds.acts import live
from tests.lab.rounds.invariants import Violation
from tests.lab.rounds.plan import Plan, ReaderPlan
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.scripts import DONE, Ending
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.talk import Talk
from tests.lab.rounds.transcripts import Attempt
from tests.lab.rounds.troubles import TROUBLES, befall

# All of a round, with the longest trouble and a machine that has other work.
ROUND_SECONDS = 200.0
ERRORS = re.compile(r" (ERROR|CRITICAL) |Traceback|Warning: |was destroyed|never retrieved|never awaited|Exception ")
BEGINS = re.compile(r"\d{4}-\d\d-\d\d |[A-Z]+: ")
STOPPED: Ending = ("stopped", "person")
# Of attempts that have no script of the plan's.
OTHERS_END: set[Ending] = {DONE, ("length", "tokens")}


@dataclass(slots=True)
class Outcome:
    """What came of a round: violations, and the seconds that each fault's harm took to be over, by its name."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    recovery: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def faults(self) -> set[str]:
        names = {f"server: {self.plan.server}", f"transport: {self.plan.transport}"}
        names |= {fault for talk in self.plan.talks for fault in talk.faults}
        return names | {trouble.name for trouble in self.plan.troubles}


def play(stage: Stage, plan: Plan) -> Outcome:
    """One round, from signing up to the last look."""
    outcome, began = Outcome(plan), time.monotonic()
    try:
        asyncio.run(_Round(stage, plan, outcome).run())
    except Exception as wrong:
        outcome.violations.append(Violation("I0", "the round itself", f"{type(wrong).__name__}: {wrong}"))
    finally:
        stage.line.mend()
        stage.wire.mend()
    outcome.seconds = time.monotonic() - began
    return outcome


class _Round:
    def __init__(self, stage: Stage, plan: Plan, outcome: Outcome) -> None:
        self._stage, self._plan, self._outcome = stage, plan, outcome
        self._talks: list[Talk] = []
        self._email = f"{plan.seed}-{plan.number}-{time.time_ns()}@example.com"

    async def run(self) -> None:
        stage, plan = self._stage, self._plan
        stage.upstream.forget()
        first, lines = len(stage.sites) - 1, len(stage.site.lines)
        host = await asyncio.to_thread(self._person)
        for talk in plan.talks:
            guest = await asyncio.to_thread(Person(stage.site, self._email, port=stage.line.port).signs_in)
            mark = f"{plan.seed}-{plan.number}-{talk.number}"
            self._talks.append(Talk(stage, talk, host=host, guest=guest, mark=mark))
        over_at = await self._together()
        try:
            await self._look(host, over_at)
            self._note("I8", "log", _errors(stage.sites[first:], lines, self._allowed_lines()))
        finally:
            for person in (host, *(talk.guest for talk in self._talks)):
                person.close()
        self._note("I7", "process", await asyncio.to_thread(_at_rest, stage))
        del stage.sites[:-1]

    def _person(self) -> Person:
        return Person(self._stage.site, self._email, port=self._stage.line.port).signs_up()

    async def _together(self) -> float:
        """Play all talks and troubles at once; gives when the last trouble was over."""
        troubles = [asyncio.create_task(befall(self._stage, trouble)) for trouble in self._plan.troubles]
        talks = [asyncio.create_task(live(talk)) for talk in self._talks]
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                over = await asyncio.gather(*troubles)
                for talk, end in zip(self._talks, await asyncio.gather(*talks, return_exceptions=True), strict=True):
                    if end is not None:
                        self._note("I0", f"talk {talk.plan.number}", [f"{type(end).__name__}: {end}"])
        except TimeoutError:
            self._note("I4", "the round", [f"not over after {ROUND_SECONDS:.0f} s: {self._left()}"])
            over = []
        finally:
            for talk in self._talks:
                talk.cancel()
        return max(over, default=0.0)

    def _left(self) -> str:
        readers = [reader for talk in self._talks for reader in talk.readers if not reader.left]
        return ", ".join([*(f"{r.kind} reader in state {r.state!r} after {len(r.samples)} frames" for r in readers)])

    async def _look(self, host: Person, over_at: float) -> None:
        stage = self._stage
        await asyncio.to_thread(wait_for, self._upstream_is_quiet, what="upstream's connections to close")
        records = transcripts.asked(stage.upstream)
        attempts = transcripts.stored(stage.data, self._email)
        left = transcripts.join(attempts, records)
        for talk in self._talks:
            mine = [attempt for attempt in attempts if attempt.question.startswith(f"{talk.mark} ")]
            self._look_at_talk(talk, mine)
            self._time(talk, [r for r in records if talk.mark in str(r["body"])], over_at)
            if not talk.is_deleted:
                await self._look_again(talk, host, mine)
        self._look_at_strays(left)
        self._note("I1", "database", [said for said in [transcripts.is_sound(stage.data)] if said != "ok"])

    def _upstream_is_quiet(self) -> bool:
        return all(record["state"] != "open" for record in transcripts.asked(self._stage.upstream))

    def _look_at_strays(self, records: Iterable[dict[str, object]]) -> None:
        deleted = [talk.mark for talk in self._talks if talk.is_deleted]
        strays = [r["script"] for r in records if not any(f"{mark} " in str(r["body"]) for mark in deleted)]
        self._note("I5", "upstream", [f"asked what nobody stored: {script}" for script in strays])

    def _look_at_talk(self, talk: Talk, attempts: list[Attempt]) -> None:
        number = talk.plan.number
        if talk.is_deleted:
            self._note("I5", f"talk {number}", [f"deleted, and {len(attempts)} attempts are stored"] * bool(attempts))
            return
        promised, kept = [a["generation"] for a in talk.attempts], [a.generation for a in attempts]
        if sorted(promised) != sorted(kept):
            self._note("I5", f"talk {number}", [f"{len(promised)} attempts were promised, {len(kept)} are stored"])
        for place, message in enumerate(dict.fromkeys(attempt.message for attempt in attempts)):
            where = f"talk {number} answer {place}"
            readers = [reader for reader in talk.readers if reader.message == message]
            together = [attempt for attempt in attempts if attempt.message == message]
            for attempt in together:
                self._look_at_attempt(talk, attempt, readers, f"{where} attempt {attempt.number}")
            for reader in readers:
                self._look_at_reader(talk, reader, together, f"{where}, {reader.kind} reader")

    def _look_at_attempt(self, talk: Talk, attempt: Attempt, readers: list[Follower], where: str) -> None:
        script = talk.plan.script
        is_scripted, is_plain = talk.is_scripted(attempt), talk.is_plain(attempt)
        told = talk.told.get(attempt.generation, set())
        may_be_stopped = told & {STOPPED} or attempt.generation in talk.may_be_stopped
        allowed = {*(script.endings if is_scripted else OTHERS_END), *self._allowed_endings()}
        allowed |= {STOPPED} if may_be_stopped else set()
        mixes = is_scripted and script.mixes
        self._note("I1", where, invariants.stored_is_what_upstream_said(attempt, mixes=mixes))
        self._note("I4", where, invariants.stored_is_sound(attempt))
        self._note("I4", where, invariants.ending_is_right(attempt, allowed=allowed, told=told, readers=readers))
        self._note("I5", where, invariants.asked_once(attempt, most=script.requests if is_scripted else 1))
        self._note("I6", where, invariants.used_is_what_upstream_counted(attempt))
        for reader in readers:
            seen = invariants.reader_saw_only_prefixes(reader, attempt, is_plain=is_plain)
            self._note("I3", f"{where}, {reader.kind} reader", seen)

    def _look_at_reader(self, talk: Talk, reader: Follower, attempts: list[Attempt], where: str) -> None:
        self._note("I3", where, invariants.reader_saw_nothing_else(reader, attempts))
        if reader.left == "settled":
            self._note("I2", where, invariants.reader_holds_what_is_stored(reader, attempts))
        elif not (reader.left == "signed out" and reader.is_guest and talk.signed_out_at):
            self._note("I2", where, [f"never had the whole answer: {reader.left or 'still waiting'}"])

    async def _look_again(self, talk: Talk, host: Person, attempts: list[Attempt]) -> None:
        """Whoever comes now, by a socket or by polling, gets the same."""
        for message in dict.fromkeys(attempt.message for attempt in attempts):
            together = [attempt for attempt in attempts if attempt.message == message]
            ids = {"message": message, "conversation": talk.attempts[0]["conversation"]}
            where = f"talk {talk.plan.number}, whoever comes afterwards"
            for kind in ("fast", "polling"):
                plan = ReaderPlan(kind=kind, seed=0, guest=False)
                late = Follower(host, plan, port=self._stage.port, answer=ids, talk=talk)
                await asyncio.wait_for(late.follow(), 60)
                self._note("I9", where, invariants.reader_holds_what_is_stored(late, together))
            found = await asyncio.to_thread(host.message, message)
            told = [(part["kind"], part["text"]) for part in found["parts"]]
            if told != [(part["kind"], part["text"]) for attempt in together for part in attempt.parts]:
                self._note("I9", where, ["the door for scripts says something else"])

    def _time(self, talk: Talk, records: list[dict[str, object]], over_at: float) -> None:
        """How long after its last cause everything was well, for each fault; slow readers take the time they want."""
        ends = [float(str(record["ended_at"])) for record in records if record["ended_at"]]
        cause = max([over_at, *talk.done_at, *ends])
        took = [talk.settled_at - cause] if talk.settled_at else []
        took += [r.left_at - max(cause, r.since) for r in talk.readers if r.left_at and r.kind != "slow"]
        worst = max(0.0, *took) if took else 0.0
        within = max([25.0, *(TROUBLES[trouble.name].within_seconds for trouble in self._plan.troubles)])
        if worst > within:
            self._note("I4", f"talk {talk.plan.number}", [f"well only {worst:.1f} s after the last cause"])
        for fault in (*talk.plan.faults, *(t.name for t in self._plan.troubles), *self._sides()):
            self._outcome.recovery[fault] = max(worst, self._outcome.recovery.get(fault, 0.0))

    def _sides(self) -> tuple[str, str]:
        return f"server: {self._plan.server}", f"transport: {self._plan.transport}"

    def _allowed_endings(self) -> set[Ending]:
        return {ending for trouble in self._plan.troubles for ending in TROUBLES[trouble.name].endings}

    def _allowed_lines(self) -> str:
        return "|".join(filter(None, (TROUBLES[trouble.name].log for trouble in self._plan.troubles)))

    def _note(self, name: str, where: str, sentences: Iterable[str]) -> None:
        self._outcome.violations += [Violation(name, where, sentence) for sentence in sentences]


def _errors(sites: list[Site], lines: int, allowed: str) -> Iterator[str]:
    """Entries of the logs that tell of errors; of the first process those from `lines` on."""
    for number, site in enumerate(sites):
        for entry in _entries(list(site.lines)[0 if number else lines :]):
            if ERRORS.search(entry) and not (allowed and re.search(allowed, entry)):
                yield entry
        if number < len(sites) - 1 and site.child.returncode not in {0, -9, -15}:
            yield f"the process that left ended with {site.child.returncode}"


def _entries(lines: Iterable[str]) -> list[str]:
    """Lines with the traces that belong to them."""
    entries: list[str] = []
    for line in lines:
        if BEGINS.match(line) or not entries:
            entries.append(line)
        else:
            entries[-1] += "\n" + line
    return entries


def _at_rest(stage: Stage) -> list[str]:
    """What the process still holds that it did not hold before, once it had time to let go."""
    exact = ("answers", "followers", "listeners", "sockets", "tasks")

    def excess() -> dict[str, int]:
        now = stage.counts()
        over = {name: now.get(name, 0) for name in exact if now.get(name, 0) > stage.rest.get(name, 0)}
        over |= {name: now[name] for name in ("files", "threads") if now[name] > stage.rest[name] + 40}
        return over | ({"memory_kb": now["memory_kb"]} if now["memory_kb"] > stage.rest["memory_kb"] + 80_000 else {})

    until = time.monotonic() + 30
    while (over := excess()) and time.monotonic() < until:
        time.sleep(0.1)
    return [f"{name}: {count}, {stage.rest.get(name, 0)} at rest" for name, count in over.items()]
