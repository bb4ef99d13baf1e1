"""Gemini's responses, read one by one.

Google leaves out a number that is 0 and a list that is empty; the library makes None of them.
"""

import json
import warnings
from collections.abc import Mapping
from typing import Any, Final

from google.genai.types import (
    Candidate,
    GenerateContentResponse,
    GenerateContentResponseUsageMetadata,
    UrlRetrievalStatus,
)
from pydantic import ValidationError

from processor_service.ports.citations import WebPage
from processor_service.ports.model import Chunk
from processor_service.telemetry.attempt_metrics import TokenUsage
from shared.errors import MechachangError, ModelRefused, ModelRejected, ModelUnavailable
from shared.well_formed import well_formed

_CONTINUATION: Final = "CONTINUATION"
# Each reason of ai.google.dev/api/generate-content and Vertex AI with its meaning; an unknown one
# counts as Gemini's failure: to call the question unsafe would wrong its user.
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
# Why a question gets no answer at all. OTHER also stands for a language, and for no known reason.
BLOCK_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT"), "question_blocked"),
    **dict.fromkeys(("IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"), "question_blocked"),
    **dict.fromkeys(("BLOCKED_REASON_UNSPECIFIED", "OTHER"), "question_declined"),
}


def expect_new_values() -> None:
    """Accept unknown values, such as a finish reason of next year, without warnings."""
    warnings.filterwarnings("ignore", category=UserWarning, module=r"google\.genai\._common")


def response_of(body: str) -> GenerateContentResponse:
    """The response in ``body``, without unknown fields and encodable. Raises ValueError."""
    try:
        return GenerateContentResponse.model_validate_json(body, extra="ignore")
    except ValidationError as error:
        known = json.dumps(_known(json.loads(body), error), ensure_ascii=False)
        return GenerateContentResponse.model_validate_json(well_formed(known), extra="ignore")


def _known(told: Any, error: ValidationError) -> Any:
    """The known fields only; ``extra`` does not reach the library's parts."""
    unknown = (one["loc"] for one in error.errors() if one["type"] == "extra_forbidden")
    for *path, name in unknown:
        at = told
        for step in path:
            at = at[step]
        del at[name]
    return told


def piece_of(chunk: GenerateContentResponse) -> Chunk:
    """The next piece of the answer, without its sources.

    Raises ModelRefused if the question or the answer was blocked, ModelRejected if Gemini no longer
    serves us, and ModelUnavailable if Gemini failed.
    """
    feedback = chunk.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise _blocked(feedback.block_reason.value)
    reason = _finish_reason(chunk)
    if reason is not None:
        _check_finished(reason)
    usage = chunk.usage_metadata
    return Chunk(
        text=text_of(chunk),
        finished=reason is not None,
        truncated=reason in {"MAX_TOKENS", _CONTINUATION},
        prompt_tokens=_prompt_tokens(usage) if usage else 0,
        output_tokens=_output_tokens(usage) if usage else 0,
    )


def text_of(chunk: GenerateContentResponse) -> str:
    """The text for people, without thoughts."""
    candidate = _candidate(chunk)
    parts = candidate.content.parts if candidate and candidate.content else None
    return well_formed("".join(part.text or "" for part in parts or () if not part.thought))


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


def continuation_of(chunk: GenerateContentResponse) -> bytes | None:
    """The token with which to request the rest of the answer, if this is not all of it."""
    candidate = _candidate(chunk)
    if candidate is None or _finish_reason(chunk) != _CONTINUATION:
        return None
    return candidate.continuation_token or None


def usage_of(chunk: GenerateContentResponse) -> TokenUsage | None:
    """The usage so far, if the chunk reports it."""
    usage = chunk.usage_metadata
    if usage is None:
        return None
    cached = usage.cached_content_token_count or 0
    return TokenUsage(
        input=_prompt_tokens(usage) - cached,
        cached=cached,
        output=usage.candidates_token_count or 0,
        thoughts=usage.thoughts_token_count or 0,
    )


def pages_of(chunk: GenerateContentResponse) -> list[WebPage]:
    """The pages that Google Search found, and those of the question that were read."""
    candidate = _candidate(chunk)
    if candidate is None:
        return []
    grounding, reading = candidate.grounding_metadata, candidate.url_context_metadata
    found = [one.web for one in (grounding and grounding.grounding_chunks) or () if one.web]
    read = [
        one.retrieved_url
        for one in (reading and reading.url_metadata) or ()
        if one.url_retrieval_status is UrlRetrievalStatus.URL_RETRIEVAL_STATUS_SUCCESS
    ]
    pages = [_page(web.uri, web.title or web.domain or "") for web in found if web.uri]
    return [*pages, *(_page(url) for url in read if url)]


def searches_of(chunk: GenerateContentResponse) -> list[str]:
    """The queries to Google Search."""
    candidate = _candidate(chunk)
    grounding = candidate.grounding_metadata if candidate else None
    return [well_formed(query) for query in (grounding and grounding.web_search_queries) or ()]


def _page(url: str, title: str = "") -> WebPage:
    return WebPage(well_formed(url), well_formed(title))


def _candidate(chunk: GenerateContentResponse) -> Candidate | None:
    return chunk.candidates[0] if chunk.candidates else None


def _finish_reason(chunk: GenerateContentResponse) -> str | None:
    candidate = _candidate(chunk)
    reason = candidate.finish_reason if candidate else None
    return None if reason is None else reason.value


def _prompt_tokens(usage: GenerateContentResponseUsageMetadata) -> int:
    """The prompt and what tools brought in: both are paid for."""
    return (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)


def _output_tokens(usage: GenerateContentResponseUsageMetadata) -> int:
    """The text and the thoughts: both are paid for."""
    return (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
