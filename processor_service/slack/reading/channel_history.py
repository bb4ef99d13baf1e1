"""The messages of a channel since some time, read page by page from the newest back."""

from typing import Final

from processor_service.ports.conversations import ChannelTalk
from processor_service.slack.client import SlackCalls
from processor_service.slack.page_memory import FIRST_PAGE
from processor_service.slack.reading.thread_messages import said_in_channel
from processor_service.slack.reading.trimming import KEPT_CHARS, size_of, trimmed
from shared.slack.message import Message, cursor_after, messages_in
from shared.task import Subject

# Calls of a method that all questions together may call some 50 times a minute (Tier 3). A page may
# have fewer messages than asked for (docs.slack.dev, conversations.history).
_MOST_PAGES: Final = 5


async def said_since(calls: SlackCalls, subject: Subject) -> ChannelTalk:
    """The messages of the subject's channel in its time, without the replies in its threads: a
    thread is a call of its own. Beyond five pages (1,000 messages), or their room, none is read.
    """
    found: list[Message] = []
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
