"""The cited pages and the searches of an answer, as notes below it and in its task cards."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote_plus

from processor_service.ports.citations import Citations, WebPage
from processor_service.rendering.markdown.characters import neutralise
from processor_service.texts.answers import SEARCHES, SOURCES, WITHOUT_SEARCH
from shared.slack.blocks import Block, context
from shared.slack.message_text import escape
from shared.task import Locale

# Slack shows ten elements in a context block (docs.slack.dev, context block); one is the heading.
MAX_PAGES: Final = 8
MAX_SEARCHES: Final = 5
_TITLE_CHARS: Final = 70
_QUERY: Final = re.compile(r"[?#].*\Z", re.DOTALL)
# docs.slack.dev, url source element.
_LONGEST_SOURCE: Final = 3_000
# All blocks of a message hold some 13,200 characters, and the answer takes up to
# rendering.PART_BYTES of them. Google's addresses of found pages have some 200. One alone, with its
# number, stays within the 2,000 characters that a text in a context block may have.
_PAGES_CHARS: Final = 1_990
_SEARCHES_CHARS: Final = 700
_SEARCH_URL: Final = "https://www.google.com/search?q="
# Characters that would end a link in Slack's text, whose form is <url|label>.
_IN_URLS: Final = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E", " ": "%20"})


def sources_footer(citations: Citations, locale: Locale) -> list[Block]:
    """The blocks below an answer; none if nothing was looked up, unless a tool was missing."""
    links = [_link(page.url, _page_title(page)) for page in _web_pages(citations.pages)]
    pages = list(_fitting(links, MAX_PAGES, _PAGES_CHARS))
    numbered = [f"{number}. {link}" for number, link in enumerate(pages, start=1)]
    links = [_link(_SEARCH_URL + quote_plus(words), words) for words in citations.searches]
    searches = list(_fitting(links, MAX_SEARCHES, _SEARCHES_CHARS))
    blocks = [context(WITHOUT_SEARCH[locale])] if citations.missing else []
    if numbered:
        blocks.append(context(f"*{SOURCES[locale]}*", *numbered))
    if searches:
        blocks.append(context(f"*{SEARCHES[locale]}*", *searches))
    return blocks


def sources_text(citations: Citations, locale: Locale) -> list[str]:
    """The same as plain text, a paragraph each; Slack makes links of the addresses."""
    texts = [WITHOUT_SEARCH[locale]] if citations.missing else []
    if pages := _web_pages(citations.pages)[:MAX_PAGES]:
        lines = [
            f"{number}. {_page_title(page)} {page.url}" for number, page in enumerate(pages, 1)
        ]
        texts.append("\n".join([f"{SOURCES[locale]}:", *lines]))
    if citations.searches:
        texts.append(f"{SEARCHES[locale]}: " + " / ".join(citations.searches[:MAX_SEARCHES]))
    return texts


def sources_of_step(pages: Iterable[WebPage]) -> tuple[WebPage, ...]:
    """The pages as a task card takes them: Slack refuses all cards of a call for one address or
    title that is too long, and we show none for an hour then.
    """
    found = (page for page in _web_pages(pages) if len(page.url) <= _LONGEST_SOURCE)
    named = (WebPage(page.url, neutralise(_page_title(page)).strip()) for page in found)
    return tuple(page for page in named if page.title)[:MAX_PAGES]


def _web_pages(pages: Iterable[WebPage]) -> list[WebPage]:
    """The pages whose address a browser can open."""
    return [page for page in pages if page.url.startswith(("https://", "http://"))]


def _page_title(page: WebPage) -> str:
    """The page's title, or its place in the web; shortened."""
    title = " ".join((page.title.strip() or _place(page.url)).split())
    return title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1] + "…"


def _place(url: str) -> str:
    # Not by urllib, which raises for a host with a full-width slash in it or a bracket alone.
    return _QUERY.sub("", url.partition("://")[2]).rstrip("/")


def _fitting(links: Iterable[str], most: int, room: int) -> Iterator[str]:
    for link in links:
        if most and len(link) <= room:
            most, room = most - 1, room - len(link)
            yield link


def _link(url: str, label: str) -> str:
    return f"<{escape(url.translate(_IN_URLS))}|{escape(neutralise(label))}>"
