"""Remembers for a while which methods Slack refuses: asking each time would change nothing."""

import time
from collections.abc import Callable
from typing import Final

from shared.bounded import BoundedMap
from shared.errors import SlackRefused, SlackUnavailable
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Within this time a fix by an administrator, or a feature that Slack switched on, takes effect.
REFUSED_FOR_S: Final = 600.0
# A feature that a workspace or a server lacks altogether comes only with an installation.
MISSING_FOR_S: Final = 3_600.0
NO_SESSIONS: Final = frozenset({"feature_disabled", "not_agent_app"})
_MISSING: Final = NO_SESSIONS | {"unknown_method", "method_deprecated", "deprecated_endpoint"}
# Codes about the app or the workspace, whatever the call names.
_EVERYWHERE: Final = frozenset(
    {
        "access_denied",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "feature_not_enabled",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "team_access_not_granted",
    }
)
# Codes about channels of one kind.
_OF_A_KIND: Final = frozenset(
    {"channel_type_not_supported", "method_not_supported_for_channel_type"}
)
_REMEMBERED: Final = 1_000


class RefusedMethods:
    """The methods that Slack refuses: everywhere, in channels of a kind or in one thread.

    Callers skip an optional call while Slack refuses it; the first refusal writes one log line.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._resting: BoundedMap[tuple[str, str], None] = BoundedMap(_REMEMBERED, clock=clock)
        self._accepted: BoundedMap[tuple[str, str], None] = BoundedMap(
            _REMEMBERED, REFUSED_FOR_S, clock
        )

    def accept(self, method: str, channel: str, thread_ts: str) -> None:
        """Note that Slack has accepted ``method`` in that thread: for a while no refusal that
        concerns the thread alone is noted.
        """
        self._accepted.put((method, f"{channel}:{thread_ts}"), None)

    def note(
        self,
        method: str,
        channel: str,
        thread_ts: str,
        error: SlackRefused | SlackUnavailable,
        *,
        missing: bool = False,
    ) -> bool:
        """Note that Slack refused ``method`` in that thread, or rate-limited it. ``missing``: the
        server does not know it anywhere. False if that will pass: Slack has accepted it there.
        """
        place, for_s = ("", MISSING_FOR_S) if missing else _scope(channel, thread_ts, error)
        if (method, place) in self._accepted:
            return False
        known = (method, place) in self._resting
        self._resting.put((method, place), None, for_s)
        if known or isinstance(error, SlackUnavailable):
            return True
        log.warning(
            "Slack refuses an optional call; it is left out for a while.",
            action="method_refused",
            method=method,
            slack_error=error.slack_error,
            for_s=for_s,
        )
        return True

    def allows(self, method: str, channel: str, thread_ts: str) -> bool:
        """Whether Slack may accept ``method`` in that thread, as far as we know."""
        places = ("", channel[:1], f"{channel}:{thread_ts}")
        return not any((method, place) in self._resting for place in places)


def _scope(
    channel: str, thread_ts: str, error: SlackRefused | SlackUnavailable
) -> tuple[str, float]:
    if isinstance(error, SlackUnavailable):
        return "", error.retry_after_s or 0.0
    if error.slack_error in _MISSING:
        return "", MISSING_FOR_S
    if error.slack_error in _EVERYWHERE:
        return "", REFUSED_FOR_S
    kind = error.slack_error in _OF_A_KIND
    return (channel[:1] if kind else f"{channel}:{thread_ts}"), REFUSED_FOR_S
