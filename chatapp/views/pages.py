"""Pages of long lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest

from chatapp.models import Conversation, User
from chatapp.prepared import Prepared
from chatapp.views.access import signed_in

LIST_PAGE = 50
SIDEBAR_CONVERSATIONS = 60


@dataclass(frozen=True, slots=True)
class KeptList:
    """A person's list as a paginator slices it, asked for by kept statements (`owner`, `skip`, `take`): one from its
    beginning, one from its end. Of its beginning some may be `known`."""

    owner: int
    forth: Prepared[Any]
    back: Prepared[Any]
    known: Sequence[Any] = ()

    def __getitem__(self, part: slice) -> list[Any]:
        if part.stop <= len(self.known):
            return list(self.known[part])
        return self.forth(owner=self.owner, skip=part.start, take=part.stop - part.start)

    def reverse(self) -> "KeptList":
        return KeptList(self.owner, self.back, self.forth)


def conversations(*fields: str) -> Callable[..., KeptList]:
    """These fields of a person's conversations as the list shows them, the newest first: a function of the person, and
    of what is known."""

    def rows(owner: int) -> Any:
        shown = Conversation.objects.filter(owner_id=owner, deleted_at__isnull=True)
        return shown.recent().values_list(*fields, named=True)

    forth: Prepared[Any] = Prepared(lambda owner, skip, take: rows(owner)[skip : skip + take])
    back: Prepared[Any] = Prepared(lambda owner, skip, take: rows(owner).reverse()[skip : skip + take])

    def shown(user: User, known: Sequence[Any] = ()) -> KeptList:
        return KeptList(user.pk, forth, back, known)

    return shown


SHOWN = conversations("public_id", "title", "active_at")


def recent(request: HttpRequest) -> list[Any]:
    """The newest of SHOWN, and one more than the sidebar shows: asked for once, whoever of a page wants them."""
    found: list[Any] | None = getattr(request, "recent_conversations", None)
    if found is None:
        found = SHOWN(signed_in(request))[0 : SIDEBAR_CONVERSATIONS + 1]
        request.recent_conversations = found  # type: ignore[attr-defined]
    return found


class NearPaginator(Paginator):  # type: ignore[type-arg]
    """Walks to a page from the nearer end of the list."""

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        rows: Any = self.object_list
        start, end = (number - 1) * self.per_page, min(number * self.per_page, self.count)
        if start < self.count / 2:
            return Page(list(rows[start:end]), number, self)
        return Page(list(rows.reverse()[self.count - end : self.count - start])[::-1], number, self)


def page_of(everything: Any, request: HttpRequest, *, count: int | None = None) -> "Page[Any]":
    """The page of an ordered set that `?page=` names, the first without it. Raises Http404.

    `count` is how many there are, where that is known.
    """
    paginator = NearPaginator(everything, LIST_PAGE)
    if count is not None:
        paginator.count = count
    try:
        return paginator.page(request.GET.get("page", "1"))
    except InvalidPage as wrong:
        raise Http404 from wrong
