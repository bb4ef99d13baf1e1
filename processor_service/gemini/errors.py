"""The meaning of errors, google-genai's, aiohttp's and google-auth's: whether another attempt
helps, and who must act.

Google's codes and reasons: google.aip.dev/193, google.rpc.ErrorInfo,
ai.google.dev/gemini-api/docs/troubleshooting.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai.errors import APIError

from processor_service.gemini.pacific_day import next_pacific_midnight
from shared import clock
from shared.errors import MechachangError, ModelRejected, ModelUnavailable
from shared.retry import requested_delay_s
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_SAID_CHARS: Final = 300
_TRANSPORT: Final = (aiohttp.ClientError, TimeoutError, ConnectionError)
# 499 is CANCELLED, which can only be Google's: we read no answer after giving it up.
_TRANSIENT: Final = frozenset({408, 409, 425, 429, 499})
_NEVER_THERE: Final = frozenset({405, 501, 505})
_TOO_LONG: Final = re.compile(
    r"token count .*exceeds|exceeds the maximum number of (?:input )?tokens|"
    r"payload size exceeds|request (?:entity )?(?:is )?too large",
    re.IGNORECASE,
)
# "The File abc is not in an ACTIVE state", "You do not have permission to access the File abc or it
# may not exist.", "Unable to process input image.", "The document has no pages.", ...
_OF_A_FILE: Final = re.compile(
    r"\bthe File [\w-]+|\bfiles/[\w-]+|\binput (?:image|video|audio)\b|\bthe document\b|"
    r"\b(?:image|pdf|document|video|audio) (?:is|was|has|could|cannot)\b|unsupported mime type",
    re.IGNORECASE,
)
_UNKNOWN_FIELD: Final = re.compile(r"Unknown name|Cannot find field|Unknown field", re.IGNORECASE)
_KEY: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})
_PROJECT: Final = frozenset(
    {
        *("SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_SUSPENDED", "CONSUMER_INVALID"),
        *("USER_PROJECT_DENIED", "LOCATION_POLICY_VIOLATED", "SECURITY_POLICY_VIOLATED"),
    }
)
# Only an administrator can fix these; another question would not help.
_CONFIGURATION: Final = frozenset({"model_denied", "model_not_found", "model_misconfigured"})


@dataclass(frozen=True)
class _GoogleError:
    """An error of Google's. ``status`` is empty if a server in between answered."""

    code: int
    status: str
    message: str
    reasons: Sequence[str] = ()


@contextmanager
def plainly() -> Iterator[None]:
    """Raise every failure inside as ModelUnavailable or ModelRejected."""
    try:
        yield
    except APIError as error:
        raise meaning(error) from error
    except aiohttp.SocketTimeoutError as error:
        raise ModelUnavailable("Gemini fell silent.", reason="model_silent") from error
    except _TRANSPORT as error:
        raise ModelUnavailable(f"Gemini could not be reached ({type(error).__name__}).") from error
    except GoogleAuthError as error:
        raise _without_credentials(error) from error


def meaning(error: APIError) -> MechachangError:
    """The error in our words: worth another attempt, or not.

    Gemini's errors have Google's form (google.rpc.Status as JSON, google.aip.dev/193).
    """
    told = _error_of(error.details)
    details = _details(told)
    status, message = str(told.get("status", "")), str(told.get("message", ""))
    summary = f"Gemini answered {error.code} {status}."
    if error.code == 429 and _is_daily(details):
        resumes_at = next_pacific_midnight(clock.now())
        return ModelRejected(summary, reason="model_daily_quota", resumes_at=resumes_at)
    reasons = [str(one["reason"]) for one in details if "reason" in one]
    said = _GoogleError(error.code, status, message, reasons)
    if _is_transient(said):
        limited = "model_rate_limited" if error.code == 429 else None
        return ModelUnavailable(
            summary, reason=limited, retry_after_s=_retry_after_s(error, details)
        )
    reason = _rejection(said)
    if reason in _CONFIGURATION:
        _tell_operators(said, reason)
    return ModelRejected(summary, reason=reason, said=message)


def _error_of(body: Any) -> Mapping[str, Any]:
    """The error in an answer's body, of which google-genai has removed a list around it."""
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _details(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = told.get("details")
    listed = details if isinstance(details, list) else ()
    return [one for one in listed if isinstance(one, Mapping)]


def _is_daily(details: list[Mapping[str, Any]]) -> bool:
    """Whether a daily quota is used up. RetryInfo names some seconds all the same."""
    named = (one.get("violations") for one in details)
    violations = (v for listed in named if isinstance(listed, list) for v in listed)
    ids = [str(v.get("quotaId", "")) for v in violations if isinstance(v, Mapping)]
    return any("PerDay" in each for each in ids)


def _is_transient(error: _GoogleError) -> bool:
    """Whether the same request may succeed a moment later."""
    return error.code in _TRANSIENT or (error.code >= 500 and error.code not in _NEVER_THERE)


def _rejection(error: _GoogleError) -> str:
    """The reason code of an error that would come again."""
    if error.code == 413 or _TOO_LONG.search(error.message):
        return "question_too_long"
    if error.status and _OF_A_FILE.search(error.message):
        return "model_rejected"
    if error.code in {401, 403} or not _KEY.isdisjoint(error.reasons):
        return "model_denied" if _PROJECT.isdisjoint(error.reasons) else "model_misconfigured"
    if error.code == 404:
        # Google answers so for an unknown path, too: then the API version is wrong.
        is_path = not error.status or "requested URL" in error.message
        return "model_misconfigured" if is_path else "model_not_found"
    if error.code != 400 or not error.status or error.status == "FAILED_PRECONDITION":
        return "model_misconfigured"
    return "model_misconfigured" if _UNKNOWN_FIELD.search(error.message) else "model_rejected"


def _retry_after_s(error: APIError, details: list[Mapping[str, Any]]) -> float | None:
    """The seconds that Gemini asks us to wait: google.rpc.RetryInfo in the body, or the header."""
    for one in details:
        if str(one.get("@type", "")).endswith("google.rpc.RetryInfo"):
            return requested_delay_s(str(one.get("retryDelay", "")).removesuffix("s"))
    return requested_delay_s(getattr(error.response, "headers", {}).get("Retry-After"))


def _tell_operators(said: _GoogleError, reason: str) -> None:
    # These messages name the project, a field or a setting, never the question.
    log.error(
        "Gemini does not serve us until a setting is fixed.",
        action="gemini_misconfigured",
        reason=reason,
        code=said.code,
        status=said.status,
        details=list(said.reasons),
        said=said.message[:_SAID_CHARS],
    )


def _without_credentials(error: GoogleAuthError) -> MechachangError:
    """Vertex AI uses the application default credentials, on Cloud Run the service's account
    (docs.cloud.google.com/docs/authentication).
    """
    summary = f"Google's credentials could not be had ({type(error).__name__})."
    if error.retryable or isinstance(error, TransportError):
        return ModelUnavailable(summary)
    return ModelRejected(summary, reason="model_denied")
