"""The engine: runs one attempt from its claim to its ending. Owned by the runner, told by nobody, telling nobody but
the journal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ParamSpec, Protocol

from django.db import Error, transaction

from chatapp import wording
from chatapp.generation.draft import Draft, DraftFull
from chatapp.generation.facts import FactBook
from chatapp.generation.history import Job, take_up
from chatapp.generation.journal import JournalWriter
from chatapp.generation.offload import offload
from chatapp.generation.trimming import choose_pictures, fit
from chatapp.models import Call, Generation
from chatapp.openrouter import events
from chatapp.openrouter.errors import UpstreamError
from chatapp.openrouter.verdict import Verdict
from chatapp.words import PartKind, Reason, State

log = logging.getLogger(__name__)

P = ParamSpec("P")

AHEAD_SECONDS = 0.01
# So much text takes longer to count and to copy than the way to a thread and back.
LONG_CHARS = 200_000


class Answering(Protocol):
    """A streamed answer (openrouter.stream.AnswerStream): batches of events, and afterwards how it ended."""

    error: UpstreamError | None

    def __aiter__(self) -> AsyncIterator[list[events.Event]]: ...
    def verdict(self) -> Verdict: ...
    @property
    def generation_id(self) -> str: ...
    @property
    def sent(self) -> bool: ...
    @property
    def is_rushing(self) -> bool: ...


class Upstream(Protocol):
    """What the engine needs of the client of openrouter/."""

    def stream(self, body: dict[str, Any]) -> AbstractAsyncContextManager[Answering]: ...


class Compose(Protocol):
    """Builds the body of a request (openrouter.request through wiring)."""

    def __call__(self, job: Job, turns: Sequence[Any]) -> dict[str, Any]: ...


class Engine:
    """Runs attempts. `drafts` are those running in this process, by generation id."""

    def __init__(
        self,
        *,
        owner: str,
        upstream: Upstream,
        compose: Compose,
        journal: JournalWriter,
        settle: Callable[[int], object],
        ring: Callable[[int], None],
        facts: FactBook,
    ) -> None:
        self.drafts: dict[int, Draft] = {}
        self.is_leaving = False
        self._owner, self._upstream, self._compose = owner, upstream, compose
        self._journal, self._settle, self._ring = journal, settle, ring
        self._facts = facts

    async def run(self, generation_id: int, job: Job | None = None) -> None:
        """Claim the attempt, unless it comes claimed, and see it through to its ending and settling."""
        job = job or await offload(take_up, generation_id, self._owner)
        if job is None:
            # It may have been stopped before anybody took it up.
            await self._later(self._settle, generation_id)
            self._ring(generation_id)
            return
        draft = Draft(
            generation_id=job.generation_id,
            message_id=job.message_id,
            conversation_id=job.conversation_id,
            number=job.number,
            first_position=job.first_position,
            sent_at=job.sent_at,
            since_sent_ms=job.since_sent_ms,
        )
        self.drafts[generation_id] = draft
        self._journal.open(draft)
        self._ring(generation_id)
        try:
            await self._see_through(job, draft)
            draft.over = True
            await self._journal.written(draft)
            if draft.lost:
                # Ended from outside, so the journal writes no more of it; what was asked for is billed all the same.
                await self._later(note_calls, generation_id, draft.unwritten_calls())
            await self._later(self._settle, generation_id)
        finally:
            self._journal.close(draft)
            # Only now: until it is settled, readers of this process are served from the draft.
            self.drafts.pop(generation_id, None)
            self._ring(generation_id)

    async def _see_through(self, job: Job, draft: Draft) -> None:
        try:
            await self._answer(job, draft)
        except asyncio.CancelledError:
            if draft.lost:
                return
            draft.end(State.INTERRUPTED, Reason.RESTART if self.is_leaving else Reason.SERVER)
        except UpstreamError as wrong:
            self._fail(draft, wrong)
        except DraftFull:
            log.error("generation %s: the database was away for too long, ended", job.generation_key)
            draft.end(State.FAILED, Reason.STORAGE, "The answer could not be saved any more. Try again later.")
        except Exception:
            log.exception("generation %s: a defect of ours", job.generation_key)
            draft.end(State.FAILED, Reason.INTERNAL, "Something went wrong on this site. Try again.")

    async def _answer(self, job: Job, draft: Draft) -> None:
        # Pictures are read and encoded, and much text is counted and copied: not on the loop.
        is_much = any(turn.pictures for turn in job.turns) or sum(len(turn.text) for turn in job.turns) > LONG_CHARS
        body, notice = await asyncio.to_thread(self._request, job) if is_much else self._request(job)
        draft.note(notice)
        call: dict[str, Any] = {}
        async with self._upstream.stream(body) as answer:
            try:
                async for batch in answer:
                    for event in batch:
                        call = self._hear(event, draft, call)
                    if draft.lost:
                        return
                    if draft.is_dirty:
                        self._journal.dirty(draft)
                    await self._rest(draft, is_rushing=answer.is_rushing)
            finally:
                if answer.sent:
                    draft.used({"upstream_id": answer.generation_id[:128]} | call)
        if answer.error is not None:
            raise answer.error
        ending = answer.verdict()
        draft.end(ending.state, ending.reason, _explained(ending.reason))

    def _request(self, job: Job) -> tuple[dict[str, Any], str]:
        """(the body of the request, what is to be said of what it leaves out)"""
        room = self._facts.context_tokens - int(job.parameters.get("max_tokens") or 0)
        seen, pictures_omitted = choose_pictures(job.turns)
        turns, omitted, is_cut = fit(seen, system=job.parameters.get("system") or "", room_tokens=room)
        return self._compose(job, turns), wording.left_out(omitted, pictures_omitted, of_answer=is_cut)

    async def _rest(self, draft: Draft, *, is_rushing: bool) -> None:
        """Let the others run. What upstream says until the next commit is then read in one go, unless it is a lot."""
        if draft.is_waiting and not is_rushing:
            await self._journal.turn(draft)
        else:
            # A read that finds bytes waiting does not yield by itself: a fast upstream would starve the loop.
            await asyncio.sleep(0)
        while draft.is_ahead:  # noqa: ASYNC110 (the commit's end is what is waited for, or its failure)
            await asyncio.sleep(AHEAD_SECONDS)

    def _hear(self, event: events.Event, draft: Draft, call: dict[str, Any]) -> dict[str, Any]:  # noqa: C901
        """Take an event in; gives what is known of the present request (fields of Call)."""
        match event:
            case events.Thinking(text):
                draft.write(PartKind.THINKING, text)
            case events.Answer(text):
                draft.write(PartKind.TEXT, text)
            case events.Relabelled(kind):
                draft.relabel(kind)
            case events.Opened(upstream_id, model, provider):
                return call | {"upstream_id": upstream_id[:128], "model": model[:128], "provider": provider[:128]}
            case events.Finished(reason, native):
                return call | {"finish_reason": reason[:64], "native_finish_reason": native[:128]}
            case events.Usage():
                return call | self._used(event)
            case events.Retrying(error, after):
                log.warning("generation %s: asking again in %.1f s: %s", draft.generation_id, after, error)
                if call:
                    draft.used(call)
                return {}
        return call

    def _used(self, usage: events.Usage) -> dict[str, Any]:
        """Fields of Call. A server that names no price is reckoned by the list, if the model has one there."""
        listed = self._facts.facts.cost(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cost": usage.cost if usage.cost is not None else listed,
            "usage": usage.raw | ({"source": "list price"} if usage.cost is None and listed is not None else {}),
        }

    def _fail(self, draft: Draft, wrong: UpstreamError) -> None:
        log.warning("generation %s: %s", draft.generation_id, wrong)
        draft.end(wrong.state, wrong.reason, wrong.public)

    async def _later(self, verb: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await offload(verb, *args, **kwargs)
        except Error as refused:
            # The watchdog settles it when the database answers again.
            log.error("an attempt is not settled yet: %s", refused)


def note_calls(generation_id: int, calls: Sequence[dict[str, Any]]) -> None:
    """Store the calls of an attempt that was ended from outside; of one that is deleted nothing is kept.

    Those may be there that were committed without our hearing of it.
    """
    with transaction.atomic():
        # Locked, so that it is not deleted in between.
        if Generation.objects.select_for_update().filter(pk=generation_id).values_list("pk"):
            Call.objects.bulk_create(
                (Call(generation_id=generation_id, **call) for call in calls), ignore_conflicts=True
            )


def _explained(reason: Reason) -> str:
    if reason == Reason.EMPTY:
        return "The model ended without an answer. Try again."
    if reason == Reason.UPSTREAM:
        return "The model's provider had a problem. The text so far is kept; try again."
    return ""
