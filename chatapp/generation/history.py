"""What an attempt needs to begin: the row claimed and the conversation so far read, in one verb."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatapp.generation.further import said_so_far
from chatapp.models import Generation, Journal, Message, Part
from chatapp.prepared import Prepared, change
from chatapp.words import PartKind, Purpose, Reason, Role, State

# More than any model reads, about two million tokens: what was said before that is only counted. Read so many messages
# at a time, newest first.
MOST_READ_CHARS = 6_000_000
READ_AT_ONCE = 64

# A question whose answer ended so keeps its words for later turns, not its pictures.
PICTURE_TROUBLE = (Reason.PICTURE, Reason.TOO_LARGE)
_REFUSALS = {State.FILTERED: (Reason.QUESTION,), State.FAILED: PICTURE_TROUBLE}
# The fields of a Picture.
_IMAGE = ("image__stored_as", "image__model_media_type", "image__model_size", "image__tokens")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the model gets it: its name in the store, and what it counts for."""

    stored_as: str
    media_type: str
    size: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier or present turn: its text, and the pictures of a question."""

    role: Role
    text: str
    pictures: tuple[Picture, ...] = ()
    # Ours, not the person's: it asks the model to write on.
    is_request: bool = False
    # Too far back for any model: it counts, but its words were not read.
    is_unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed attempt with the turns up to and including its question, oldest first."""

    generation_id: int
    generation_key: str
    message_id: int
    conversation_id: int
    conversation_key: str
    person_key: str
    number: int
    first_position: int
    sent_at: datetime
    since_sent_ms: int
    parameters: dict[str, Any]
    turns: tuple[Said, ...]


_queued: Prepared[Generation] = Prepared(
    lambda pk: Generation.objects.filter(pk=pk).select_related("message", "conversation__owner")
)
_last_position: Prepared[int] = Prepared(
    lambda message: Part.objects.filter(message_id=message).order_by("-position").values_list("position", flat=True)[:1]
)
_roles: Prepared[tuple[int, str]] = Prepared(lambda ids: Message.objects.filter(pk__in=ids).values_list("pk", "role"))
_said: Prepared[tuple[Any, ...]] = Prepared(
    lambda ids: (
        Part.objects.filter(message_id__in=ids, kind__in=[PartKind.TEXT, PartKind.IMAGE])
        .order_by("message_id", "position")
        .values_list("message_id", "position", "text", "settled", *_IMAGE)
    )
)
_journalled: Prepared[tuple[int, int, str]] = Prepared(
    lambda ids: (
        Journal.objects.filter(generation__message_id__in=ids)
        .order_by("generation_id", "seq")
        .values_list("generation__message_id", "position", "text")
    )
)
_badly_ended: Prepared[tuple[int, str, str]] = Prepared(
    lambda ids: Generation.objects.filter(message_id__in=ids, state__in=sorted(_REFUSALS)).values_list(
        "message_id", "state", "reason"
    )
)


def take_up(generation_id: int, owner: str) -> Job | None:
    """Claim an attempt for this process, unless it is claimed, and read its history. None when it is not to be had."""
    generation = _queued.first(pk=generation_id)
    return claimed(generation, owner) if generation else None


def claimed(generation: Generation, owner: str, words: str = "") -> Job | None:
    """As `take_up`, of an attempt whose message, conversation and person are at hand; and its question's `words`, if
    those are all that was said before it."""
    if not generation.is_claimed_by(owner) and not generation.claim(owner):
        return None
    message = generation.message
    last = _last_position.first(message=message.pk) if generation.number > 1 else None
    return Job(
        generation_id=generation.pk,
        generation_key=str(generation.public_id),
        message_id=message.pk,
        conversation_id=generation.conversation_id,
        conversation_key=str(generation.conversation.public_id),
        person_key=str(generation.conversation.owner.public_id),
        number=generation.number,
        first_position=0 if last is None else last + 1,
        sent_at=generation.sent_at,
        since_sent_ms=generation.elapsed_ms(),
        parameters=generation.parameters,
        turns=(
            *(
                [Said(Role.USER, words)]
                if words
                else said_before(message, with_pictures=generation.parameters.get("pictures") is not False)
            ),
            *(_said_so_far(message, Purpose(generation.purpose)) if last is not None else ()),
        ),
    )


