"""The pages that an answer cites, with titles that fit. It needs no Markdown: the task cards, which
come before an answer, name them, too.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from processor_service.ports.citations import Citations, WebPage
from processor_service.rendering.markdown.characters import neutralise

# Slack shows ten elements in a context block (docs.slack.dev, context block); one is the heading.
MAX_PAGES: Final = 8
_TITLE_CHARS: Final = 70
# docs.slack.dev, url source element.
_LONGEST_SOURCE: Final = 3_000


def sources_of_step(pages: Iterable[WebPage]) -> tuple[WebPage, ...]:
    """The pages as a task card takes them: Slack refuses all cards of a call for one address or
    title that is too long, and we show none for an hour then.
    """
    found = web_pages(Citations(tuple(pages)))
    found = [page for page in found if len(page.url) <= _LONGEST_SOURCE]
    named = (WebPage(page.url, neutralise(page_title(page)).strip()) for page in found)
    return tuple(page for page in named if page.title)[:MAX_PAGES]


def web_pages(citations: Citations) -> list[WebPage]:
    """The pages whose address a browser can open."""
    return [page for page in citations.pages if page.url.startswith(("https://", "http://"))]


def page_title(page: WebPage) -> str:
    """The page's title, or its place in the web; shortened."""
    title = " ".join(page.title.split()) or _place(page.url)
    return title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1] + "…"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")
