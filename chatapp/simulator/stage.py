"""Which script the next request is played by: one that was posted, one in the message, or none."""

import hashlib
from collections import OrderedDict, deque
from dataclasses import dataclass

from chatapp.simulator.directives import UnknownDirective
from chatapp.simulator.errors import invalid
from chatapp.simulator.reading import find_script, parse
from chatapp.simulator.script import NO_SCRIPT, Script

FAILURES_REMEMBERED = 1_000


@dataclass(slots=True)
class _Posted:
    script: Script
    left: int | None


class Stage:
    """Posted scripts in their order, and how often a message has failed already."""

    def __init__(self) -> None:
        self._posted: deque[_Posted] = deque()
        self._failures: OrderedDict[bytes, int] = OrderedDict()

    def post(self, text: str, times: int | None) -> None:
        """Play the next `times` requests by this script; None is all that come. Raises UnknownDirective."""
        script = parse(text)
        if times is None or times > 0:
            self._posted.append(_Posted(script, times))

    def clear(self) -> None:
        """Forget everything."""
        self._posted.clear()
        self._failures.clear()

    def next_script(self, message: str) -> tuple[Script, str]:
        """The script for a request whose last message this is, and the message without it. Raises ApiError."""
        script, question = NO_SCRIPT, message
        if found := find_script(message):
            question = found[0]
            try:
                script = parse(found[1])
            except UnknownDirective as exc:
                raise invalid(f"simulate: there is no directive “{exc}”; docs/simulator.md lists them all") from exc
        return self._at_this_try(self._take_posted() or script, message), question

    def _take_posted(self) -> Script | None:
        if not self._posted:
            return None
        posted = self._posted[0]
        if posted.left is not None:
            posted.left -= 1
            if not posted.left:
                self._posted.popleft()
        return posted.script

    def _at_this_try(self, script: Script, message: str) -> Script:
        if not script.fail_times:
            return script
        key = hashlib.sha256(f"{script.text}\0{message}".encode()).digest()
        failed = self._failures.pop(key, 0)
        if failed >= script.fail_times:
            return script.working()
        self._failures[key] = failed + 1
        if len(self._failures) > FAILURES_REMEMBERED:
            self._failures.popitem(last=False)
        return script.failing()
