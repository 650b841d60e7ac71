"""What the C library keeps of memory that was given back."""

import ctypes
import sys
from contextlib import suppress

# Parameters of glibc's mallopt(3).
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
LARGE_BYTES = 256 * 1024


def keep_little() -> None:
    """Have large blocks given back to the system at once, and small ones kept in two pools.

    glibc makes a pool for each thread, and the first large block that is freed has it keep all later ones of that size
    for the next: a process that wrote a few answers of a megabyte stayed at twice its size. Elsewhere nothing is done.
    """
    if sys.platform == "linux":
        # musl, for one, has no such function.
        with suppress(AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_ARENA_MAX, 2)
            library.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
