"""Pages of long lists."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest

from chatapp.prepared import Prepared

LIST_PAGE = 50


@dataclass(frozen=True, slots=True)
class KeptList:
    """A person's list as a paginator slices it, asked for by kept statements: one from its beginning, one from its
    end, both with `owner`, `skip` and `take`."""

    owner: int
    forth: Prepared[Any]
    back: Prepared[Any]

    def __getitem__(self, part: slice) -> list[Any]:
        return self.forth(owner=self.owner, skip=part.start, take=part.stop - part.start)

    def reverse(self) -> "KeptList":
        return KeptList(self.owner, self.back, self.forth)


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
