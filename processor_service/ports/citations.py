"""The pages and searches behind an answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class WebPage:
    """A page that an answer cites."""

    url: str
    title: str = ""


@dataclass(frozen=True)
class Citations:
    """The cited pages and the searches, each once and in order.

    ``missing``: the answer should have used tools, but had to be made without them.
    """

    pages: tuple[WebPage, ...] = ()
    searches: tuple[str, ...] = ()
    missing: bool = False

    def merged_with(self, pages: Iterable[WebPage], searches: Iterable[str]) -> "Citations":
        """These citations and more."""
        by_url: dict[str, WebPage] = {}
        for page in (*self.pages, *pages):
            by_url.setdefault(page.url, page)
        found = tuple(dict.fromkeys((*self.searches, *searches)))
        return replace(self, pages=tuple(by_url.values()), searches=found)
