"""Pages of long lists."""

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest

LIST_PAGE = 50


class KeyPaginator(Paginator):  # type: ignore[type-arg]
    """Finds a page's rows by their keys, which an index has in order: what comes before them is not read."""

    def _get_page(self, shown: Any, number: int, paginator: "Paginator[Any]") -> "Page[Any]":
        keys = list(shown.values_list("pk", flat=True))
        everything: Any = self.object_list
        return Page(list(everything.filter(pk__in=keys)), number, paginator)


def page_of(everything: Any, request: HttpRequest) -> "Page[Any]":
    """The page of an ordered set that `?page=` names, the first without it. Raises Http404."""
    try:
        return KeyPaginator(everything, LIST_PAGE).page(request.GET.get("page", "1"))
    except InvalidPage as wrong:
        raise Http404 from wrong
