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
        near = rows[start:end] if start < self.count / 2 else rows.reverse()[self.count - end : self.count - start]
        return Page(list(rows.filter(pk__in=near.values("pk"))), number, self)


def page_of(everything: Any, request: HttpRequest) -> "Page[Any]":
    """The page of an ordered set that `?page=` names, the first without it. Raises Http404."""
    try:
        return KeyPaginator(everything, LIST_PAGE).page(request.GET.get("page", "1"))
    except InvalidPage as wrong:
        raise Http404 from wrong
