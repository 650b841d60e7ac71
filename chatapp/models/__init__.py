"""The tables, their querysets and verbs. State moves by conditional update; order is by seq and position.

On PostgreSQL a transaction that locks rows of several tables locks them in this order, else two of them wait for each
other: the person; the conversation; its attempts, by key; what messages and attempts have; pictures, by key. SQLite
lets one transaction write at a time.
"""

from chatapp.models.call import Call
from chatapp.models.conversation import Conversation
from chatapp.models.generation import Generation
from chatapp.models.image import Image
from chatapp.models.journal import Journal
from chatapp.models.message import Message
from chatapp.models.part import Part
from chatapp.models.posted import Posted
from chatapp.models.user import User

__all__ = ["Call", "Conversation", "Generation", "Image", "Journal", "Message", "Part", "Posted", "User"]
