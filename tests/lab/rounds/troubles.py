"""What befalls the machinery: both lines, the process, the database. Each is a verb on the stage."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.lab.processes import wait_for
from tests.lab.proxy import Proxy
from tests.lab.rounds.plan import TroublePlan
from tests.lab.rounds.scripts import CUT, Ending
from tests.lab.rounds.stage import Stage
from tests.lab.storage import locked


@dataclass(frozen=True, slots=True)
class Trouble:
    """`endings` and log lines that are right because of it, and how soon after it all must be well."""

    verb: Callable[[Stage, TroublePlan], Awaitable[None]]
    endings: frozenset[Ending] = frozenset()
    log: str = ""
    within_seconds: float = 25.0


async def befall(stage: Stage, plan: TroublePlan) -> float:
    """Let it happen at its time; gives when it was over."""
    await asyncio.sleep(plan.at)
    await TROUBLES[plan.name].verb(stage, plan)
    return time.time()


def _proxy(stage: Stage, plan: TroublePlan) -> Proxy:
    return stage.line if plan.group == "line" else stage.wire


async def delay(stage: Stage, plan: TroublePlan) -> None:
    proxy = _proxy(stage, plan)
    proxy.delay_seconds = 0.02 + 0.3 * plan.amount
    await asyncio.sleep(plan.seconds)
    proxy.delay_seconds = 0.0


async def throttle(stage: Stage, plan: TroublePlan) -> None:
    proxy = _proxy(stage, plan)
    proxy.bytes_per_second = 2_000 + 60_000 * plan.amount
    await asyncio.sleep(plan.seconds)
    proxy.bytes_per_second = 0.0


async def hold(stage: Stage, plan: TroublePlan) -> None:
    proxy = _proxy(stage, plan)
    proxy.is_held = True
    await asyncio.sleep(plan.seconds)
    proxy.is_held = False


async def hole(stage: Stage, plan: TroublePlan) -> None:
    """A partition that ends with both sides finding out."""
    proxy = _proxy(stage, plan)
    proxy.is_hole = True
    await asyncio.sleep(plan.seconds)
    proxy.is_hole = False
    proxy.reset()


async def reset(stage: Stage, plan: TroublePlan) -> None:
    _proxy(stage, plan).reset()


async def close(stage: Stage, plan: TroublePlan) -> None:
    _proxy(stage, plan).close()


async def cut(stage: Stage, plan: TroublePlan) -> None:
    """For a while each connection is closed after so many bytes of reply."""
    proxy = _proxy(stage, plan)
    proxy.cut_after = int(100 + 20_000 * plan.amount**2)
    await asyncio.sleep(plan.seconds)
    proxy.cut_after = None


async def kill(stage: Stage, plan: TroublePlan) -> None:
    """The process dies; a supervisor starts the next one."""
    await asyncio.to_thread(stage.site.end, signal.SIGKILL)
    await asyncio.to_thread(stage.start)


async def replace(stage: Stage, plan: TroublePlan) -> None:
    """A deploy: the old process is told to leave, the next one serves as soon as the port is free."""
    old = stage.site
    old.child.send_signal(signal.SIGTERM)
    await asyncio.to_thread(wait_for, stage.is_free, what="the leaving process to free its port")
    await asyncio.to_thread(stage.start)
    try:
        await asyncio.to_thread(old.child.wait, 60)
        old.end()
    except subprocess.TimeoutExpired:
        old.child.send_signal(signal.SIGUSR1)
        await asyncio.sleep(1)
        raise AssertionError("the process that was told to leave is still there:\n" + old.output[-40_000:]) from None


async def freeze(stage: Stage, plan: TroublePlan) -> None:
    """The process stands still, as on a machine that is suspended."""
    child = stage.site.child
    child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(plan.seconds)
    child.send_signal(signal.SIGCONT)


async def lock(stage: Stage, plan: TroublePlan) -> None:
    """Another process writes for long."""
    with locked(stage.data):
        await asyncio.sleep(plan.seconds)


async def fill(stage: Stage, plan: TroublePlan) -> None:
    """The disk is full, then there is room again."""
    process = stage.site.child.pid
    await asyncio.to_thread(stage.disk.fill, process)
    await asyncio.sleep(plan.seconds)
    stage.disk.free(process)


WIRE_BROKEN = frozenset({CUT, ("failed", "unreachable")})
KILLED = frozenset({("interrupted", "server"), ("interrupted", "restart")})
# A request that the database refused is logged by Django as an error, with a trace.
REFUSED = r"saving is delayed|not settled yet|Service Unavailable|Internal Server Error|database is locked|disk is full"

TROUBLES = {
    "line: delay": Trouble(delay),
    "line: throttle": Trouble(throttle),
    "line: held": Trouble(hold),
    "line: hole": Trouble(hole),
    "line: reset": Trouble(reset),
    "line: close": Trouble(close),
    "line: cut": Trouble(cut),
    "wire: delay": Trouble(delay),
    "wire: throttle": Trouble(throttle),
    "wire: held": Trouble(hold),
    "wire: hole": Trouble(hole, WIRE_BROKEN),
    "wire: reset": Trouble(reset, WIRE_BROKEN),
    "wire: close": Trouble(close, WIRE_BROKEN),
    "wire: cut": Trouble(cut, WIRE_BROKEN),
    # An attempt is given up after 30 s of silence, by a patrol that comes every 10 s.
    "process: SIGKILL": Trouble(kill, KILLED, within_seconds=100.0),
    "process: SIGTERM": Trouble(replace, frozenset({("interrupted", "restart")})),
    "process: SIGSTOP": Trouble(freeze),
    "storage: held": Trouble(lock, log=REFUSED),
    "storage: full": Trouble(fill, frozenset({("failed", "storage")}), log=REFUSED),
}
