"""What a full disk means, wherever it is met."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from chatapp.images.refusals import NoRoom

# No space, no quota, and a file larger than this process may write.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def room() -> Iterator[None]:
    """Raises NoRoom in place of a system's error that says so."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise NoRoom from exc
        raise
