"""Markdown of a model, which nobody vouches for, to safe HTML: whole (`render`) and while it grows (`Incremental`).

Three layers keep out what loads or runs, each by itself enough: raw HTML is text, pictures are links, and what is left
passes a list of allowed elements (`clean`) last, as the very string that is shown.
"""

from chatapp.rendering.incremental import Incremental
from chatapp.rendering.markup import join, plain, trusted, wrap
from chatapp.rendering.settled import render

# Stored with the HTML; raise it when the same text gives other HTML.
VERSION = 2

__all__ = ["VERSION", "Incremental", "join", "plain", "render", "trusted", "wrap"]
