"""What happens in a round, drawn from (seed, number) alone: no clock, no network."""

from dataclasses import dataclass
from random import Random

from tests.lab.rounds import scripts
from tests.lab.rounds.scripts import Script

SERVERS = ("daphne", "uvicorn")
TRANSPORTS = ("aiohttp", "httpx")
ROUNDS_A_SEASON = 10

READERS = ("fast", "late", "slow", "flapping", "polling")
ASKING = ("once", "twice at once", "again after a lost reply")
# What people do while an answer runs or after it, with how often.
ACTS = {
    "stops": 4,
    "asks a second question": 3,
    "regenerates": 3,
    "edits the question": 2,
    "has it written on": 4,
    "wants the answer now": 3,
    "deletes the conversation": 2,
    "takes it out of the trash": 2,
    "signs out": 2,
}
ENDS_IT = {"has it written on", "deletes the conversation", "takes it out of the trash"}
# What happens to the machinery, with how often; the group says which of them exclude one another.
TROUBLES = {
    "line: delay": 3,
    "line: throttle": 3,
    "line: held": 3,
    "line: hole": 3,
    "line: reset": 3,
    "line: close": 2,
    "line: cut": 3,
    "wire: delay": 2,
    "wire: throttle": 2,
    "wire: held": 3,
    "wire: hole": 2,
    "wire: reset": 3,
    "wire: close": 2,
    "wire: cut": 2,
    "process: SIGKILL": 2,
    "process: SIGTERM": 3,
    "process: SIGSTOP": 3,
    "storage: held": 4,
    "storage: full": 3,
}
# A process that starts on a full disk may refuse to, so these two never meet.
NEVER_TOGETHER = {"storage: full": {"process: SIGKILL", "process: SIGTERM"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPlan:
    """A reader of an answer; `guest` reads by the person's second session."""

    kind: str
    seed: int
    guest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPlan:
    """Something a person does, so many seconds after the question was taken."""

    name: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPlan:
    """A conversation of the round."""

    number: int
    at: float
    script: Script
    asking: str
    readers: tuple[ReaderPlan, ...]
    acts: tuple[ActPlan, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Their names in the table."""
        asking = (f"person: asks {self.asking}",) if self.asking != "once" else ()
        readers = (f"reader: {reader.kind}" for reader in self.readers)
        return (*self.script.faults, *asking, *readers, *(f"person: {act.name}" for act in self.acts))


@dataclass(frozen=True, slots=True, kw_only=True)
class TroublePlan:
    """Something that befalls lines, processes or the disk: from `at` on, for so many seconds, this strongly (0 to 1)."""

    name: str
    at: float
    seconds: float
    amount: float

    @property
    def group(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A round."""

    seed: int
    number: int
    server: str
    transport: str
    talks: tuple[TalkPlan, ...]
    troubles: tuple[TroublePlan, ...]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}, round {self.number}: {self.server}, {self.transport}"]
        for talk in self.talks:
            readers = ", ".join(reader.kind + " guest" * reader.guest for reader in talk.readers)
            acts = "".join(f"; {act.name} at {act.at:.1f} s" for act in talk.acts)
            lines.append(f"  {talk.at:.1f} s: asks {talk.asking}: {str(talk.script)!r}; read by {readers}{acts}")
        lines += [f"  {t.at:.1f} s: {t.name} for {t.seconds:.1f} s ({t.amount:.2f})" for t in self.troubles]
        return "\n".join(lines)


def draw(seed: int, number: int, *, server: str = "", transport: str = "") -> Plan:
    """The round of that number; a server and a transport, unless given, are drawn for ten rounds each."""
    season = Random(f"{seed} season {number // ROUNDS_A_SEASON}")
    drawn_server, drawn_transport = season.choice(SERVERS), season.choice(TRANSPORTS)
    rng = Random(f"{seed} round {number}")
    return Plan(
        seed=seed,
        number=number,
        server=server or drawn_server,
        transport=transport or drawn_transport,
        talks=tuple(_talk(n, rng) for n in range(rng.choice([1, 2, 2, 3]))),
        troubles=_troubles(rng),
    )


def _talk(number: int, rng: Random) -> TalkPlan:
    script = scripts.draw(rng)
    names = rng.sample(sorted(ACTS), rng.choice([0, 0, 1, 1, 2]), counts=[ACTS[name] for name in sorted(ACTS)])
    acts = [ActPlan(name=name, at=rng.uniform(0.0, 3.0)) for name in dict.fromkeys(names)]
    if script.needs_stop and not any(act.name in ENDS_IT for act in acts):
        acts = [act for act in acts if act.name != "stops"] + [ActPlan(name="stops", at=rng.uniform(0.5, 4.0))]
    return TalkPlan(
        number=number,
        at=rng.uniform(0.0, 1.0),
        script=script,
        asking=rng.choices(ASKING, [6, 2, 2])[0],
        readers=tuple(_reader(rng) for _ in range(rng.choice([1, 2, 2, 3]))),
        acts=tuple(sorted(acts, key=lambda act: act.at)),
    )


def _reader(rng: Random) -> ReaderPlan:
    return ReaderPlan(kind=rng.choice(READERS), seed=rng.randrange(2**32), guest=rng.random() < 0.3)


def _troubles(rng: Random) -> tuple[TroublePlan, ...]:
    chosen: list[TroublePlan] = []
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        name = rng.choices(list(TROUBLES), list(TROUBLES.values()))[0]
        trouble = TroublePlan(name=name, at=rng.uniform(0.1, 3.0), seconds=rng.uniform(0.3, 4.0), amount=rng.random())
        if all(other.group != trouble.group and not _exclude(other.name, name) for other in chosen):
            chosen.append(trouble)
    return tuple(sorted(chosen, key=lambda trouble: trouble.at))


def _exclude(one: str, other: str) -> bool:
    return other in NEVER_TOGETHER.get(one, ()) or one in NEVER_TOGETHER.get(other, ())
