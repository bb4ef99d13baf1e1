"""Gemini's responses (GenerateContentResponse in its REST API), read one by one.

Google leaves out a number that is 0 and a list that is empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from google.genai.types import UrlRetrievalStatus

from processor_service.ports.citations import WebPage
from processor_service.telemetry.prices import TokenUsage
from shared.errors import MechachangError, ModelRefused, ModelRejected, ModelUnavailable
from shared.well_formed import well_formed

_Kind = TypeVar("_Kind", str, int, dict[str, Any], list[Any])

_READ: Final = UrlRetrievalStatus.URL_RETRIEVAL_STATUS_SUCCESS.value
CONTINUATION: Final = "CONTINUATION"
MAX_TOKENS: Final = "MAX_TOKENS"
# Each reason of ai.google.dev/api/generate-content and Vertex AI with its meaning; an unknown one
# counts as Gemini's failure: to call the question unsafe would wrong its user.
FINISH_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("STOP", MAX_TOKENS, CONTINUATION), "finished"),
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


@dataclass(frozen=True)
class Response:
    """The parts of a response that we use.

    ``text`` is for people, without thoughts. ``usage`` counts so far, if it is reported.
    ``continuation`` is the token with which to request the rest of an answer. ``pages`` were found
    by Google Search or named in the question and read; ``searches`` are the queries.
    """

    text: str
    block_reason: str
    finish_reason: str
    continuation: str
    usage: TokenUsage | None
    pages: Sequence[WebPage]
    searches: Sequence[str]


def response_of(told: Any) -> Response:
    """The response in JSON, without unknown fields and encodable.

    Raises AttributeError or TypeError for JSON of another form. The library's types would read it
    for ten times the CPU (decision 31).
    """
    candidates = _field(told, "candidates", list)
    candidate = candidates[0] if candidates else {}
    parts = _field(_field(candidate, "content", dict), "parts", list)
    grounding = _field(candidate, "groundingMetadata", dict)
    return Response(
        text=well_formed("".join(_text(one, "text") for one in parts if not one.get("thought"))),
        block_reason=_text(_field(told, "promptFeedback", dict), "blockReason"),
        finish_reason=_text(candidate, "finishReason"),
        continuation=_text(candidate, "continuationToken"),
        usage=_usage(_field(told, "usageMetadata", dict)),
        pages=_pages(grounding, _field(candidate, "urlContextMetadata", dict)),
        searches=[well_formed(query) for query in _field(grounding, "webSearchQueries", list)],
    )


def _usage(told: Mapping[str, Any]) -> TokenUsage | None:
    if not told:
        return None
    cached = _field(told, "cachedContentTokenCount", int)
    # The prompt and what tools brought in: both are paid for.
    prompt = _field(told, "promptTokenCount", int) + _field(told, "toolUsePromptTokenCount", int)
    return TokenUsage(
        input=prompt - cached,
        cached=cached,
        output=_field(told, "candidatesTokenCount", int),
        thoughts=_field(told, "thoughtsTokenCount", int),
    )


def _pages(grounding: Mapping[str, Any], reading: Mapping[str, Any]) -> list[WebPage]:
    webs = [_field(one, "web", dict) for one in _field(grounding, "groundingChunks", list)]
    found = [
        WebPage(_text(web, "uri"), _text(web, "title") or _text(web, "domain")) for web in webs
    ]
    read = [
        WebPage(_text(one, "retrievedUrl"))
        for one in _field(reading, "urlMetadata", list)
        if one.get("urlRetrievalStatus") == _READ
    ]
    return [page for page in (*found, *read) if page.url]


def _text(message: Mapping[str, Any], name: str) -> str:
    return well_formed(_field(message, name, str))


def _field(message: Mapping[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    value = message.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise TypeError(f"{name} is no {kind.__name__}.")
    return value


def check_answered(response: Response) -> None:
    """Raises ModelRefused if the question or the answer was blocked, ModelRejected if Gemini no
    longer serves us, and ModelUnavailable if Gemini failed.
    """
    if response.block_reason:
        raise _blocked(response.block_reason)
    if response.finish_reason:
        _check_finished(response.finish_reason)


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
