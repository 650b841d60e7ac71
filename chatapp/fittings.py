"""What the rooms are fitted with by the settings: stores, parameters, renderers. Needs no started house.

wiring.py gives these to the rooms of a process; views and templates use them as they are.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings

from chatapp import knobs, rendering
from chatapp.generation import follower as following
from chatapp.generation.follower import Follower, Reading
from chatapp.generation.further import ANSWER_NOW_THINKING_TOKENS
from chatapp.generation.history import Job, Said
from chatapp.generation.settle import settle
from chatapp.generation.sources import read_earlier, read_stored
from chatapp.generation.sweeper import Sweeper
from chatapp.images.intake import Intake
from chatapp.images.store import Copy, Missing, Store
from chatapp.models import Generation, Image, User
from chatapp.openrouter.parameters import Parameters
from chatapp.openrouter.request import ImagePart, TextPart, Turn, build
from chatapp.words import Purpose

log = logging.getLogger(__name__)


def compose(job: Job, turns: Sequence[Said]) -> dict[str, Any]:
    """The body of the request for an attempt. Reads the pictures' files; one that is gone is left out."""
    return build(
        model=settings.MODEL,
        turns=[Turn(role=turn.role, parts=(TextPart(turn.text), *_pictures(turn))) for turn in turns],
        parameters=Parameters.from_json(job.parameters),
        system=job.parameters.get("system") or "",
        user=job.person_key,
        session_id=job.conversation_key,
    )


def _pictures(turn: Said) -> list[ImagePart]:
    found = []
    for picture in turn.pictures:
        try:
            found.append(ImagePart(picture.media_type, pictures().read(picture.stored_as, Copy.MODEL)))
        except Missing:
            log.error("a picture's files are gone: %s", picture.stored_as)
    return found


@cache
def pictures() -> Store:
    """Where pictures' files are."""
    return Store(settings.IMAGES_DIR)


@cache
def intake() -> Intake:
    """Takes pictures in, a few at a time for the whole process."""
    return Intake(folder=pictures().aside)


def parameters_for(user: User, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an attempt: the site's, then the person's, then the conversation's, within the ceilings."""
    return knobs.within(knobs.effective(settings.PARAMETERS, user.parameters, chosen), settings.CEILINGS)


def parameters_for_more(user: User, chosen: Mapping[str, Any], earlier: Generation, purpose: Purpose) -> dict[str, Any]:
    """The parameters of a further attempt: as the person has them now, with little thinking where it answers now."""
    found = parameters_for(user, chosen)
    if purpose == Purpose.ANSWER_NOW:
        kept = {name: value for name, value in (found.get("reasoning") or {}).items() if name == "exclude"}
        found["reasoning"] = kept | {"max_tokens": ANSWER_NOW_THINKING_TOKENS}
    if earlier.parameters.get("pictures") is False:
        found["pictures"] = False
    return found


def site_parameters() -> dict[str, Any]:
    """The site's defaults."""
    return dict(settings.PARAMETERS)


def ceilings() -> knobs.Ceilings:
    """What the operator allows at most."""
    found: knobs.Ceilings = settings.CEILINGS
    return found


def sweeper() -> Sweeper:
    """Removes what no message needs."""
    return Sweeper(
        remove=remove_pictures,
        sweep=lambda: pictures().sweep(Image.stored_among),
    )


def remove_pictures(names: Iterable[str]) -> None:
    """Remove pictures from the store whose rows are gone. What cannot be removed now the sweeper removes later."""
    for name in names:
        try:
            pictures().remove(name)
        except OSError as wrong:
            log.error("the file of a picture stays for now: %s", wrong)


def settle_attempt(generation_id: int) -> Reading | None:
    """Settle an ended attempt with this project's renderer."""
    return settle(generation_id, render=lambda text: rendering.join(rendering.render(text)), renderer=rendering.VERSION)


def follower(generation_id: int, message: str, attempt: str) -> Follower:
    """A new follower of an attempt that reads the database. `message` and `attempt` are the public ids."""
    return Follower(
        generation_id,
        message=message,
        attempt=attempt,
        read=read_stored,
        read_earlier=read_earlier,
        renderer=rendering.Incremental,
        wrap=rendering.wrap,
        version=rendering.VERSION,
        patience=settings.PATIENCE,
    )


def revision_of(generation: Generation) -> str:
    """What browsers call the blocks of this attempt at present."""
    return following.revision_name(generation.number, generation.revision, rendering.VERSION)


headline = following.headline_of
