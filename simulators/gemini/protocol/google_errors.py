"""Errors of the real Gemini by what is wrong, with the bodies that Google answers.

From ai.google.dev/gemini-api/docs/troubleshooting, google.rpc.ErrorInfo's reasons
(github.com/googleapis/googleapis, google/api/error_reason.proto) and public reports.
"""

from collections.abc import Mapping
from typing import Any, Final

from simulators.gemini.protocol.errors import ErrorReply

_SERVICE: Final = "generativelanguage.googleapis.com"


def _info(reason: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": _SERVICE, "consumer": "projects/123456789012"},
    }


def _quota(quota_id: str, seconds: str) -> tuple[dict[str, Any], ...]:
    violation = {
        "quotaMetric": f"{_SERVICE}/generate_content_requests",
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": "gemini-3.8-flash"},
        "quotaValue": "250",
    }
    return (
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": seconds},
    )


_LOGIN_PAGE: Final = "<html><head><title>Moved</title></head><body>Sign in</body></html>"

KNOWN: Final[Mapping[str, ErrorReply]] = {
    "region": ErrorReply(
        400, "FAILED_PRECONDITION", "User location is not supported for the API use."
    ),
    "billing": ErrorReply(
        400,
        "FAILED_PRECONDITION",
        "Gemini API free tier is not available in your country. Please enable billing on your "
        "project in Google AI Studio.",
    ),
    "unknown name": ErrorReply(
        400,
        message='Invalid JSON payload received. Unknown name "responseJsonSchema" at '
        "'generation_config': Cannot find field.",
    ),
    "expired key": ErrorReply(
        400,
        message="API key expired. Please renew the API key.",
        details=(_info("API_KEY_INVALID"),),
    ),
    "token": ErrorReply(
        401,
        message="Request had invalid authentication credentials. Expected OAuth 2 access token, "
        "login cookie or other valid authentication credential.",
        details=(_info("ACCESS_TOKEN_TYPE_UNSUPPORTED"),),
    ),
    "service disabled": ErrorReply(
        403,
        message="Generative Language API has not been used in project 123456789012 before or it "
        "is disabled.",
        details=(_info("SERVICE_DISABLED"),),
    ),
    "billing disabled": ErrorReply(
        403,
        message="This API method requires billing to be enabled. Please enable billing on project "
        "#123456789012.",
        details=(_info("BILLING_DISABLED"),),
    ),
    "key blocked": ErrorReply(
        403,
        message=f"Requests to this API {_SERVICE} method google.ai.generativelanguage.v1."
        "GenerativeService.StreamGenerateContent are blocked.",
        details=(_info("API_KEY_SERVICE_BLOCKED"),),
    ),
    "permission": ErrorReply(
        403,
        message="Permission 'aiplatform.endpoints.predict' denied on resource (or it may not "
        "exist).",
        details=(_info("IAM_PERMISSION_DENIED"),),
    ),
    "path": ErrorReply(404, message="The requested URL /v9/models was not found on this server."),
    "model": ErrorReply(
        404, message="models/gemini-0 is not found for API version v1, or is not supported."
    ),
    "cancelled": ErrorReply(499, message="The operation was cancelled."),
    "redirect": ErrorReply(302, html=_LOGIN_PAGE, location="https://login.example.com/"),
    "too many tokens": ErrorReply(
        400,
        message="The input token count (1200000) exceeds the maximum number of tokens allowed "
        "(1048576).",
    ),
    "too many bytes": ErrorReply(
        400, message="Request payload size exceeds the limit: 20971520 bytes."
    ),
    "minute": ErrorReply(
        429, details=_quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "1s")
    ),
    "day": ErrorReply(
        429, details=_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "37s")
    ),
}
"""By what is wrong. ``minute`` and ``day`` are quotas that are used up."""
