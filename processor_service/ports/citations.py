"""What a model looked up for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class WebPage:
    """A page that an answer rests on."""

    url: str
    title: str = ""


@dataclass(frozen=True)
class Citations:
    """The pages that an answer rests on, and what was searched for, each once and in order.

    ``missing``: the answer was to be made with tools, and had to be made without them.
    """

    pages: tuple[WebPage, ...] = ()
    searches: tuple[str, ...] = ()
    missing: bool = False

    def merged_with(self, pages: Iterable[WebPage], searches: Iterable[str]) -> "Citations":
        """This and what else was looked up."""
        by_url: dict[str, WebPage] = {}
        for page in (*self.pages, *pages):
            by_url.setdefault(page.url, page)
        found = tuple(dict.fromkeys((*self.searches, *searches)))
        return replace(self, pages=tuple(by_url.values()), searches=found)
