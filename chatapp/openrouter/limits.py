"""How long and how much of upstream we bear."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes. Only waiting for upstream counts, never our own work between two reads.

    A comment proves that bytes flow, so it resets ``idle_bytes_seconds``. It is no progress: ``first_delta_seconds``
    and ``between_deltas_seconds`` run on through any number of them.
    """

    connect_seconds: float = 10
    first_byte_seconds: float = 60
    first_delta_seconds: float = 300
    idle_bytes_seconds: float = 120
    between_deltas_seconds: float = 180
    whole_seconds: float = 1800
    # After the finish chunk only usage and [DONE] are to come; neither is worth a long wait.
    tail_seconds: float = 5
    lookup_seconds: float = 20
    line_bytes: int = 2 * MIB
    event_bytes: int = 4 * MIB
    body_bytes: int = 64 * MIB
    # A longer Retry-After is told to the person instead of waited for.
    retry_after_seconds: float = 20
