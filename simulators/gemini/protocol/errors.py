"""Google's JSON error shape."""

from dataclasses import dataclass
from typing import Any

_STATUS_OF_CODE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_MESSAGE_OF_CODE = {
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred. Please retry or report the problem.",
    503: "The model is overloaded. Please try again later.",
    504: "Deadline expired before operation could complete.",
}


@dataclass(frozen=True)
class ErrorReply:
    """An error as Gemini answers it.

    ``status`` and ``message`` default to what Google says with that code. ``retry_delay_s`` adds a
    RetryInfo detail (and to a 429 a QuotaFailure), ``retry_after`` a ``Retry-After`` header.
    ``html`` is what something on the way answers instead of Google, with a ``location``.
    """

    code: int = 503
    status: str = ""
    message: str = ""
    retry_delay_s: float | None = None
    retry_after: str | None = None
    details: tuple[dict[str, Any], ...] = ()
    html: str | None = None
    location: str | None = None

    @property
    def status_name(self) -> str:
        """The canonical status name, such as ``UNAVAILABLE``."""
        return self.status or _STATUS_OF_CODE.get(self.code, "UNKNOWN")

    def as_json(self) -> dict[str, Any]:
        """The body (or the stream event) that carries the error."""
        message = self.message or _MESSAGE_OF_CODE.get(self.code, f"Simulated error {self.code}.")
        error: dict[str, Any] = {"code": self.code, "message": message, "status": self.status_name}
        details = [*self.details, *self._retry_details()]
        return {"error": {**error, "details": details} if details else error}

    def _retry_details(self) -> list[dict[str, Any]]:
        if self.retry_delay_s is None:
            return []
        retry = {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": f"{self.retry_delay_s:g}s",
        }
        return [_QUOTA_FAILURE, retry] if self.code == 429 else [retry]

    def headers(self) -> dict[str, str]:
        """The extra response headers."""
        told = {"Retry-After": self.retry_after, "Location": self.location}
        return {name: value for name, value in told.items() if value is not None}


_QUOTA_FAILURE = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [
        {
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
        }
    ],
}


class ApiError(Exception):
    """A request Gemini refuses; carries what to answer."""

    def __init__(self, reply: ErrorReply) -> None:
        super().__init__(reply.as_json()["error"]["message"])
        self.reply = reply


def invalid_argument(message: str, *, field: str = "") -> ApiError:
    """400 INVALID_ARGUMENT, with a field violation if the faulty ``field`` is known."""
    violation = {"field": field, "description": message} if field else {"description": message}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return ApiError(ErrorReply(400, message=message, details=(detail,)))


def api_key_invalid() -> ApiError:
    """400 for a key that does not exist (Google answers 400 here, not 401)."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    message = "API key not valid. Please pass a valid API key."
    return ApiError(ErrorReply(400, message=message, details=(detail,)))


def unregistered_caller() -> ApiError:
    """403 for a request without any key."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API."
    )
    return ApiError(ErrorReply(403, message=message))


def not_found(message: str) -> ApiError:
    """404 NOT_FOUND."""
    return ApiError(ErrorReply(404, message=message))
