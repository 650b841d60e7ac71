"""The tables, their querysets and verbs. State moves by conditional update; order is by seq and position."""

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
