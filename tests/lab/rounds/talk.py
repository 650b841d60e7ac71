"""A talk of a round: one person's conversation, what the site promised in it, and who reads along."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import httpx

from tests.lab.people import ENDINGS, JSON, Person
from tests.lab.processes import PATIENCE_SECONDS
from tests.lab.rounds.plan import ReaderPlan, TalkPlan
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.transcripts import Attempt

CLIENT_IDS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Talk:
    """A TalkPlan on a stage. `host` and `guest` are two sessions of one person, both on the line.

    `attempts` are those that the site promised; `told` the endings that it told to whoever stopped one, by attempt;
    `may_be_stopped` the attempts that something else may have stopped; `done_at` when each thing was done.
    """

    def __init__(self, stage: Stage, plan: TalkPlan, *, host: Person, guest: Person, mark: str) -> None:
        self.stage, self.plan, self.host, self.guest, self.mark = stage, plan, host, guest, mark
        self.attempts: list[dict[str, Any]] = []
        self.readers: list[Follower] = []
        self.told: dict[str, set[tuple[str, str]]] = {}
        self.may_be_stopped: set[str] = set()
        self.is_deleted = False
        self._is_over = False
        self.signed_out_at = 0.0
        self.done_at: list[float] = []
        self.settled_at = 0.0
        self._following: list[asyncio.Task[None]] = []
        self._keys = 0

    async def over(self) -> None:
        """Wait until every answer is settled, then until every reader has it."""
        for attempt in self.attempts:
            await self.settled(attempt["message"])
        self._is_over = True
        self.settled_at = time.time()
        await asyncio.gather(*self._following)

    def cancel(self) -> None:
        """Read no more."""
        for task in self._following:
            task.cancel()

    def took(self, posted: dict[str, Any]) -> bool:
        """The site has taken on to answer; the same promise again counts once. Gives whether it is new."""
        is_new = posted["generation"] not in {attempt["generation"] for attempt in self.attempts}
        if is_new:
            self.attempts.append(posted)
        return is_new

    def newest(self, message: str) -> str:
        """The newest attempt at the message."""
        return str([attempt for attempt in self.attempts if attempt["message"] == message][-1]["generation"])

    def last_attempt(self, message: str) -> str:
        """The attempt after which no other will come, once that is known."""
        return self.newest(message) if self._is_over else ""

    def is_scripted(self, attempt: Attempt) -> bool:
        """Whether upstream answered it by the script of the plan."""
        return attempt.purpose == "answer" and attempt.question == f"{self.mark} simulate: {self.plan.script}".strip()

    def is_plain(self, attempt: Attempt) -> bool:
        """Whether what is shown of it is the text itself. Further attempts are answered in Markdown."""
        return attempt.purpose == "answer" and (self.plan.script.is_plain or not self.is_scripted(attempt))

    def follow(self, answer: dict[str, Any], plan: ReaderPlan) -> None:
        """One reader more."""
        person = self.guest if plan.guest else self.host
        self.readers.append(Follower(person, plan, port=self.stage.line.port, answer=answer, talk=self))
        self._following.append(asyncio.create_task(self.readers[-1].follow()))

    def key(self) -> str:
        """A client_id of this talk's own."""
        self._keys += 1
        return str(uuid5(CLIENT_IDS, f"{self.mark} {self._keys}"))

    async def says(self, path: str, *, by: Person | None = None, **fields: Any) -> httpx.Response:
        """POST as a patient browser does: the same again until there is an answer that is not "later"."""
        return await insist(lambda: (by or self.host).post(path, **fields))

    async def settled(self, message: str) -> None:
        """Wait until the answer has ended and is settled."""
        while True:
            reply = await insist(lambda: self.host.http.get(f"/messages/{message}/", headers=JSON))
            if reply.status_code == 404 and self.is_deleted:
                return
            assert reply.status_code == 200, f"GET of an answer: {reply.status_code} {reply.text[:200]}"
            found = reply.json()
            if found["state"] in ENDINGS and found["settled"]:
                return
            await asyncio.sleep(0.1)


async def insist(verb: Callable[[], httpx.Response]) -> httpx.Response:
    """The reply to the verb, said again while the line breaks or the site asks to come back later."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert time.monotonic() < until, "the site can not be reached, or asks to come later for ever"
        try:
            reply = await asyncio.to_thread(verb)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
            continue
        if reply.status_code != 503:
            return reply
        await asyncio.sleep(0.3)
