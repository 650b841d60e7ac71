"""Pages of long lists."""

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest

LIST_PAGE = 50


class KeyPaginator(Paginator):  # type: ignore[type-arg]
    """Finds a page's rows by their keys, which an index has in order: of the rows before it nothing but the keys is
    read, and of two ways to a page the shorter is taken."""

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        rows: Any = self.object_list
        start, end = (number - 1) * self.per_page, min(number * self.per_page, self.count)
        is_late = start >= self.count / 2
        if is_late:
            rows, start, end = rows.reverse(), self.count - end, self.count - start
        near = rows[start:end]
        found = list(rows.filter(pk__in=near.values("pk")) if start else near)
        return Page(found[::-1] if is_late else found, number, self)


def page_of(everything: Any, request: HttpRequest, *, count: int | None = None) -> "Page[Any]":
    """The page of an ordered set that `?page=` names, the first without it. Raises Http404.

    `count` is how many there are, where that is known.
    """
    paginator = KeyPaginator(everything, LIST_PAGE)
    if count is not None:
        paginator.count = count
    try:
        return paginator.page(request.GET.get("page", "1"))
    except InvalidPage as wrong:
        raise Http404 from wrong
