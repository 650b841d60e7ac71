"""What templates get: values that cannot change, so that what was made of them can be kept (see pieces.py)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from chatapp.models import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """Where a message stands among its siblings; previous and next are message ids."""

    position: int = 1
    count: int = 1
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One piece of a turn; `html` is safe to insert."""

    position: int | None
    kind: str
    html: SafeString
    text: str
    label: str = ""
    open: bool = False
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """A picture of a question. Sizes in px: the copy that the model gets, and the thumbnail."""

    id: str
    name: str
    width: int
    height: int
    tokens: int
    thumbnail_width: int
    thumbnail_height: int
    url: str
    thumbnail: str
    seen: str

    @classmethod
    def of(cls, image: Image) -> "ImageView":
        key = image.public_id
        return cls(
            id=str(key),
            name=image.name,
            width=image.model_width,
            height=image.model_height,
            tokens=image.tokens,
            thumbnail_width=image.thumbnail_width,
            thumbnail_height=image.thumbnail_height,
            url=reverse("image", args=[key]),
            thumbnail=reverse("image-thumbnail", args=[key]),
            seen=reverse("image-seen", args=[key]),
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the details of an answer."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended, in words, and what can be done."""

    message: str
    state: str
    reason: str
    sentence: str
    tone: str
    can_regenerate: bool
    regenerate_label: str
    figures: str
    url: str
    siblings: Siblings
    # Asking again without the question's pictures can help.
    can_leave_pictures: bool = False
    # Where the model is asked to write on, or to answer at once; "" where that makes no sense.
    continue_url: str = ""
    answer_now_url: str = ""
    # The limit that ended it can be raised.
    can_raise_limit: bool = False
    # A question that was refused can be put in other words.
    edit_url: str = ""
    facts: tuple[Fact, ...] = ()
    # What it cost is still being asked for.
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLink:
    """A line of the sidebar."""

    key: UUID
    title: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """A line of a list of conversations; `at` is when it was active, or deleted."""

    key: UUID
    title: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message as a page shows it."""

    id: str
    role: str
    url: str
    created_at: datetime
    siblings: Siblings
    parts: tuple[PartView, ...]
    pictures: tuple[ImageView, ...] = ()
    text: str = ""
    edit_url: str = ""
    attempt: str = ""
    revision: str = ""
    state: str = ""
    word: str = ""
    running: bool = False
    settled: bool = True
    elapsed_ms: int = 0
    notice: str = ""
    outcome: Outcome | None = None
    # While it thinks for long: where it is asked to answer at once.
    answer_now_url: str = ""
