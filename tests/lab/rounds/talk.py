"""A talk of a round: one person's conversation, what is done in it, and who reads along."""

import asyncio
import time
from collections.abc import Awaitable, Callable
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

CLIENT_IDS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Talk:
    """Plays a TalkPlan. `host` and `guest` are two sessions of one person, both on the line.

    `answers` are the ids of each answer that the site promised, `actions` how many it took on, `told` the endings that
    it told to whoever stopped one, `done_at` when each thing was done that may end an answer.
    """

    def __init__(self, stage: Stage, plan: TalkPlan, *, host: Person, guest: Person, mark: str) -> None:
        self.stage, self.plan, self.host, self.guest, self.mark = stage, plan, host, guest, mark
        self.answers: list[dict[str, Any]] = []
        self.readers: list[Follower] = []
        self.told: dict[str, set[tuple[str, str]]] = {}
        self.is_deleted = False
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
            self.follow(self.answers[0], reader)
        asked_at = time.time()
        for act in self.plan.acts:
            await asyncio.sleep(max(0.0, asked_at + act.at - time.time()))
            await ACTS[act.name](self)
            self.done_at.append(time.time())
        for answer in self.answers:
            await self._settled(answer["message"])
        self.settled_at = time.time()
        await asyncio.gather(*self._following)

    def cancel(self) -> None:
        """Read no more."""
        for task in self._following:
            task.cancel()

    def took(self, posted: dict[str, Any]) -> None:
        """The site has taken on to answer; the same promise again counts once."""
        if posted["message"] not in {answer["message"] for answer in self.answers}:
            self.answers.append(posted)

    def follow(self, answer: dict[str, Any], plan: ReaderPlan) -> None:
        """One reader more."""
        person = self.guest if plan.guest else self.host
        self.readers.append(Follower(person, plan, port=self.stage.line.port, message=answer))
        self._following.append(asyncio.create_task(self.readers[-1].follow()))

    def key(self) -> str:
        """A client_id of this talk's own."""
        self._keys += 1
        return str(uuid5(CLIENT_IDS, f"{self.mark} {self._keys}"))

    async def says(self, path: str, *, by: Person | None = None, **fields: Any) -> httpx.Response:
        """POST as a patient browser does: the same again until there is an answer that is not "later"."""
        return await insist(lambda: (by or self.host).post(path, **fields))

    async def ended(self, message: str) -> None:
        """Wait until the answer has ended."""
        await self._state(message, lambda found: found["state"] in ENDINGS)

    async def _settled(self, message: str) -> None:
        await self._state(message, lambda found: found["state"] in ENDINGS and found["settled"])

    async def _state(self, message: str, enough: Callable[[dict[str, Any]], bool]) -> None:
        while True:
            reply = await insist(lambda: self.host.http.get(f"/messages/{message}/", headers=JSON))
            if reply.status_code == 404 and self.is_deleted:
                return
            assert reply.status_code == 200, f"GET of an answer: {reply.status_code} {reply.text[:200]}"
            if enough(reply.json()):
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
    for answer in talk.answers:
        reply = await talk.says(f"/generations/{answer['generation']}/stop/", by=person)
        if talk.is_deleted:
            return
        assert reply.status_code == 200, f"Stop: {reply.status_code} {reply.text[:200]}"
        told = reply.json()
        talk.told.setdefault(answer["message"], set()).add((told["state"], told["reason"]))


async def asks_a_second_question(talk: Talk) -> None:
    """While one runs it is refused; after its end it is another answer, with a reader of its own."""
    path = f"/conversations/{talk.answers[0]['conversation']}/messages/"
    await _more(talk, path, text=f"{talk.mark} more simulate: tokens 12, rate 60", client_id=talk.key())


async def regenerates(talk: Talk) -> None:
    """As it stands: refused while an answer runs, else the same script once more."""
    if talk.plan.script.needs_stop:
        return
    await _more(talk, f"/messages/{talk.answers[0]['message']}/regenerate/", client_id=talk.key())


async def edits_the_question(talk: Talk) -> None:
    """A branch beside it, with another script."""
    text = f"{talk.mark} edited simulate: tokens 60, rate 100"
    await _more(talk, f"/messages/{talk.answers[0]['question']}/edit/", text=text, client_id=talk.key())


async def _more(talk: Talk, path: str, **fields: Any) -> None:
    reply = await talk.says(path, **fields)
    if talk.is_deleted and reply.status_code == 404:
        return
    if reply.status_code == 409:
        assert reply.json()["error"]["code"] == "already_answering", reply.text[:200]
        return
    talk.took(_posted(reply))
    kind = Random(talk.mark).choice(["fast", "flapping"])
    talk.follow(talk.answers[-1], ReaderPlan(kind=kind, seed=len(talk.answers), guest=False))


async def deletes_the_conversation(talk: Talk) -> None:
    """After this nothing of it is to be found."""
    # Before the reply, which may get lost: a reader may be told first.
    talk.is_deleted = True
    reply = await talk.says(f"/c/{talk.answers[0]['conversation']}/delete/")
    assert reply.status_code in {200, 404}, f"Delete: {reply.status_code} {reply.text[:200]}"


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
    "deletes the conversation": deletes_the_conversation,
    "signs out": signs_out,
}
