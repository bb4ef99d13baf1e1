"""Errors of the Slack side that are not shared with the processor."""

from shared.errors import PermanentError


class StartFailed(PermanentError):
    """The service cannot start as it is set up; the text is one sentence saying what to change."""

    reason = "start_failed"


class PreflightFailed(StartFailed):
    """Slack does not accept our tokens, or could not be asked."""

    reason = "preflight_failed"
