"""Why a picture is not taken, in one tree. The words are for the person: what is wrong, and what to do.

Refused
├── Empty, TooManyBytes, NotAPicture, KindNotTaken      seen in the first bytes, nothing is decoded
├── TooManyPixels, TooSmall, TooThin                    seen there too, and again by the decoder
├── Truncated, Broken                                   it cannot be decoded
├── Bomb, TooMuchMemory, TooSlow                        decoding costs more than a picture may
└── Busy, NoRoom, NoDecoder                             not the picture's fault: ``permanent`` is False
"""

from typing import ClassVar

from chatapp.images.limits import LEAST_SIDE_PX, LONGEST_SIDE_PX, MOST_BYTES, MOST_PIXELS, MOST_RATIO

TAKEN = "PNG, JPEG, WebP, GIF or HEIC"


class Refused(Exception):
    """A picture that is not taken.

    ``code`` is stable and for programs, ``str()`` is a sentence for the person. ``permanent`` says that sending the
    same file again gives the same answer. The facts fill the gaps of ``words``.
    """

    code: ClassVar[str] = "refused"
    permanent: ClassVar[bool] = True
    words: ClassVar[str] = "This picture cannot be taken."

    def __init__(self, **facts: int | str) -> None:
        super().__init__(self.words.format(**facts))
        self.facts = facts


class Empty(Refused):
    """No bytes."""

    code = "empty"
    words = "This file is empty. Choose the picture again."


class TooManyBytes(Refused):
    """The file is too large."""

    code = "too_many_bytes"
    words = (
        f"This file is larger than {MOST_BYTES // 10**6} MB. Make the picture smaller, or save it as JPEG, and send it"
        " again."
    )


class NotAPicture(Refused):
    """No kind of picture we know."""

    code = "not_a_picture"
    words = f"This file is not a picture. Send a {TAKEN} picture."


class KindNotTaken(Refused):
    """Something we know and do not take; ``what`` names it, with its article."""

    code = "kind_not_taken"
    words = f"This is {{what}}. Save it as PNG or JPEG and send that: {TAKEN} pictures can be taken."


class TooManyPixels(Refused):
    """Too large to decode; ``width`` and ``height`` in px."""

    code = "too_many_pixels"
    words = (
        f"This picture is {{width:,}} × {{height:,}} pixels. At most {MOST_PIXELS // 10**6} million pixels, and"
        f" {LONGEST_SIDE_PX:,} on a side, can be taken. Make it smaller and send it again."
    )


class TooSmall(Refused):
    """Too small for the model; ``width`` and ``height`` in px."""

    code = "too_small"
    words = (
        f"This picture is {{width:,}} × {{height:,}} pixels. The model sees nothing unless each side has more than"
        f" {LEAST_SIDE_PX}: send a larger one."
    )


class TooThin(Refused):
    """Too long and thin for the model; ``width`` and ``height`` in px."""

    code = "too_thin"
    words = (
        f"This picture is {{width:,}} × {{height:,}} pixels. The model takes none that is more than {MOST_RATIO} times"
        " as long as wide: cut it into pieces and send those."
    )


class Truncated(Refused):
    """The end of the file is missing."""

    code = "truncated"
    words = "The end of this picture is missing; perhaps it was not fully copied or downloaded. Get it again."


class Broken(Refused):
    """It cannot be decoded."""

    code = "broken"
    words = "This picture is damaged and cannot be opened. Save it anew as PNG or JPEG and send that."


class Bomb(Refused):
    """Small as a file, far too large when unpacked."""

    code = "bomb"
    words = "This picture unpacks to far more than a picture needs. Save it anew as PNG or JPEG and send that."


class TooMuchMemory(Refused):
    """Its decoder asked for more memory than it may have."""

    code = "too_much_memory"
    words = "This picture needs too much memory to open. Save it anew as JPEG, or make it smaller, and send that."


class TooSlow(Refused):
    """Its decoder took longer than it may."""

    code = "too_slow"
    words = "This picture takes too long to open. Save it anew as JPEG, or make it smaller, and send that."


class Busy(Refused):
    """Its turn did not come in time."""

    code = "busy"
    permanent = False
    words = "Too many pictures are being looked at right now. Send this one again in a moment."


class NoRoom(Refused):
    """The disk is full."""

    code = "no_room"
    permanent = False
    words = "There is no room left for pictures. Tell the people who run this site."


class NoDecoder(Refused):
    """The decoder does not start: the installation is broken."""

    code = "no_decoder"
    permanent = False
    words = "Pictures cannot be looked at right now. Tell the people who run this site."


BY_CODE: dict[str, type[Refused]] = {kind.code: kind for kind in Refused.__subclasses__()}
