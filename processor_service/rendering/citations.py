"""The notes below an answer that used the web: the cited pages and the searches."""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote_plus

from processor_service.ports.citations import Citations
from processor_service.rendering.cited_pages import MAX_PAGES, page_title, web_pages
from processor_service.rendering.markdown.characters import neutralise
from processor_service.texts.answers import SEARCHES, SOURCES, WITHOUT_SEARCH
from shared.slack.blocks import Block, context
from shared.slack.message_text import escape
from shared.task import Locale

MAX_SEARCHES: Final = 5
# All blocks of a message hold some 13,200 characters, and the answer takes up to
# rendering.PART_BYTES of them. Google's addresses of found pages have some 200.
_PAGES_CHARS: Final = 2_000
_SEARCHES_CHARS: Final = 700
_SEARCH_URL: Final = "https://www.google.com/search?q="
# Characters that would end a link in Slack's text, whose form is <url|label>.
_IN_URLS: Final = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E", " ": "%20"})


def sources_footer(citations: Citations, locale: Locale) -> list[Block]:
    """The blocks below an answer; none if nothing was looked up, unless a tool was missing."""
    links = [_link(page.url, page_title(page)) for page in web_pages(citations)]
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
    if pages := web_pages(citations)[:MAX_PAGES]:
        lines = [f"{number}. {page_title(page)} {page.url}" for number, page in enumerate(pages, 1)]
        texts.append("\n".join([f"{SOURCES[locale]}:", *lines]))
    if citations.searches:
        texts.append(f"{SEARCHES[locale]}: " + " / ".join(citations.searches[:MAX_SEARCHES]))
    return texts


def _fitting(links: Iterable[str], most: int, room: int) -> Iterator[str]:
    for link in links:
        if most and len(link) <= room:
            most, room = most - 1, room - len(link)
            yield link


def _link(url: str, label: str) -> str:
    return f"<{escape(url.translate(_IN_URLS))}|{escape(neutralise(label))}>"
