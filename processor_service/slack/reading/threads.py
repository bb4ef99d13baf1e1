"""The threads that shortcuts are about, read only."""

import asyncio

from processor_service.ports.conversations import ThreadMessage
from processor_service.slack.client import SlackCalls
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.reading.thread_messages import said_about
from shared.task import Purpose, Subject

_Said = tuple[ThreadMessage, ...]


class SlackThreads:
    """``ports.ThreadReader`` by ``conversations.replies``, which also returns a lone message.

    Concurrent readers of the same thread share one reading: a huge thread takes several of the
    calls that all questions share.
    """

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._reading: dict[tuple[str, str, str], asyncio.Task[_Said]] = {}

    async def said_about(self, subject: Subject) -> _Said:
        """The messages that the shortcut is about; of a huge thread only its first 3,000 or so."""
        key = (subject.channel_id, subject.message_ts, subject.purpose.value)
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(subject), name=f"read:{key}")
            self._reading[key] = reading
            reading.add_done_callback(lambda done: self._over(key, done))
        # Others may wait for it, even if the caller that began it is cancelled.
        return await asyncio.shield(reading)

    def _over(self, key: tuple[str, str, str], done: asyncio.Task[_Said]) -> None:
        del self._reading[key]
        if not done.cancelled():
            # Retrieved, so that asyncio does not report an error that no caller awaits any more.
            done.exception()

    async def _read(self, subject: Subject) -> _Said:
        ts = subject.thread_ts or subject.message_ts
        thread = SlackReading(self._calls, subject.channel_id, ts, thread_ts=ts)
        until = float("inf") if subject.purpose is Purpose.SUMMARISE else float(subject.message_ts)
        return said_about(subject, await thread.messages(until), await self._calls.ourselves())
