"""Messages as turns, settled or still growing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from chatapp import fittings, rendering, wording
from chatapp.models import Conversation, Generation, Message, Part, User
from chatapp.prepared import Prepared
from chatapp.presentation.outcomes import answer_now_url, outcome_of
from chatapp.presentation.rows import Rows, Usage, read_rows
from chatapp.presentation.values import ImageView, PartView, Siblings, Turn
from chatapp.words import ENDINGS, PartKind, ThinkingPane

PAGE_TURNS = 50


_messages: Prepared[Message] = Prepared(
    lambda ids, conversation: Message.objects.filter(pk__in=ids, conversation_id=conversation).select_related("parent")
)


def turns_of(messages: Sequence[Message], viewer: User) -> list[Turn]:
    """The messages as turns, in the order given."""
    rows = read_rows(messages)
    return [_turn(message, rows, viewer) for message in messages]


def turn_of(message: Message, viewer: User) -> Turn:
    """One message as a turn."""
    return turns_of([message], viewer)[0]


def page_of(conversation: Conversation, *, end: Message | None) -> tuple[list[Message], Message | None]:
    """(the last messages of the branch that ends at `end`, oldest first; the one before them, if there are more)"""
    if end is None:
        return [], None
    ids = end.path_up(PAGE_TURNS + 1)
    found = {message.pk: message for message in _messages(ids=ids, conversation=conversation.pk)}
    messages = [found[pk] for pk in ids if pk in found]
    return messages[-PAGE_TURNS:], messages[0] if len(messages) > PAGE_TURNS else None


def blank(kind: PartKind, viewer: User) -> PartView:
    """An empty part, for the page's template from which live parts are made."""
    is_open = kind == PartKind.THINKING and viewer.thinking_pane != ThinkingPane.FOLDED
    label = wording.thinking_label(started_ms=None, ended_ms=None) if kind == PartKind.THINKING else ""
    return PartView(position=None, kind=kind, html=SafeString(""), text="", label=label, open=is_open, running=True)


def _turn(message: Message, rows: Rows, viewer: User) -> Turn:
    common: dict[str, Any] = {
        "id": str(message.public_id),
        "role": message.role,
        "url": f"/messages/{message.public_id}/",
        "created_at": message.created_at,
        "siblings": rows.siblings.get(message.pk, Siblings()),
    }
    generation = rows.newest(message)
    if generation is None:
        stored = rows.parts[message.pk]
        return Turn(
            parts=tuple(_settled_part(part, viewer, None) for part in stored if part.kind != PartKind.IMAGE),
            pictures=tuple(ImageView.of(part.image) for part in stored if part.image),
            text="".join(part.text for part in stored),
            edit_url=reverse("message-edit", args=[message.public_id]),
            **common,
        )
    if generation.is_settled:
        parts = _settled_parts(rows.parts[message.pk], rows, viewer)
        revision, is_long = fittings.revision_of(generation), False
    else:
        parts, revision, is_long = _growing_parts(message, generation, viewer)
    return Turn(
        parts=parts,
        attempt=str(generation.public_id),
        revision=revision,
        answer_now_url=answer_now_url(message, rows) if is_long else "",
        state=generation.state,
        word=wording.state_word(generation.state),
        running=generation.is_running,
        settled=generation.is_settled,
        elapsed_ms=generation.elapsed_ms(),
        notice=generation.notice,
        outcome=outcome_of(message, generation, rows) if generation.state in ENDINGS else None,
        **common,
    )


def _settled_parts(parts: Sequence[Part], rows: Rows, viewer: User) -> tuple[PartView, ...]:
    """Upstream counts the thinking of an attempt as a whole: of several segments none can be told."""
    thoughts = Counter(part.generation_id for part in parts if part.kind == PartKind.THINKING)
    tokens = {pk: Usage.of(rows.calls[pk]).reasoning_tokens for pk, count in thoughts.items() if pk and count == 1}
    return tuple(_settled_part(part, viewer, tokens.get(part.generation_id or 0)) for part in parts)


def _settled_part(part: Part, viewer: User, thinking_tokens: int | None) -> PartView:
    label = ""
    if part.kind == PartKind.THINKING:
        label = wording.thinking_label(
            started_ms=part.started_ms or 0, ended_ms=part.ended_ms or 0, thinking_tokens=thinking_tokens
        )
    return PartView(
        position=part.position,
        kind=part.kind,
        # Rendered and sanitised by rendering/ when it was settled.
        html=rendering.trusted(part.html),
        text=part.text,
        label=label,
        open=part.kind == PartKind.THINKING and viewer.thinking_pane == ThinkingPane.OPEN,
    )


def _growing_parts(message: Message, generation: Generation, viewer: User) -> tuple[tuple[PartView, ...], str, bool]:
    """(the parts of an attempt that runs or is not settled yet, cut into blocks as its sockets cut them; the revision;
    whether it thinks for long)"""
    follower = fittings.follower(generation.pk, str(message.public_id), str(generation.public_id))
    follower.update()
    views = []
    for position, followed in sorted(follower.parts.items()):
        label, folded = fittings.headline(followed, follower)
        settled = followed.settled_html
        views.append(
            PartView(
                position=position,
                kind=followed.state.kind,
                html=rendering.trusted(settled)
                if settled is not None
                else rendering.join(followed.blocks, followed.tail),
                text="",
                label=label,
                open=followed.state.kind == PartKind.THINKING and _is_open(viewer, folded),
                running=followed.state.ended_ms is None,
            )
        )
    return tuple(views), follower.revision, follower.is_long


def _is_open(viewer: User, folded: bool) -> bool:
    if viewer.thinking_pane == ThinkingPane.AUTO:
        return not folded
    return viewer.thinking_pane == ThinkingPane.OPEN
