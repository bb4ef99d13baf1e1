"""The status below a thread, which both services show and neither may leave there.

Slack clears it with our next message in the thread, unless it arrives after that message; then it
stays for two minutes (docs.slack.dev, assistant.threads.setStatus).
"""

from typing import Final

STATUS_METHOD: Final = "assistant.threads.setStatus"

GIVEN_UP_AFTER_S: Final = 2.0
"""The command service waits this long for Slack to set one."""

_BEGUN_WITHIN_S: Final = 3.0  # It is begun before the ack, for which Slack waits no longer.

NONE_COMES_AFTER_S: Final = _BEGUN_WITHIN_S + GIVEN_UP_AFTER_S
"""This long after a question was received, the command service may still set one: the processor
clears the status once more then.
"""
