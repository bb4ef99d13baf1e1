"""What Gemini's errors mean, in whatever form they come."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.genai.errors import APIError

from processor_service.gemini.errors import meaning, plainly
from shared.errors import MechachangError, ModelRejected, ModelUnavailable

LIMITED = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down."}
INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("code", "body", "kind", "reason"),
    [
        (503, {"error": {"status": "UNAVAILABLE"}}, ModelUnavailable, "model_unavailable"),
        (429, {"error": LIMITED}, ModelUnavailable, "model_rate_limited"),
        (400, [{"error": {"details": [KEY]}}], ModelRejected, "model_denied"),
        (404, {"error": {"status": "NOT_FOUND"}}, ModelRejected, "model_not_found"),
        (404, None, ModelRejected, "model_misconfigured"),
        (302, "moved", ModelRejected, "model_misconfigured"),
        (None, {"error": LIMITED}, ModelUnavailable, "model_rate_limited"),
        (500, {"error": "of a form nobody knows"}, ModelUnavailable, "model_unavailable"),
    ],
)
def test_each_error_is_worth_another_attempt_or_not(
    code: Any, body: Any, kind: type[MechachangError], reason: str
) -> None:
    with pytest.raises(kind) as raised, plainly():
        raise APIError(code, body)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("details", "header", "seconds"),
    [
        ([INFO], "60", 7.5),
        ([], "60", 60.0),
        ([], "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ([], "inf", None),
        ([{**INFO, "retryDelay": "-3s"}], "60", None),
    ],
)
def test_the_wait_is_what_the_body_says_and_else_the_header(
    details: list[Any], header: str, seconds: float | None
) -> None:
    answered: Any = SimpleNamespace(headers={"Retry-After": header})
    limited = meaning(APIError(429, {"error": {**LIMITED, "details": details}}, answered))
    assert isinstance(limited, ModelUnavailable)
    assert limited.retry_after_s == seconds
