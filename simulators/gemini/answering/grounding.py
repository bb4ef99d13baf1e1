"""What a built-in tool leaves beside the answer: sources of a search, and pages that were read.

Nothing is searched and nothing is fetched. Search results are pages of example.com and its
siblings; a page counts as read unless its host can't exist (``.invalid``).
"""

import hashlib
import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

from simulators.gemini.demo_answers import Question
from simulators.gemini.protocol.payload import GenerateContentRequest

JsonObject = dict[str, Any]

TOKENS_A_LOOKUP = 120
"""What one search or page costs in the prompt; an estimate."""

_HOSTS = ("example.com", "example.org", "example.net")
_URL = re.compile(r"https?://[^\s<>|\"'、。）)]+")
_AFTER_URLS = ".,;:!?"
_SENTENCE = re.compile(r"[^\n。.!?！？]{8,}[。.!?！？]")


def looked_up(request: GenerateContentRequest, question: Question, text: str) -> JsonObject:
    """The candidate's fields about its tools; {} if none was asked for or needed."""
    found: JsonObject = {}
    if any(tool.google_search is not None for tool in request.tools) and not question.is_greeting:
        found["groundingMetadata"] = _of_search(question, text)
    urls = [url.rstrip(_AFTER_URLS) for url in _URL.findall(question.text)]
    if urls and any(tool.url_context is not None for tool in request.tools):
        pages = [_of_page(url) for url in dict.fromkeys(urls)]
        found["urlContextMetadata"] = {"urlMetadata": pages}
    return found


def lookups(found: Mapping[str, Any]) -> int:
    """How many searches and pages are in the fields that ``looked_up`` gave."""
    searches = found.get("groundingMetadata", {}).get("webSearchQueries", ())
    return len(searches) + len(found.get("urlContextMetadata", {}).get("urlMetadata", ()))


def _of_search(question: Question, text: str) -> JsonObject:
    query = question.topic or question.plain
    return {
        "webSearchQueries": [query],
        "groundingChunks": [
            {"web": {"uri": _redirect(host, query), "title": host}} for host in _HOSTS
        ],
        "groundingSupports": _supports(text),
        "searchEntryPoint": {"renderedContent": _chip(query)},
    }


def _redirect(host: str, query: str) -> str:
    """Google, too, gives no page's own address but one that leads there."""
    token = hashlib.sha256(f"{host} {query}".encode()).hexdigest()
    return f"https://{host}/grounding-api-redirect/{token}"


def _supports(text: str) -> list[JsonObject]:
    """The first sentences, each with the source it is said to come from; places are in bytes."""
    found = []
    for index, match in zip(range(len(_HOSTS)), _SENTENCE.finditer(text), strict=False):
        start = len(text[: match.start()].encode())
        segment = {
            "startIndex": start,
            "endIndex": start + len(match[0].encode()),
            "text": match[0],
        }
        found.append({"segment": segment, "groundingChunkIndices": [index]})
    return found


def _chip(query: str) -> str:
    address = f"https://www.google.com/search?q={quote_plus(query)}"
    return f'<div class="container"><a class="chip" href="{address}">{html.escape(query)}</a></div>'


def _of_page(url: str) -> JsonObject:
    gone = (urlsplit(url).hostname or "").endswith(".invalid")
    status = "ERROR" if gone else "SUCCESS"
    return {"retrievedUrl": url, "urlRetrievalStatus": f"URL_RETRIEVAL_STATUS_{status}"}
