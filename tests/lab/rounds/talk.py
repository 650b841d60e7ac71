"""A talk of a round: one person's conversation, what is done in it, and who reads along."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Any
from uuid import UUID, uuid5

import httpx

from tests.lab.people import ENDINGS, JSON, Person
from tests.lab.processes import PATIENCE_SECONDS
from tests.lab.proxy import Proxy
from tests.lab.rounds.plan import ReaderPlan, TalkPlan
from tests.lab.rounds.readers import Follower
from tests.lab.rounds.stage import Stage
from tests.lab.rounds.transcripts import Attempt

CLIENT_IDS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Talk:
    """Plays a TalkPlan. `host` and `guest` are two sessions of one person, both on the line.

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

    async def play(self) -> None:
        """Ask, act, read, until every answer is settled and every reader has it."""
        await asyncio.sleep(self.plan.at)
        self.took(await ASKING[self.plan.asking](self, f"{self.mark} simulate: {self.plan.script}"))
        for reader in self.plan.readers:
            self.follow(self.attempts[0], reader)
        asked_at = time.time()
        for act in self.plan.acts:
            await asyncio.sleep(max(0.0, asked_at + act.at - time.time()))
            await ACTS[act.name](self)
            self.done_at.append(time.time())
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


# How a question is asked.


async def ask_once(talk: Talk, text: str) -> dict[str, Any]:
    return _posted(await talk.says("/conversations/", text=text, client_id=talk.key()))


async def ask_twice_at_once(talk: Talk, text: str) -> dict[str, Any]:
    twin, key = talk.host.twin(port=talk.stage.line.port), talk.key()
    posts = [talk.says("/conversations/", by=person, text=text, client_id=key) for person in (talk.host, twin)]
    first, second = [_posted(reply) for reply in await asyncio.gather(*posts)]
    twin.close()
    assert first == second, f"the same question twice made two answers: {first} {second}"
    return first


async def ask_again_after_a_lost_reply(talk: Talk, text: str) -> dict[str, Any]:
    key = talk.key()
    with Proxy(talk.stage.port) as broken:
        broken.cut_after = 0
        loser = talk.host.twin(port=broken.port)
        try:
            await asyncio.to_thread(loser.post, "/conversations/", text=text, client_id=key)
        except httpx.TransportError:
            pass
        finally:
            loser.close()
    return _posted(await talk.says("/conversations/", text=text, client_id=key))


def _posted(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code in {200, 201}, f"a question was refused: {reply.status_code} {reply.text[:200]}"
    return dict(reply.json())


ASKING: dict[str, Callable[[Talk, str], Awaitable[dict[str, Any]]]] = {
    "once": ask_once,
    "twice at once": ask_twice_at_once,
    "again after a lost reply": ask_again_after_a_lost_reply,
}


# What is done beside or after it. To add an act: a function here, its name in ACTS here and in plan.ACTS.


async def stops(talk: Talk) -> None:
    """From the other session, if that is still signed in."""
    person = talk.host if talk.signed_out_at else talk.guest
    for message in {attempt["message"]: None for attempt in talk.attempts}:
        generation = talk.newest(message)
        reply = await talk.says(f"/generations/{generation}/stop/", by=person)
        if talk.is_deleted:
            return
        assert reply.status_code == 200, f"Stop: {reply.status_code} {reply.text[:200]}"
        told = reply.json()
        talk.told.setdefault(generation, set()).add((told["state"], told["reason"]))


async def asks_a_second_question(talk: Talk) -> None:
    """While one runs it is refused; after its end it is another answer, with a reader of its own."""
    path = f"/conversations/{talk.attempts[0]['conversation']}/messages/"
    await _more(talk, path, text=f"{talk.mark} more simulate: tokens 12, rate 60", client_id=talk.key())


async def regenerates(talk: Talk) -> None:
    """As it stands: refused while an answer runs, else the same script once more."""
    if not talk.plan.script.needs_stop:
        await _more(talk, f"/messages/{talk.attempts[0]['message']}/regenerate/", client_id=talk.key())


async def edits_the_question(talk: Talk) -> None:
    """A branch beside it, with another script."""
    text = f"{talk.mark} edited simulate: tokens 60, rate 100"
    await _more(talk, f"/messages/{talk.attempts[0]['question']}/edit/", text=text, client_id=talk.key())


async def has_it_written_on(talk: Talk) -> None:
    """Stop, and Continue when that is settled."""
    message = talk.attempts[0]["message"]
    await stops(talk)
    await talk.settled(message)
    await _more(talk, f"/generations/{talk.newest(message)}/continue/", refusals={"cannot_go_on"})


async def wants_the_answer_now(talk: Talk) -> None:
    """Whatever it does at present; refused unless it has only thought so far."""
    generation = talk.newest(talk.attempts[0]["message"])
    talk.may_be_stopped.add(generation)
    await _more(talk, f"/generations/{generation}/answer-now/", refusals={"cannot_go_on"})


async def _more(talk: Talk, path: str, *, refusals: Collection[str] = (), **fields: Any) -> None:
    reply = await talk.says(path, **fields)
    if talk.is_deleted and reply.status_code == 404:
        return
    if reply.status_code == 409:
        assert reply.json()["error"]["code"] in {"already_answering", *refusals}, reply.text[:200]
        return
    if talk.took(_posted(reply)):
        kind = Random(talk.mark).choice(["fast", "flapping"])
        talk.follow(talk.attempts[-1], ReaderPlan(kind=kind, seed=len(talk.attempts), guest=False))


async def deletes_the_conversation(talk: Talk) -> None:
    """For good: nothing of it is to be found."""
    # Before the reply, which may get lost: a reader may be told first.
    talk.is_deleted = True
    reply = await talk.says(f"/c/{talk.attempts[0]['conversation']}/purge/")
    assert reply.status_code in {200, 404}, f"Purge: {reply.status_code} {reply.text[:200]}"


async def takes_it_out_of_the_trash(talk: Talk) -> None:
    """What runs is stopped by the throwing away; all else is as it was."""
    talk.may_be_stopped |= {attempt["generation"] for attempt in talk.attempts}
    for verb in ("delete", "restore"):
        reply = await talk.says(f"/c/{talk.attempts[0]['conversation']}/{verb}/")
        # Said twice, because the first reply was lost, it is done already.
        assert reply.status_code in {200, 404}, f"{verb}: {reply.status_code} {reply.text[:200]}"


async def signs_out(talk: Talk) -> None:
    """The guest's session ends; the host's goes on."""
    talk.signed_out_at = time.time()
    reply = await talk.says("/accounts/logout/", by=talk.guest)
    assert reply.status_code < 500, f"Sign out: {reply.status_code} {reply.text[:200]}"
    talk.signed_out_at = time.time()


ACTS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "stops": stops,
    "asks a second question": asks_a_second_question,
    "regenerates": regenerates,
    "edits the question": edits_the_question,
    "has it written on": has_it_written_on,
    "wants the answer now": wants_the_answer_now,
    "deletes the conversation": deletes_the_conversation,
    "takes it out of the trash": takes_it_out_of_the_trash,
    "signs out": signs_out,
}
