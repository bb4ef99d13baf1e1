"""The meaning of errors: google-genai's, aiohttp's and google-auth's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai.errors import APIError

from processor_service.gemini.pacific_day import next_pacific_midnight
from processor_service.gemini.reasons import CONFIGURATION, GoogleError, is_transient, rejection
from shared import clock
from shared.errors import MechachangError, ModelRejected, ModelUnavailable
from shared.retry import requested_delay_s
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_SAID_CHARS: Final = 300
_TRANSPORT: Final = (aiohttp.ClientError, TimeoutError, ConnectionError)


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
    said = GoogleError(error.code, status, message, reasons)
    if is_transient(said):
        limited = "model_rate_limited" if error.code == 429 else None
        return ModelUnavailable(
            summary, reason=limited, retry_after_s=_retry_after_s(error, details)
        )
    reason = rejection(said)
    if reason in CONFIGURATION:
        _tell_operators(said, reason)
    return ModelRejected(summary, reason=reason, said=message)


def _error_of(body: Any) -> Mapping[str, Any]:
    """The error in an answer's body; a list holds it if the stream never began."""
    if isinstance(body, list) and body:
        body = body[0]
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


def _retry_after_s(error: APIError, details: list[Mapping[str, Any]]) -> float | None:
    """The seconds that Gemini asks us to wait: google.rpc.RetryInfo in the body, or the header."""
    for one in details:
        if str(one.get("@type", "")).endswith("google.rpc.RetryInfo"):
            return requested_delay_s(str(one.get("retryDelay", "")).removesuffix("s"))
    return requested_delay_s(getattr(error.response, "headers", {}).get("Retry-After"))


def _tell_operators(said: GoogleError, reason: str) -> None:
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
