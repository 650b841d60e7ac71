"""What people do in a talk: they ask, then stop, delete, go on and the like, while the answer runs or after it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Any

import httpx

from tests.lab.proxy import Proxy
from tests.lab.rounds.plan import ReaderPlan
from tests.lab.rounds.talk import Talk


async def live(talk: Talk) -> None:
    """Play the talk as planned: ask, act, read, until every answer is settled and every reader has it."""
    await asyncio.sleep(talk.plan.at)
    talk.took(await ASKING[talk.plan.asking](talk, f"{talk.mark} simulate: {talk.plan.script}"))
    for reader in talk.plan.readers:
        talk.follow(talk.attempts[0], reader)
    asked_at = time.time()
    for act in talk.plan.acts:
        await asyncio.sleep(max(0.0, asked_at + act.at - time.time()))
        await ACTS[act.name](talk)
        talk.done_at.append(time.time())
    await talk.over()


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
