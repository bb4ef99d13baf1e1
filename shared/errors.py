"""The errors of both services, split by what to do about them.

MechachangError
├── RetryableError          try again later: nack, or leave the envelope unacked
│   ├── QueueUnavailable    Pub/Sub did not confirm in time
│   ├── ModelUnavailable    Gemini failed after every retry
│   ├── SlackUnavailable    Slack failed, limited us, or did not answer
│   ├── SlackDenied         Slack does not accept our token: nothing works until an operator acts
│   └── OutcomeUnknown      Slack may have taken a post: read back before repeating it
└── PermanentError          trying again changes nothing: tell the user and finish
    ├── UndecodableTask     the message is not a task of a version we know
    ├── Cancelled           the user stopped the question before its answer began
    ├── ModelRefused        Gemini blocked the question or the answer
    ├── ModelRejected       Gemini does not accept the request (key, model, size)
    ├── FileUnusable        one file cannot be read: the question may be answered without it
    └── SlackRefused        Slack does not let us act there
"""

from datetime import datetime
from typing import Final


class MechachangError(Exception):
    """Base of all our errors. ``reason`` is the stable code in logs and metrics."""

    reason = "internal_error"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class RetryableError(MechachangError):
    """Another attempt, later or elsewhere, may succeed; nothing was decided."""

    def __init__(
        self, message: str, *, reason: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class QueueUnavailable(RetryableError):
    """Pub/Sub did not confirm the message within the time Slack leaves us."""

    reason = "queue_unavailable"


class ModelUnavailable(RetryableError):
    """Gemini could not be reached, was overloaded or fell silent, after every retry; ``begun`` if
    it had written something by then.
    """

    reason = "model_unavailable"
    begun = False


class SlackUnavailable(RetryableError):
    """Slack answered with a server error or a rate limit; the call had no effect."""

    reason = "slack_unavailable"


class SlackDenied(RetryableError):
    """Slack rejects our token; ``slack_error`` is Slack's own code.

    Nothing was decided about the task: a worker can answer it once the token is good again.
    """

    reason = "slack_denied"

    def __init__(self, message: str, *, slack_error: str) -> None:
        super().__init__(message)
        self.slack_error = slack_error


class OutcomeUnknown(RetryableError):
    """The connection ended before Slack answered: the call may or may not have taken effect."""

    reason = "slack_outcome_unknown"


class PermanentError(MechachangError):
    """No further attempt can succeed; the user deserves to be told why."""


class UndecodableTask(PermanentError):
    """The message data is not a task of a version this code knows."""

    reason = "undecodable_task"


class Cancelled(PermanentError):
    """The user stopped the question before the first word of its answer."""

    reason = "stopped"


class ModelRefused(PermanentError):
    """Gemini blocked the question, or broke its answer off, for safety or policy.

    ``said`` is Gemini's word for why.
    """

    reason = "model_refused"

    def __init__(self, message: str, *, reason: str | None = None, said: str = "") -> None:
        super().__init__(message, reason=reason)
        self.said = said


class ModelRejected(PermanentError):
    """Gemini does not accept the request: its key, its model or its size is wrong.

    ``said`` is Gemini's answer, which may quote the request and is never logged. Asking again helps
    from ``resumes_at`` (aware), if set.
    """

    reason = "model_rejected"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        said: str = "",
        resumes_at: datetime | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.said = said
        self.resumes_at = resumes_at


class FileUnusable(PermanentError):
    """Gemini cannot be given a file of the question; ``reason`` says why."""

    reason = "file_unreadable"


UNSHOWABLE: Final = "slack_unshowable"
QUESTION_GONE: Final = "question_gone"


class SlackRefused(PermanentError):
    """Slack does not let the bot do that; ``slack_error`` is Slack's own code.

    ``reason`` says what to do: ``slack_not_there`` (the bot may not speak there),
    ``slack_scope_missing`` (the app lacks a permission), ``question_gone`` (the question's message
    is deleted), ``slack_unshowable`` (another form may do), ``response_closed`` (a response URL is
    used up or too old), else ``slack_refused``.
    """

    reason = "slack_refused"

    def __init__(self, message: str, *, slack_error: str, reason: str | None = None) -> None:
        super().__init__(message, reason=reason)
        self.slack_error = slack_error
