"""Errors of the command service that the processor does not share."""

from shared.errors import PermanentError


class StartFailed(PermanentError):
    """The service cannot start with its settings; the text says in one sentence what to change."""

    reason = "start_failed"


class PreflightFailed(StartFailed):
    """Slack rejected our tokens, or could not be reached."""

    reason = "preflight_failed"
