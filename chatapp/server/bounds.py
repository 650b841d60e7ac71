"""What connections may take of the process: how many, how much at once, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times and sizes. They are for those who do not behave: a phone on a slow line stays far inside of them."""

    # All at once. One more, and the one that has waited longest without a request has to go.
    connections: int = 800
    # Those that the system keeps at the door while the process is busy. One more, and its peer knocks again after a
    # whole second: of a class that begins at once nobody shall.
    at_the_door: int = 1024
    # A request's headers, from its first byte.
    header_seconds: float = 10
    # A connection on which no request is under way: longer than proxies keep theirs.
    idle_seconds: float = 130
    # A body: without a byte, and in all: a start, and then this much a second on average.
    body_pause_seconds: float = 60
    body_start_seconds: float = 60
    body_bytes_a_second: int = 1000
    # Bodies under way, of all connections together. Beyond, the one goes of which least has come, or that began first.
    bodies: int = 100
    all_bodies_bytes: int = 1024 * 1024 * 1024
    # Pieces that a body may come in: so many, and one more for each so many bytes.
    body_pieces: int = 2_000
    body_piece_bytes: int = 100
    # A peer that is sent something and takes nothing of it.
    stuck_seconds: float = 60
    # After a refusal: what still comes is thrown away, so that a peer that sends before it reads hears why.
    parting_seconds: float = 30
    parting_bytes: int = 64 * 1024 * 1024
    # Messages of a socket that the application has not taken yet.
    inbox_bytes: int = 256 * 1024
    # Frames that a socket brings, of every kind: parts of messages, pings and pongs too.
    frames_a_second: float = 100
    frames_at_once: float = 500
    # What the system's own buffer holds of a connection beyond what is on its way.
    unsent_bytes: int = 64 * 1024
