"""The bounds that the server ships with: what other tests show with small ones holds for these."""

from dataclasses import asdict

from chatapp.server.bounds import Bounds

# Headers, pace, idleness, who takes nothing, and what is left unsent are promised in docs/decisions/0006. The others are
# as large as they were when the attacks were measured.
MOST = {
    "connections": 800,
    "at_the_door": 1024,
    "header_seconds": 10,
    "idle_seconds": 130,
    "body_pause_seconds": 60,
    "body_start_seconds": 60,
    "stuck_seconds": 60,
    "bodies": 100,
    "all_bodies_bytes": 2**30,
    "body_pieces": 2_000,
    "frames_a_second": 100,
    "frames_at_once": 500,
    "parting_seconds": 30,
    "parting_bytes": 64 * 2**20,
    "inbox_bytes": 256 * 2**10,
    "unsent_bytes": 64 * 2**10,
}
LEAST = {"body_bytes_a_second": 1000, "body_piece_bytes": 100}


def test_no_bound_is_wider_than_was_promised() -> None:
    shipped = asdict(Bounds())
    assert shipped.keys() == MOST.keys() | LEAST.keys()
    assert {name for name in MOST if not 0 < shipped[name] <= MOST[name]} == set()
    assert {name for name in LEAST if not shipped[name] >= LEAST[name]} == set()
