"""Plays rounds and prints a table: `python -m tests.lab.rounds --seed 7 --rounds 20`, or `--only 13` for one of them."""

import random
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from tests.lab.processes import Upstream
from tests.lab.rounds import report
from tests.lab.rounds.plan import ROUNDS_A_SEASON, SERVERS, TRANSPORTS, Plan, draw
from tests.lab.rounds.play import Outcome, play
from tests.lab.rounds.stage import Stage, found

LOG_LINES = 60


def main(arguments: list[str]) -> int:
    """Exit code 1 when a promise was broken."""
    told = _read(arguments)
    numbers = [told.only] if told.only is not None else range(told.rounds)
    plans = [draw(told.seed, number, server=told.server, transport=told.transport) for number in numbers]
    if told.show:
        print(*plans, sep="\n")
        return 0
    print(f"seed {told.seed}, {len(plans)} rounds", flush=True)
    outcomes: list[Outcome] = []
    # Ended early by whichever signal, it tells what it has seen.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _play_all(plans, outcomes)
    except KeyboardInterrupt:
        print("stopped")
    print(report.table(outcomes))
    if told.write and outcomes:
        report.write(outcomes)
    broken = [outcome for outcome in outcomes if outcome.violations]
    print(f"{len(outcomes)} rounds, {len(broken)} with a violation")
    return int(bool(broken))


def _read(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.lab.rounds", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", type=int, help="the number of a single round")
    parser.add_argument("--server", choices=SERVERS, default="", help="drawn by default")
    parser.add_argument("--transport", choices=TRANSPORTS, default="", help="drawn by default")
    parser.add_argument("--show", action="store_true", help="print what would be played")
    parser.add_argument("--write", action="store_true", help="put the table into docs/faults.md")
    return parser.parse_args(arguments)


def _play_all(plans: Iterable[Plan], outcomes: list[Outcome]) -> None:
    """Ten rounds share a stage; after a violation the next begins on a fresh one."""
    upstream = Upstream()
    try:
        with tempfile.TemporaryDirectory(prefix="ponder-founded-") as folder, ExitStack() as exits:
            founded, stage = found(Path(folder)), None
            for plan in plans:
                if stage is None or plan.number % ROUNDS_A_SEASON == 0:
                    exits.close()
                    stage = Stage(upstream, founded=founded, server=plan.server, transport=plan.transport)
                    exits.enter_context(stage)
                outcomes.append(play(stage, plan))
                _tell(outcomes[-1], stage)
                if outcomes[-1].violations:
                    stage = None
    finally:
        upstream.end()


def _tell(outcome: Outcome, stage: Stage) -> None:
    plan, clock = outcome.plan, time.strftime("%H:%M:%S")
    worst = max(outcome.recovery.values(), default=0.0)
    print(f"{clock} round {plan.number}: {outcome.seconds:.1f} s, recovery {worst:.1f} s", flush=True)
    if outcome.violations:
        print(plan, *(f"  VIOLATION {violation}" for violation in outcome.violations), sep="\n")
        print(f"  again: make lab SEED={plan.seed} ONLY={plan.number} SERVER={plan.server} TRANSPORT={plan.transport}")
        told = [line for line in stage.site.lines if not line.startswith("INFO")]
        print(*(f"  | {line}" for line in told[-LOG_LINES:]), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
