"""What the machine says: what a process used, and whether others used so much that figures cannot be trusted."""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
LOOPS = 1_000_000
# Beyond this share of one core used by others, or taken by the host, a figure is marked.
NOISE = 0.15


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process and its threads: CPU in seconds, memory in bytes, at a moment in seconds."""

    cpu: float
    memory: int
    at: float

    @classmethod
    def of(cls, pid: int) -> Self:
        # The name in parentheses may hold blanks: what counts comes after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
        memory = int(status.split("VmRSS:")[1].split()[0]) * 1024
        return cls((int(fields[11]) + int(fields[12])) / TICKS, memory, time.monotonic())

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.cpu - before.cpu, self.memory - before.memory, self.at - before.at)


@dataclass(frozen=True, slots=True)
class Noise:
    """CPU seconds of the whole machine and of our own processes, and what the host took away."""

    busy: float
    stolen: float
    ours: float
    at: float

    @classmethod
    def now(cls, pids: list[int]) -> Self:
        user, nice, system, _, _, irq, softirq, steal = map(
            int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
        )
        # Those that run, and those that were waited for.
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        ours = sum(Usage.of(pid).cpu for pid in pids) + ended.ru_utime + ended.ru_stime
        return cls((user + nice + system + irq + softirq) / TICKS, steal / TICKS, ours, time.monotonic())

    def since(self, before: "Noise") -> float:
        """The share of one core that others used or the host took."""
        foreign = (self.busy - before.busy) - (self.ours - before.ours) + self.stolen - before.stolen
        return max(0.0, foreign) / max(0.1, self.at - before.at)


def busy_loop_ms() -> float:
    """How long a fixed piece of work takes: the same each time on a machine that is ours alone."""
    began = time.perf_counter()
    for _ in range(LOOPS):
        pass
    return (time.perf_counter() - began) * 1000


def described() -> str:
    """The machine in a line."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else "unknown processor"
    return f"{os.cpu_count()} cores, {model}; load {os.getloadavg()[0]:.2f} at the start"
