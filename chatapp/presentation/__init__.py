"""What templates show: turns, endings and the drawer as plain values, read in a fixed number of queries.

`values` are what templates get, `rows` what the database holds for a page; `turns`, `outcomes` and `drawers` make the
one of the other; `pieces` keeps what templates made of them.
"""

from chatapp.presentation.drawers import Drawer, drawer
from chatapp.presentation.outcomes import offer_html, outcome_html
from chatapp.presentation.pieces import piece, pieces
from chatapp.presentation.rows import Usage
from chatapp.presentation.turns import PAGE_TURNS, blank, page_of, turn_of, turns_of
from chatapp.presentation.values import (
    ConversationLink,
    ConversationRow,
    Fact,
    ImageView,
    Outcome,
    PartView,
    Siblings,
    Turn,
)

__all__ = [
    "PAGE_TURNS",
    "ConversationLink",
    "ConversationRow",
    "Drawer",
    "Fact",
    "ImageView",
    "Outcome",
    "PartView",
    "Siblings",
    "Turn",
    "Usage",
    "blank",
    "drawer",
    "offer_html",
    "outcome_html",
    "page_of",
    "piece",
    "pieces",
    "turn_of",
    "turns_of",
]
