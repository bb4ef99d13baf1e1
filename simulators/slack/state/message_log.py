"""The messages of one channel, in order, with their threads."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from simulators.slack.state.model import Message


class MessageLog:
    """Messages by timestamp. Timestamps only grow, so appending keeps every list sorted."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._channel: list[str] = []
        self._threads: dict[str, list[str]] = {}

    def add(self, message: Message) -> None:
        """Append the newest message."""
        self._messages[message.ts] = message
        if message.is_reply:
            self._threads.setdefault(str(message.thread_ts), []).append(message.ts)
        if not message.is_reply or message.broadcast:
            self._channel.append(message.ts)

    def get(self, ts: str) -> Message | None:
        """The message with this timestamp."""
        return self._messages.get(ts)

    def remove(self, message: Message) -> None:
        """Take a message out; its replies stay where they are."""
        del self._messages[message.ts]
        if message.ts in self._channel:
            self._channel.remove(message.ts)
        if message.is_reply:
            self._threads[str(message.thread_ts)].remove(message.ts)

    def replies(self, thread_ts: str) -> list[Message]:
        """A thread's replies, oldest first, without its parent."""
        return [self._messages[ts] for ts in self._threads.get(thread_ts, ())]

    def history(
        self,
        oldest: str | None = None,
        latest: str | None = None,
        *,
        inclusive: bool = False,
        before: str | None = None,
    ) -> Iterator[Message]:
        """The channel's own messages between the bounds, newest first and older than ``before``."""
        first, last = between(self._channel, oldest, latest, inclusive=inclusive)
        if before is not None:
            last = min(last, bisect_left(self._channel, before))
        for index in range(last - 1, first - 1, -1):
            yield self._messages[self._channel[index]]

    def all(self) -> list[Message]:
        """Every message, replies included, oldest first."""
        return list(self._messages.values())


def between(
    timestamps: list[str], oldest: str | None, latest: str | None, *, inclusive: bool
) -> tuple[int, int]:
    """The slice of sorted timestamps within the bounds; the bounds count only if inclusive."""
    low, high = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
    first = low(timestamps, oldest) if oldest else 0
    last = high(timestamps, latest) if latest else len(timestamps)
    return first, max(first, last)
