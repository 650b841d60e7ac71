"""Looks at a round that was played: puts the transcripts side by side, and the invariants to each of them."""

import asyncio
from collections.abc import Iterable, Mapping

from tests.lab.people import Person
from tests.lab.rounds import invariants, transcripts
from tests.lab.rounds.invariants import Violation
from tests.lab.rounds.plan import Plan, ReaderPlan
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.scripts import DONE, Ending
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.talk import Talk
from tests.lab.rounds.transcripts import Attempt
from tests.lab.rounds.troubles import TROUBLES

STOPPED: Ending = ("stopped", "person")
# Of attempts that have no script of the plan's.
OTHERS_END: frozenset[Ending] = frozenset({DONE, ("length", "tokens")})
PATIENCE_SECONDS = 60


class Looks:
    """What is wrong goes into `violations`."""

    def __init__(self, stage: Stage, plan: Plan, talks: list[Talk]) -> None:
        self.violations: list[Violation] = []
        self._stage, self._talks = stage, talks
        self._troubles = [TROUBLES[trouble.name] for trouble in plan.troubles]
        self._may_lose = any(trouble.group in {"wire", "process"} for trouble in plan.troubles)

    def note(self, name: str, where: str, sentences: Iterable[str]) -> None:
        """Each sentence is a violation."""
        self.violations += [Violation(name, where, sentence) for sentence in sentences]

    async def look(self, host: Person, records: list[dict[str, object]]) -> None:
        """At everything but the process; `records` are upstream's."""
        attempts = transcripts.stored(self._stage.data, host.email)
        strays = transcripts.join(attempts, records)
        for talk in self._talks:
            mine = [attempt for attempt in attempts if attempt.question.startswith(f"{talk.mark} ")]
            self._look_at_talk(talk, mine)
            for message in {} if talk.is_deleted else _by_message(mine):
                await self._look_again(talk, host, _by_message(mine)[message])
        self._look_at_strays(strays)
        sound = transcripts.is_sound(self._stage.data)
        self.note("I1", "database", [] if sound == "ok" else [sound])

    def _look_at_talk(self, talk: Talk, attempts: list[Attempt]) -> None:
        name = f"talk {talk.plan.number}"
        if talk.is_deleted:
            self.note("I5", name, [f"deleted, and {len(attempts)} attempts are stored"] if attempts else [])
            return
        promised, kept = [a["generation"] for a in talk.attempts], [a.generation for a in attempts]
        if sorted(promised) != sorted(kept):
            self.note("I5", name, [f"{len(promised)} attempts were promised, {len(kept)} are stored"])
        for place, (message, together) in enumerate(_by_message(attempts).items()):
            readers = [reader for reader in talk.readers if reader.message == message]
            for attempt in together:
                self._look_at_attempt(talk, attempt, readers, f"{name} answer {place} attempt {attempt.number}")
            for reader in readers:
                self._look_at_reader(talk, reader, together, f"{name} answer {place}, {reader.kind} reader")

    def _look_at_attempt(self, talk: Talk, attempt: Attempt, readers: list[Follower], where: str) -> None:
        script = talk.plan.script if talk.is_scripted(attempt) else None
        told = talk.told.get(attempt.generation, set())
        allowed = {*(script.endings if script else OTHERS_END), *(e for t in self._troubles for e in t.endings)}
        if told & {STOPPED} or attempt.generation in talk.may_be_stopped:
            allowed.add(STOPPED)
        keeps_all = script is not None and script.keeps_all and attempt.ending in script.endings and not self._may_lose
        said = invariants.stored_is_what_upstream_said(
            attempt, mixes=script is not None and script.mixes, keeps_all=keeps_all
        )
        self.note("I1", where, said)
        self.note("I4", where, invariants.stored_is_sound(attempt))
        self.note("I4", where, invariants.ending_is_right(attempt, allowed=allowed, told=told, readers=readers))
        self.note("I5", where, invariants.asked_once(attempt, most=script.requests if script else 1))
        self.note("I6", where, invariants.used_is_what_upstream_counted(attempt))
        for reader in readers:
            saw = invariants.reader_saw_only_prefixes(reader, attempt, is_plain=talk.is_plain(attempt))
            self.note("I3", f"{where}, {reader.kind} reader", saw)

    def _look_at_reader(self, talk: Talk, reader: Follower, attempts: list[Attempt], where: str) -> None:
        self.note("I3", where, invariants.reader_saw_nothing_else(reader, attempts))
        if reader.left == "settled":
            self.note("I2", where, invariants.reader_holds_what_is_stored(reader, attempts))
        elif not (reader.left == "signed out" and reader.is_guest and talk.signed_out_at):
            self.note("I2", where, [f"never had the whole answer: {reader.left or 'still waiting'}"])

    async def _look_again(self, talk: Talk, host: Person, attempts: list[Attempt]) -> None:
        """Whoever comes now, by a socket or by polling, gets the same."""
        ids = {"message": attempts[0].message, "conversation": talk.attempts[0]["conversation"]}
        where = f"talk {talk.plan.number}, whoever comes afterwards"
        for kind in ("fast", "polling"):
            plan = ReaderPlan(kind=kind, seed=0, guest=False)
            late = Follower(host, plan, port=self._stage.port, answer=ids, talk=talk)
            await asyncio.wait_for(late.follow(), PATIENCE_SECONDS)
            self.note("I9", where, invariants.reader_holds_what_is_stored(late, attempts))
        found = await asyncio.to_thread(host.message, attempts[0].message)
        told = [(part["kind"], part["text"]) for part in found["parts"]]
        if told != [(part["kind"], part["text"]) for attempt in attempts for part in attempt.parts]:
            self.note("I9", where, ["the door for scripts says something else"])

    def _look_at_strays(self, records: Iterable[dict[str, object]]) -> None:
        deleted = [talk.mark for talk in self._talks if talk.is_deleted]
        strays = [r["script"] for r in records if not any(f"{mark} " in str(r["body"]) for mark in deleted)]
        self.note("I5", "upstream", [f"asked what nobody stored: {script}" for script in strays])


def _by_message(attempts: Iterable[Attempt]) -> Mapping[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.message, []).append(attempt)
    return found