def give_back(generation_id: int, owner: str) -> None:
    """Queue again what was claimed and is not begun."""
    change(Generation, generation_id, {"state": State.QUEUED, "owner": ""}, state=[State.WAITING], owner=[owner])


def _said_so_far(answer: Message, purpose: Purpose) -> list[Said]:
    """What further attempts begin from: what earlier ones wrote, and what is asked of the model now."""
    parts = Part.objects.filter(message=answer, kind__in=[PartKind.THINKING, PartKind.TEXT]).order_by("position")
    found = said_so_far(purpose, list(parts.values_list("kind", "text")))
    return [Said(Role.ASSISTANT, found[0]), Said(Role.USER, found[1], is_request=True)] if found else []


def said_before(answer: Message, *, with_pictures: bool = True) -> list[Said]:
    """The turns of the branch above `answer`, without thinking.

    An answer without text is dropped. The questions around it stay turns of their own, so that the older ones can be
    left out; the request joins what is left of them. A question that a filter refused is dropped with its answer, or
    every later turn would be refused for it too; pictures that were refused stay behind. `with_pictures` False leaves
    out the pictures of the question itself.
    """
    if answer.parent_id is not None and answer.depth == 1:
        return _only_question(answer.parent_id, with_pictures=with_pictures)
    ids = answer.path_up(steps=1_000_000)[:-1]
    roles = dict(_roles(ids=ids))
    texts, pictures, unread = _parts_of(ids)
    filtered, troubled = _refused(ids)
    if not with_pictures and ids:
        troubled.add(ids[-1])
    turns: list[Said] = []
    for place, pk in enumerate(ids):
        answered = ids[place + 1] if place + 1 < len(ids) else None
        if pk in filtered or answered in filtered:
            continue
        shown = () if pk in troubled or answered in troubled else tuple(pictures[pk])
        turn = Said(Role(roles[pk]), texts.get(pk, ""), shown, is_unread=pk in unread)
        if turn.text.strip() or turn.pictures or turn.is_unread:
            turns.append(turn)
    return turns


def _only_question(question: int, *, with_pictures: bool) -> list[Said]:
    """A first question is all that was said before its answer, and nothing of it is still being written."""
    text, pictures = "", []
    for _, _, words, _, *image in _said(ids=[question]):
        text += words
        if image[0] and with_pictures:
            pictures.append(Picture(*image))
    return [Said(Role.USER, text, tuple(pictures))] if text.strip() or pictures else []


def _parts_of(ids: Sequence[int]) -> tuple[dict[int, str], dict[int, list[Picture]], set[int]]:
    """(texts, pictures, messages that say something and are too far back to be read)"""
    texts: dict[int, str] = {}
    pictures: dict[int, list[Picture]] = defaultdict(list)
    start, room = len(ids), MOST_READ_CHARS
    while start and room > 0:
        some = ids[max(start - READ_AT_ONCE, 0) : start]
        _read(some, texts, pictures)
        room -= sum(len(texts.get(pk, "")) for pk in some)
        start -= len(some)
    return texts, pictures, _saying_something(ids[:start])


def _saying_something(ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    parts = Part.objects.filter(message_id__in=ids, kind__in=[PartKind.TEXT, PartKind.IMAGE])
    return set(parts.exclude(kind=PartKind.TEXT, settled=True, text="").values_list("message_id", flat=True))


def _read(ids: Sequence[int], texts: dict[int, str], pictures: dict[int, list[Picture]]) -> None:
    unsettled: dict[tuple[int, int], str] = defaultdict(str)
    # Before the parts: what settles in between is in these by then.
    for pk, position, text in _journalled(ids=ids):
        unsettled[pk, position] += text
    for pk, position, settled_text, settled, *image in _said(ids=ids):
        text = settled_text if settled else unsettled[pk, position]
        if image[0]:
            pictures[pk].append(Picture(*image))
        elif text:
            texts[pk] = f"{texts[pk]}\n\n{text}" if pk in texts else text


def _refused(ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """(answers whose question a filter refused, answers that failed for their pictures)"""
    ended = _badly_ended(ids=ids)
    refused = [(pk, State(state)) for pk, state, reason in ended if reason in _REFUSALS[State(state)]]
    filtered, troubled = ({pk for pk, state in refused if state == wanted} for wanted in _REFUSALS)
    return filtered, troubled
