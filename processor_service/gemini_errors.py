"""What Gemini's errors mean to us."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp

from processor_service.gemini_refusal import CONFIGURATION, Told, is_transient, rejection
from processor_service.pacific_day import next_pacific_midnight
from shared import clock
from shared.errors import MechachangError, ModelRejected, ModelUnavailable
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_SAID_CHARS: Final = 300
_TRANSPORT: Final = (aiohttp.ClientError, TimeoutError, ConnectionError, json.JSONDecodeError)


class ApiError(Exception):
    """An answer that is an error, in Google's form (google.rpc.Status as JSON, google.aip.dev/193).

    ``code`` is the answer's status; an error within a stream says its own. ``retry_after`` is the
    header of that name.
    """

    def __init__(self, code: int | None, body: Any, retry_after: str | None = None) -> None:
        told = _error_of(body)
        self.code = code or _code_of(told)
        self.status = str(told.get("status", ""))
        self.message = str(told.get("message", ""))
        details = told.get("details")
        listed = details if isinstance(details, list) else ()
        self._details = [one for one in listed if isinstance(one, Mapping)]
        self._retry_after = retry_after
        super().__init__(f"{code} {self.status}")

    def meaning(self) -> MechachangError:
        """The same in our words: worth another attempt, or not."""
        summary = f"Gemini answered {self.code} {self.status}."
        if self._daily_quota():
            resumes_at = next_pacific_midnight(clock.now())
            return ModelRejected(summary, reason="model_daily_quota", resumes_at=resumes_at)
        told = Told(self.code, self.status, self.message, self._reasons())
        if is_transient(told):
            reason = "model_rate_limited" if self.code == 429 else None
            return ModelUnavailable(summary, reason=reason, retry_after_s=self._retry_after_s())
        reason = rejection(told)
        if reason in CONFIGURATION:
            self._tell_operators(reason)
        return ModelRejected(summary, reason=reason, said=self.message)

    def _daily_quota(self) -> bool:
        """Whether a quota of the day is used up. RetryInfo names some seconds all the same."""
        named = (one.get("violations") for one in self._details)
        violations = (v for listed in named if isinstance(listed, list) for v in listed)
        ids = [str(v.get("quotaId", "")) for v in violations if isinstance(v, Mapping)]
        return self.code == 429 and any("PerDay" in each for each in ids)

    def _reasons(self) -> list[str]:
        return [str(one["reason"]) for one in self._details if "reason" in one]

    def _tell_operators(self, reason: str) -> None:
        # These messages name the project, a field or a setting, never what was asked.
        log.error(
            "Gemini does not serve us until a setting is mended.",
            action="gemini_misconfigured",
            reason=reason,
            code=self.code,
            status=self.status,
            details=self._reasons(),
            said=self.message[:_SAID_CHARS],
        )

    def _retry_after_s(self) -> float | None:
        """Seconds Gemini asks us to wait: google.rpc.RetryInfo in the body, or the header."""
        for one in self._details:
            if str(one.get("@type", "")).endswith("google.rpc.RetryInfo"):
                return _seconds(str(one.get("retryDelay", "")).removesuffix("s"))
        return _seconds(self._retry_after)


def _error_of(body: Any) -> Mapping[str, Any]:
    """The error in an answer's body. Of a stream that never began it comes in a list."""
    if isinstance(body, list) and body:
        body = body[0]
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _code_of(told: Mapping[str, Any]) -> int:
    code = told.get("code")
    return code if isinstance(code, int) else 500


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


@contextmanager
def plainly() -> Iterator[None]:
    """What fails inside is raised as ModelUnavailable or ModelRejected."""
    try:
        yield
    except ApiError as error:
        raise error.meaning() from error
    except aiohttp.SocketTimeoutError as error:
        raise ModelUnavailable("Gemini fell silent.", reason="model_silent") from error
    except _TRANSPORT as error:
        raise ModelUnavailable(f"Gemini could not be reached ({type(error).__name__}).") from error
