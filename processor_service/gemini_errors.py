"""What Gemini's errors mean to us."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp

from shared.errors import MechachangError, ModelRejected, ModelUnavailable

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
        self._details = [one for one in told.get("details", ()) if isinstance(one, Mapping)]
        self._retry_after = retry_after
        super().__init__(f"{code} {self.status}")

    def meaning(self) -> MechachangError:
        """The same in our words: worth another attempt, or not."""
        summary = f"Gemini answered {self.code} {self.status}."
        if self.code in {408, 429} or self.code >= 500:
            reason = "model_rate_limited" if self.code == 429 else None
            return ModelUnavailable(summary, reason=reason, retry_after_s=self._retry_after_s())
        return ModelRejected(summary, reason=self._rejection())

    def _rejection(self) -> str | None:
        invalid_key = any(one.get("reason") == "API_KEY_INVALID" for one in self._details)
        if self.code in {401, 403} or invalid_key:
            return "model_denied"
        return "model_not_found" if self.code == 404 else None

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
