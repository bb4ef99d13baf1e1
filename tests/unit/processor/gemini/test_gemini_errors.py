"""What Gemini's errors mean, in whatever form they come."""

from typing import Any

import pytest

from processor_service.gemini_errors import ApiError, plainly
from shared.errors import MechachangError, ModelRejected, ModelUnavailable

LIMITED = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down."}
INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("code", "body", "meaning", "reason"),
    [
        (503, {"error": {"status": "UNAVAILABLE"}}, ModelUnavailable, "model_unavailable"),
        (429, {"error": LIMITED}, ModelUnavailable, "model_rate_limited"),
        (400, [{"error": {"details": [KEY]}}], ModelRejected, "model_denied"),
        (404, {"error": {"status": "NOT_FOUND"}}, ModelRejected, "model_not_found"),
        (404, None, ModelRejected, "model_misconfigured"),
        (302, "moved", ModelRejected, "model_misconfigured"),
        (None, {"error": LIMITED}, ModelUnavailable, "model_rate_limited"),
        (None, {"error": "of a form nobody knows"}, ModelUnavailable, "model_unavailable"),
    ],
)
def test_each_error_is_worth_another_attempt_or_not(
    code: int | None, body: Any, meaning: type[MechachangError], reason: str
) -> None:
    with pytest.raises(meaning) as raised, plainly():
        raise ApiError(code, body)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("details", "header", "seconds"),
    [([INFO], "60", 7.5), ([], "60", 60.0), ([], "Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
def test_the_wait_is_what_the_body_says_and_else_the_header(
    details: list[Any], header: str, seconds: float | None
) -> None:
    meaning = ApiError(429, {"error": {**LIMITED, "details": details}}, header).meaning()
    assert isinstance(meaning, ModelUnavailable)
    assert meaning.retry_after_s == seconds
