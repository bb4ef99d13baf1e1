"""Streams that Slack may have begun without confirming it.

Such a stream has no mark before its end, and not even its ts is known: its thread, its time and its
first words identify it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from processor_service.ports.work import STREAM_TTL_S
from processor_service.slack.shown_body import body_shown
from shared.bounded import BoundedMap

# Slack's clock may be behind ours.
_CLOCK_GRACE_S: Final = 60.0
_REMEMBERED: Final = 1_000


class UnconfirmedStarts:
    """This process's starts of unknown outcome; each is forgotten after a while.

    A successor in another process comes only after the stream counts as ownerless.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._starts: BoundedMap[tuple[str, str, str, str], float] = BoundedMap(
            _REMEMBERED, STREAM_TTL_S, clock
        )

    def note(self, channel: str, thread_ts: str, task_id: str, markdown: str) -> None:
        """Note that Slack may have begun a stream with ``markdown`` for the task there."""
        key, now = (channel, thread_ts, task_id, _letters(markdown)), self._clock()
        earliest = self._starts.get(key)
        self._starts.put(key, now if earliest is None else earliest)

    def began(self, channel: str, task_id: str, message: Mapping[str, Any], *, alone: bool) -> bool:
        """Whether the message, an unmarked one of ours, is such a stream of the task.

        One that began with cards only could be any task's, unless this one is ``alone`` there.
        """
        words = _letters_in(message)
        if not words and not alone:
            return False
        earliest = self._starts.get((channel, str(message.get("thread_ts")), task_id, words))
        return earliest is not None and float(message["ts"]) >= earliest - _CLOCK_GRACE_S


def _letters(markdown: str) -> str:
    return _letters_in({"blocks": [{"type": "markdown", "text": markdown}]})


def _letters_in(message: Mapping[str, Any]) -> str:
    from processor_service.rendering.shown_letters import letters_of  # noqa: PLC0415 - see ``cold_start``

    return letters_of(body_shown(message))
