"""The socket's vocabulary: everything the server can say to a browser, and everything a browser may say.

One frozen type each, encoded by msgspec with `type` as the tag. docs/protocol.md is made from this file by
`manage.py protocol`. A browser never authors history here: asking, stopping and editing are POSTs of forms.
"""

import re
from typing import Annotated, Any

import msgspec

PROTOCOL = 1

# Close codes of our own (4000 to 4999 are free for applications).
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_TOO_MANY = 4408
CLOSE_FLOOD = 4429
CLOSE_RESTART = 1012


# What JavaScript can count to.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
# An id, as a browser says it.
Key = Annotated[str, msgspec.Meta(max_length=64)]


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Common form of all frames."""


# --- server to browser ---------------------------------------------------------------------------------------


class Hello(_Frame, frozen=True, kw_only=True, tag="hello"):
    """The socket is open. A browser whose page was made for another `protocol` or `release` offers to reload."""

    protocol: int
    release: str


class Watching(_Frame, frozen=True, kw_only=True, tag="watching"):
    """The answer to `watch`: the conversation is being told. `leaf` is the last message of the shown branch, so that
    a browser can see whether its page is whole; `attempt` is the newest attempt at it, if it is an answer: a page that
    shows an older one holds the message anew. `running` is the message being answered, if any."""

    conversation: str
    title: str
    leaf: str | None = None
    attempt: str | None = None
    running: str | None = None


class Added(_Frame, frozen=True, kw_only=True, tag="added"):
    """Turns were added to the watched conversation, here or elsewhere: fetch those after the last one you show.
    `attempt` is the newest attempt at `message`: who shows it already, with an older one, holds it anew."""

    conversation: str
    message: str
    attempt: str | None = None


class Resumed(_Frame, frozen=True, kw_only=True, tag="resumed"):
    """The last answer of the watched conversation, which had ended or was thinking for long, is written on by another
    attempt: hold it anew."""

    conversation: str
    leaf: str
    attempt: str


class Renamed(_Frame, frozen=True, kw_only=True, tag="renamed"):
    """The watched conversation has another title, or another branch is shown (`leaf`)."""

    conversation: str
    title: str
    leaf: str | None = None


class Gone(_Frame, frozen=True, kw_only=True, tag="gone"):
    """The watched conversation does not exist, is not yours, or was deleted."""

    conversation: str


class PartFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a browser lacks of one part.

    Keep the first `since` blocks of the part, drop the others, append `html` (whole blocks, each
    `<div class="block">`), then set the tail's inner HTML: keep the first `tail_keep` UTF-16 units of the last tail
    you were sent on this socket and append `tail`. Without `tail` the part has no tail any more. With `whole` you hold
    all of the part, and it stays as it is.
    `label` is the thinking pane's headline ("Thinking", "Thought for 12.4 s"); `folded` says whether the preference
    *auto* folds this pane by now.
    """

    position: int
    kind: str
    since: int = 0
    whole: bool = False
    html: str = ""
    tail_keep: int = 0
    tail: str | None = None
    label: str = ""
    folded: bool = False


class Progress(_Frame, frozen=True, kw_only=True, tag="progress"):
    """What a browser lacks of one answer. `revision` names the lineage of the blocks: when it changes, every part
    comes whole. `word` is the state for a reader, `elapsed_ms` the time since the question was sent. `outcome` (HTML:
    the ending in words, buttons, footer) comes once the attempt has ended, again when it is settled; while it runs it
    is what can be done about a long thought, and a running answer without it has none. `checksum` comes with
    `settled`. `delayed` says that saving is delayed, so the text stands still. Counted by acknowledgements."""

    message: str
    attempt: str
    revision: str
    state: str
    word: str
    elapsed_ms: int
    reason: str = ""
    parts: list[PartFrame] = []
    notice: str = ""
    outcome: str | None = None
    settled: bool = False
    checksum: str = ""
    delayed: bool = False


class Pong(_Frame, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""


class Error(_Frame, frozen=True, kw_only=True, tag="error"):
    """A frame was not understood (`bad_request`) or names what you cannot see (`not_found`). The socket stays open."""

    code: str
    message: str


SERVER_FRAMES: tuple[type[_Frame], ...] = (Hello, Watching, Added, Resumed, Renamed, Gone, Progress, Pong, Error)


# --- browser to server ---------------------------------------------------------------------------------------


class Watch(_Frame, frozen=True, kw_only=True, tag="watch"):
    """Tell me what happens in this conversation (one at a time: the last `watch` wins)."""

    conversation: Key


class Hold(_Frame, frozen=True, kw_only=True, tag="hold"):
    """I show this answer and hold these many blocks of each part of this revision: send me the rest, and what comes.
    `parts` maps a part's position to the number of blocks. Sent for each answer on the page that has not settled."""

    message: Key
    revision: str = ""
    parts: dict[str, Count] = {}

    def blocks(self) -> dict[int, int]:
        """The counts by position; what names no position is left out, however long it is."""
        return {int(place): count for place, count in self.parts.items() if re.fullmatch("[0-9]{1,9}", place)}


class Ack(_Frame, frozen=True, kw_only=True, tag="ack"):
    """I have applied this many `progress` frames on this socket so far. Said at once after four, else twice a
    second."""

    count: Count


class Ping(_Frame, frozen=True, kw_only=True, tag="ping"):
    """Are you there?"""


Command = Watch | Hold | Ack | Ping
BROWSER_FRAMES: tuple[type[_Frame], ...] = (Watch, Hold, Ack, Ping)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Command)


def encode(frame: _Frame) -> str:
    """The frame as JSON text."""
    return _encoder.encode(frame).decode()


def decode(data: str | bytes) -> Any:
    """A browser's frame. Raises ValueError for anything that is not one of BROWSER_FRAMES."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as wrong:
        raise ValueError("not a frame of this protocol") from wrong
