"""Threads in Slack that a shortcut is about: read, never written to."""

from processor_service.ports.conversations import Said
from processor_service.slack_calls import SlackCalls
from processor_service.slack_history import said_about
from processor_service.slack_reading import SlackReading
from shared.task import Purpose, Subject


class SlackThreads:
    """``ports.Threads`` by ``conversations.replies``: it gives a message without replies, too."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls

    async def said_about(self, subject: Subject) -> tuple[Said, ...]:
        """What the shortcut is about; of a thread beyond some 3,000 messages the first ones."""
        ts = subject.thread_ts or subject.message_ts
        thread = SlackReading(self._calls, subject.channel_id, ts, thread_ts=ts)
        until = float("inf") if subject.purpose is Purpose.SUMMARISE else float(subject.message_ts)
        return said_about(subject, await thread.messages(until), await self._calls.ourselves())
