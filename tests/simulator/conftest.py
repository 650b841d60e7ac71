"""A simulator at full speed, and a caller for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.simulator import Simulator
from tests.simulator.caller import Caller

RECORDING = (
    'data: {"choices":[{"delta":{"reasoning":"Hm.","reasoning_details":[{"type":"reasoning.text","text":"Hm."}]}}]}\r\n'
    "\r\n"
    ": a comment\r\n\r\n"
    'data: {"choices":[{"delta":{"content":"汉"}}]}\r\n\r\n'
    'data: {"torn'
)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with one recorded stream, and a file beside it that nobody may have."""
    folder = tmp_path / "streams"
    folder.mkdir()
    (folder / "short.sse").write_bytes(RECORDING.encode())
    (tmp_path / "secret.sse").write_text("secret")
    return folder


@pytest.fixture
async def simulator(recordings: Path) -> AsyncIterator[Simulator]:
    async with Simulator(control=True, pace=0, generation_seconds=0.0, streams=recordings) as simulator:
        yield simulator


@pytest.fixture
async def caller(simulator: Simulator) -> AsyncIterator[Caller]:
    async with Caller(simulator.base_url) as caller:
        yield caller
