"""What Gemini's answers say, piece by piece (GenerateContentResponse in its REST API).

A number that is 0 and a list that is empty are left out there.
"""

from collections.abc import Mapping
from typing import Any, Final

from processor_service.attempts import Usage
from processor_service.ports.model import Piece
from processor_service.research import WebPage
from shared.errors import ModelRefused, ModelUnavailable

Chunk = Mapping[str, Any]

_FINISHED: Final = frozenset({"STOP", "MAX_TOKENS"})
# These end an answer because the vendor failed, not because of what was asked.
_FAILED: Final = frozenset(
    {
        "OTHER",
        "FINISH_REASON_UNSPECIFIED",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
    }
)


def piece_of(chunk: Chunk) -> Piece:
    """The next piece of the answer, without its sources.

    Raises ModelRefused where it ends for what was asked or said, and ModelUnavailable where it
    ends because Gemini failed.
    """
    blocked = chunk.get("promptFeedback", {}).get("blockReason")
    if blocked is not None:
        raise ModelRefused(f"Gemini blocked the question ({blocked}).", reason="question_blocked")
    candidate = _candidate(chunk)
    reason = candidate.get("finishReason")
    if reason in _FAILED:
        raise ModelUnavailable(f"Gemini broke off ({reason}).", reason="answer_broken_off")
    if reason is not None and reason not in _FINISHED:
        why = "answer_recited" if reason == "RECITATION" else "answer_blocked"
        raise ModelRefused(f"Gemini stopped the answer ({reason}).", reason=why)
    usage = chunk.get("usageMetadata", {})
    return Piece(
        text=_text(candidate),
        finished=reason is not None,
        truncated=reason == "MAX_TOKENS",
        prompt_tokens=_prompt_tokens(usage),
        output_tokens=_output_tokens(usage),
    )


def has_text(chunk: Chunk) -> bool:
    """Whether it says something that people are to read."""
    return bool(_text(_candidate(chunk)))


def usage_of(chunk: Chunk) -> Usage | None:
    """What a chunk says was used so far, if it does."""
    usage = chunk.get("usageMetadata")
    if usage is None:
        return None
    cached = usage.get("cachedContentTokenCount", 0)
    return Usage(
        input=_prompt_tokens(usage) - cached,
        cached=cached,
        output=usage.get("candidatesTokenCount", 0),
        thoughts=usage.get("thoughtsTokenCount", 0),
    )


def pages_of(chunk: Chunk) -> list[WebPage]:
    """What Google Search found and what was read of the pages that the question names."""
    candidate = _candidate(chunk)
    grounding = candidate.get("groundingMetadata", {})
    found = [one["web"] for one in grounding.get("groundingChunks", ()) if "web" in one]
    reading = candidate.get("urlContextMetadata", {})
    read = [
        one.get("retrievedUrl")
        for one in reading.get("urlMetadata", ())
        if one.get("urlRetrievalStatus") == "URL_RETRIEVAL_STATUS_SUCCESS"
    ]
    pages = [
        WebPage(web["uri"], web.get("title") or web.get("domain") or "")
        for web in found
        if web.get("uri")
    ]
    return [*pages, *(WebPage(url) for url in read if url)]


def searches_of(chunk: Chunk) -> list[str]:
    """What Google was searched for."""
    grounding = _candidate(chunk).get("groundingMetadata", {})
    searches: list[str] = grounding.get("webSearchQueries", [])
    return searches


def _candidate(chunk: Chunk) -> Mapping[str, Any]:
    candidates = chunk.get("candidates")
    candidate: Mapping[str, Any] = candidates[0] if candidates else {}
    return candidate


def _text(candidate: Mapping[str, Any]) -> str:
    """What is said; what was thought is not shown."""
    parts = candidate.get("content", {}).get("parts", ())
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def _prompt_tokens(usage: Mapping[str, int]) -> int:
    """What was asked and what tools brought in: both are paid for."""
    return usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0)


def _output_tokens(usage: Mapping[str, int]) -> int:
    """What was written and what was thought: both are paid for."""
    return usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
