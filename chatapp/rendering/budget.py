"""How much work a text may be: several times what an honest text of its length is, on a slow machine."""

from time import thread_time

_SECONDS = 1.5
_SECONDS_A_CHARACTER = 4e-6
_CALLS_A_LOOK = 64


class ExhaustedError(Exception):
    """The text takes more processor time than a text of its length may."""


class Budget:
    """The processor time for one reading of a text."""

    def __init__(self, characters: int) -> None:
        self._until = thread_time() + _SECONDS + _SECONDS_A_CHARACTER * characters
        self._calls = 0

    def check(self) -> None:
        """Raise ExhaustedError when the time is up.  Cheap enough to be called for every line."""
        self._calls += 1
        if self._calls % _CALLS_A_LOOK == 0 and thread_time() > self._until:
            raise ExhaustedError
