"""What Gemini's answers say, piece by piece (GenerateContentResponse in its REST API).

A number that is 0 and a list that is empty are left out there.
"""

from collections.abc import Mapping
from typing import Any, Final

from processor_service.ports.citations import WebPage
from processor_service.ports.model import Chunk
from processor_service.telemetry.attempt_metrics import TokenUsage
from shared.errors import MechachangError, ModelRefused, ModelRejected, ModelUnavailable

GeminiChunk = Mapping[str, Any]

_CONTINUATION: Final = "CONTINUATION"
# Each reason of ai.google.dev/api/generate-content and Vertex AI with what it means to us; one that
# is not here yet counts as Gemini's failure: to be called unsafe would wrong whoever asked.
FINISH_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("STOP", "MAX_TOKENS", _CONTINUATION), "finished"),
    **dict.fromkeys(("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "answer_blocked"),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT"), "answer_blocked"),
    **dict.fromkeys(("MODEL_ARMOR", "ESCALATION"), "answer_blocked"),
    **dict.fromkeys(("RECITATION", "IMAGE_RECITATION"), "answer_recited"),
    "LANGUAGE": "answer_language",
    "PUP_LIMITED_DISABLED": "model_misconfigured",
    **dict.fromkeys(("FINISH_REASON_UNSPECIFIED", "OTHER"), "answer_broken_off"),
    **dict.fromkeys(("IMAGE_OTHER", "NO_IMAGE"), "answer_broken_off"),
    **dict.fromkeys(("MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"), "answer_broken_off"),
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"), "answer_broken_off"),
    "TOO_MANY_TOOL_CALLS": "answer_broken_off",
}
# Why a question is not answered at all. OTHER is said for a language too, and for no known reason.
BLOCK_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT"), "question_blocked"),
    **dict.fromkeys(("IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"), "question_blocked"),
    **dict.fromkeys(("BLOCKED_REASON_UNSPECIFIED", "OTHER"), "question_declined"),
}


def piece_of(chunk: GeminiChunk) -> Chunk:
    """The next piece of the answer, without its sources.

    Raises ModelRefused where it ends for what was asked or said, ModelRejected where Gemini serves
    us no more, and ModelUnavailable where it ends because Gemini failed.
    """
    blocked = chunk.get("promptFeedback", {}).get("blockReason")
    if blocked is not None:
        raise _blocked(str(blocked))
    candidate = _candidate(chunk)
    reason = candidate.get("finishReason")
    if reason is not None:
        _check_finished(str(reason))
    usage = chunk.get("usageMetadata", {})
    return Chunk(
        text=_text(candidate),
        finished=reason is not None,
        truncated=reason in {"MAX_TOKENS", _CONTINUATION},
        prompt_tokens=_prompt_tokens(usage),
        output_tokens=_output_tokens(usage),
    )


def _blocked(reason: str) -> MechachangError:
    why = BLOCK_REASONS.get(reason, "question_declined")
    summary = f"Gemini blocked the question ({reason})."
    if why == "question_declined":
        return ModelUnavailable(summary, reason=why)
    return ModelRefused(summary, reason=why, said=reason)


def _check_finished(reason: str) -> None:
    why = FINISH_REASONS.get(reason, "answer_broken_off")
    if why == "answer_broken_off":
        raise ModelUnavailable(f"Gemini broke off ({reason}).", reason=why)
    if why == "model_misconfigured":
        raise ModelRejected(f"Gemini serves us no more ({reason}).", reason=why)
    if why != "finished":
        raise ModelRefused(f"Gemini stopped the answer ({reason}).", reason=why)


def continuation_of(chunk: GeminiChunk) -> str | None:
    """The token with which the rest of the answer is to be asked for, if this is not all of it."""
    candidate = _candidate(chunk)
    if candidate.get("finishReason") != _CONTINUATION:
        return None
    return candidate.get("continuationToken") or None


def has_text(chunk: GeminiChunk) -> bool:
    """Whether it says something that people are to read."""
    return bool(_text(_candidate(chunk)))


def usage_of(chunk: GeminiChunk) -> TokenUsage | None:
    """What a chunk says was used so far, if it does."""
    usage = chunk.get("usageMetadata")
    if usage is None:
        return None
    cached = usage.get("cachedContentTokenCount", 0)
    return TokenUsage(
        input=_prompt_tokens(usage) - cached,
        cached=cached,
        output=usage.get("candidatesTokenCount", 0),
        thoughts=usage.get("thoughtsTokenCount", 0),
    )


def pages_of(chunk: GeminiChunk) -> list[WebPage]:
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


def searches_of(chunk: GeminiChunk) -> list[str]:
    """What Google was searched for."""
    grounding = _candidate(chunk).get("groundingMetadata", {})
    searches: list[str] = grounding.get("webSearchQueries", [])
    return searches


def _candidate(chunk: GeminiChunk) -> Mapping[str, Any]:
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
