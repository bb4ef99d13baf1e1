"""The meaning of Gemini's errors: whether another attempt helps, and who must act.

Google's codes and reasons: google.aip.dev/193, google.rpc.ErrorInfo,
ai.google.dev/gemini-api/docs/troubleshooting.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
CONFIGURATION: Final = frozenset({"model_denied", "model_not_found", "model_misconfigured"})


@dataclass(frozen=True)
class GoogleError:
    """An error of Google's. ``status`` is empty if a server in between answered."""

    code: int
    status: str
    message: str
    reasons: Sequence[str] = ()


def is_transient(error: GoogleError) -> bool:
    """Whether the same request may succeed a moment later."""
    return error.code in _TRANSIENT or (error.code >= 500 and error.code not in _NEVER_THERE)


def rejection(error: GoogleError) -> str:
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
