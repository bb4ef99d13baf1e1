"""Threads in Slack that a shortcut is about: read, never written to."""

import asyncio

from processor_service.ports.conversations import ThreadMessage
from processor_service.slack.client import SlackCalls
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.reading.thread_messages import said_about
from shared.task import Purpose, Subject

_Said = tuple[ThreadMessage, ...]


class SlackThreads:
    """``ports.Threads`` by ``conversations.replies``: it gives a message without replies, too.

    Whoever asks for the same while it is read gets the same: a huge thread takes several of the
    calls that all questions share.
    """

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._reading: dict[tuple[str, str, str], asyncio.Task[_Said]] = {}

    async def said_about(self, subject: Subject) -> _Said:
        """What the shortcut is about; of a thread beyond some 3,000 messages the first ones."""
        key = (subject.channel_id, subject.message_ts, subject.purpose.value)
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(subject), name=f"read:{key}")
            self._reading[key] = reading
            reading.add_done_callback(lambda done: self._over(key, done))
        # Others may wait for it, whatever becomes of whoever began it.
        return await asyncio.shield(reading)

    def _over(self, key: tuple[str, str, str], done: asyncio.Task[_Said]) -> None:
        del self._reading[key]
        if not done.cancelled():
            # Seen, so that one that nobody waits for any more is not complained of.
            done.exception()

    async def _read(self, subject: Subject) -> _Said:
        ts = subject.thread_ts or subject.message_ts
        thread = SlackReading(self._calls, subject.channel_id, ts, thread_ts=ts)
        until = float("inf") if subject.purpose is Purpose.SUMMARISE else float(subject.message_ts)
        return said_about(subject, await thread.messages(until), await self._calls.ourselves())
