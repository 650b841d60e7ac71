"""Sessions in the database, as Django keeps them there, but looked up by a statement that is put together once.

Each request and each socket looks its session up, and Django takes ten times as long to put the question as the
database to answer it. Everything else, and what is stored, is Django's.
"""

from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_FIND = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


# The name is part of what signs the data: sessions of Django's own store stay valid.
class SessionStore(db.SessionStore):
    """Django's store with a quicker look."""

    def load(self) -> dict[str, Any]:
        """What the living session holds; of one that has expired, or never was, nothing, and its key is not used."""
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [self.session_key, connection.ops.adapt_datetimefield_value(timezone.now())])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        # A request may change what it is given.
        return deepcopy(_decoded(found[0]))


@lru_cache(maxsize=1000)
def _decoded(data: str) -> dict[str, Any]:
    """What signed data say; the same for each request of a person, most of whose cost was looking at the signature."""
    loaded: dict[str, Any] = SessionStore().decode(data)
    return loaded
