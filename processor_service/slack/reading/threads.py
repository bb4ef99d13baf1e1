"""The threads and channels that shortcuts, buttons and catch-ups are about."""

import asyncio
from dataclasses import replace
from typing import Final

from processor_service.ports.conversations import ChannelTalk, PrivateAnswer, ThreadMessage
from processor_service.slack.client import SlackCalls
from processor_service.slack.page_memory import FIRST_PAGE
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.reading.thread_messages import (
    answer_in,
    parts_of,
    said_about,
    said_in_channel,
)
from processor_service.slack.reading.trimming import KEPT_CHARS, size_of, trimmed
from processor_service.slack.shown_body import body_shown
from shared.slack.message import Message, MessageRef, cursor_after, messages_in
from shared.task import Purpose, Subject

# Calls of a method that all questions together may call some 50 times a minute (Tier 3). A page may
# have fewer messages than asked for (docs.slack.dev, conversations.history).
_MOST_PAGES: Final = 5

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

    async def said_since(self, subject: Subject) -> ChannelTalk:
        """The messages of the subject's channel in its time, page by page from the newest back and
        without the replies in its threads: a thread is a call of its own. Beyond five pages (1,000
        messages), or their room, none is read.
        """
        calls, found = self._calls, list[Message]()
        pages, chars, cursor, whole = 0, 0, None, False
        while not whole and pages < _MOST_PAGES and chars < KEPT_CHARS:
            async with calls.page_memory.page(FIRST_PAGE):
                async with calls("conversations.history"):
                    page = await calls.client.conversations_history(
                        channel=subject.channel_id,
                        oldest=subject.since,
                        latest=subject.message_ts,
                        include_all_metadata=True,
                        limit=FIRST_PAGE,
                        cursor=cursor,
                    )
                newer = [trimmed(one) for one in messages_in(page)]
                cursor = cursor_after(cursor, page)
                del page
            found += newer
            pages += 1
            chars += sum(map(size_of, newer))
            whole = cursor is None
        said = said_in_channel(reversed(found), subject.channel_id, await calls.ourselves())
        return ChannelTalk(said, whole)

    async def answer_at(self, place: MessageRef, last_ts: str) -> str:
        """The Markdown of all parts of the answer, from Slack."""
        thread = SlackReading(
            self._calls, place.channel_id, place.message_ts, thread_ts=place.thread_ts
        )
        return answer_in(
            await thread.replies(), last_ts, place.channel_id, await self._calls.ourselves()
        )

    async def private_answer(self, last: MessageRef) -> PrivateAnswer | None:
        from shared.actions import ShownQuestion  # noqa: PLC0415 - see ``cold_start``

        ourselves = await self._calls.ourselves()
        thread = SlackReading(
            self._calls, last.channel_id, last.thread_ts, thread_ts=last.thread_ts
        )
        parts = parts_of(await thread.replies(), last.message_ts, last.channel_id, ourselves)
        if not parts:
            return None
        page = await thread.beside(parts)
        shown = {str(one["ts"]): body_shown(one) for one in page}
        asked = [one for one in page if one["ts"] == last.thread_ts]
        kept = [ourselves.ledger.kept_with(one, last.channel_id) for one in asked]
        whole = [replace(one, shown=shown.get(one.ts)) for one in parts]
        if not any(kept) or not all(one.shown for one in whole):
            return None
        question = ShownQuestion.of_fields(kept[0])
        return PrivateAnswer(question.prompt or "", question.mode, tuple(whole))

    def _over(self, key: tuple[str, str, str], done: asyncio.Task[_Said]) -> None:
        del self._reading[key]
        if not done.cancelled():
            # Retrieved, so that asyncio does not report an error that no caller awaits any more.
            done.exception()

    async def _read(self, subject: Subject) -> _Said:
        messages = await self._thread(subject, subject.thread_ts or subject.message_ts)
        # Slack returns a reply alone where its own ts is asked for (github.com/slackapi/bolt-python
        # issue 783), and the message open beside the agent view does not tell its thread.
        asked = next((one for one in messages if one["ts"] == subject.message_ts), {})
        root = asked.get("thread_ts")
        if root is not None and root not in {one["ts"] for one in messages}:
            messages = await self._thread(subject, root)
        return said_about(subject, messages, await self._calls.ourselves())

    async def _thread(self, subject: Subject, ts: str) -> list[Message]:
        thread = SlackReading(self._calls, subject.channel_id, ts, thread_ts=ts)
        until = float("inf") if subject.purpose is Purpose.SUMMARISE else float(subject.message_ts)
        return (await thread.whole(until))[0]
