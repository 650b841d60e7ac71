"""Who a session belongs to, asked with every request and socket."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from chatapp.models import User
from chatapp.prepared import Prepared

_person: Prepared[User] = Prepared(lambda pk: User.objects.filter(pk=pk))


class Backend(AuthenticationBackend):
    """allauth's sign-in by address and password; the person is read by a statement that is kept."""

    def get_user(self, user_id: Any) -> User | None:
        found = _person.first(pk=user_id)
        return found if found and self.user_can_authenticate(found) else None
