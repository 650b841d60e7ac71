"""Reading ahead: nothing lost, nothing unbounded, errors in their place."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable

import pytest

from chatapp.openrouter.ahead import AHEAD_BYTES, Ahead


async def pieces(count: int, size: int = 1, *, error: Exception | None = None) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size
    if error:
        raise error


async def rest() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_came_meanwhile_is_one_piece() -> None:
    ahead = Ahead(pieces(30))
    await rest()
    assert [piece async for piece in ahead] == [b"x" * 30]
    await ahead.aclose()


async def test_an_error_comes_after_what_came_before_it() -> None:
    ahead = Ahead(pieces(3, error=ValueError("broken")))
    await rest()
    assert await anext(ahead) == b"xxx"
    with pytest.raises(ValueError, match="broken"):
        await anext(ahead)
    await ahead.aclose()


async def test_it_reads_ahead_no_further_than_its_bound_and_all_in_the_end() -> None:
    ahead, size = Ahead(pieces(10, AHEAD_BYTES // 2)), 0
    async for piece in ahead:
        assert len(piece) <= AHEAD_BYTES
        size += len(piece)
        await rest()
    assert size == 5 * AHEAD_BYTES
    await ahead.aclose()


async def broken() -> AsyncIterator[bytes]:
    yield b"x"
    raise ValueError


@pytest.mark.parametrize("body", [lambda: pieces(3), broken, lambda: pieces(9, AHEAD_BYTES)])
async def test_what_it_read_waits_for_no_collector(body: Callable[[], AsyncIterator[bytes]]) -> None:
    gc.disable()
    try:
        ahead = Ahead(body())
        known = weakref.ref(ahead)
        await rest()
        await ahead.aclose()
        del ahead
        await rest()
        assert known() is None
    finally:
        gc.enable()


async def test_closing_stops_the_reading() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            closed.set()

    ahead = Ahead(endless())
    await rest()
    await ahead.aclose()
    assert closed.is_set()
