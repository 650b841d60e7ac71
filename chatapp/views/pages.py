"""Pages of long lists."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest

from chatapp.models import Conversation, User
from chatapp.prepared import Prepared

LIST_PAGE = 50


@dataclass(frozen=True, slots=True)
class KeptList:
    """A person's list as a paginator slices it, asked for by kept statements (`owner`, `skip`, `take`): one from its
    beginning, one from its end."""

    owner: int
    forth: Prepared[Any]
    back: Prepared[Any]

    def __getitem__(self, part: slice) -> list[Any]:
        return self.forth(owner=self.owner, skip=part.start, take=part.stop - part.start)

    def reverse(self) -> "KeptList":
        return KeptList(self.owner, self.back, self.forth)


def conversations(*fields: str) -> Callable[[User], KeptList]:
    """These fields of a person's conversations as the list shows them, the newest first."""

    def rows(owner: int) -> Any:
        shown = Conversation.objects.filter(owner_id=owner, deleted_at__isnull=True)
        return shown.recent().values_list(*fields, named=True)

    forth: Prepared[Any] = Prepared(lambda owner, skip, take: rows(owner)[skip : skip + take])
    back: Prepared[Any] = Prepared(lambda owner, skip, take: rows(owner).reverse()[skip : skip + take])
    return lambda user: KeptList(user.pk, forth, back)


SHOWN = conversations("public_id", "title", "active_at")


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
