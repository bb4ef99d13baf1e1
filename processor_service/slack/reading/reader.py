"""Reads a thread or channel: a task's messages, and the messages before it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import Body, Posted, ThreadHistory, ThreadMessage
from processor_service.ports.work import StreamOwners
from processor_service.slack.client import SlackCalls
from processor_service.slack.page_memory import FIRST_PAGE, PageMemory, next_page
from processor_service.slack.reading.thread_messages import said_before, sent_along
from processor_service.slack.reading.trimming import TrimmedMessages, size_of
from processor_service.slack.reading.unconfirmed_starts import UnconfirmedStarts
from processor_service.slack.shown_body import body_shown
from shared.ledger import Ledger, growing_mark
from shared.slack.message import Message, MessageRef, cursor_after, messages_in

# Slack returns a thread from its beginning. Messages beyond this number are not read.
_HISTORY_MESSAGES: Final = 3_000
# Others may write between the parts of an answer. A part beyond these pages counts as missing.
_PAGES_READ_BACK: Final = 3
# A worker records its stream right after Slack has begun it.
_ORPHANED_AFTER_S: Final = 5.0
# No worker writes to an older stream (``running_stream.py``); Slack ends it a minute later.
_LEFT_AFTER_S: Final = 250.0


@dataclass(frozen=True)
class SlackReading:
    """The messages in a thread (``thread_ts``), or in a channel itself, since ``oldest``.

    ``place`` is the question's, ``owners`` know the tasks of unfinished streams, and ``starts`` the
    streams that Slack may have begun without confirmation.
    """

    calls: SlackCalls
    channel: str
    oldest: str
    thread_ts: str | None = None
    place: MessageRef | None = None
    owners: StreamOwners | None = None
    starts: UnconfirmedStarts = field(default_factory=UnconfirmedStarts)

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        messages, _ = await self._messages(self.oldest, TrimmedMessages(chars=0))
        return await self._posted(task_id, messages, in_turn=in_turn)

    async def read(self, task_id: str) -> ThreadHistory:
        """Our messages of the task, and what was said before it if it continues a thread."""
        place = self.place
        said, left = tuple[ThreadMessage, ...](), list[Posted]()
        if place is not None and place.continues_thread:
            kept = TrimmedMessages(float(place.message_ts))
            messages, whole = await self._from_the_beginning(kept)
            since = [one for one in messages if float(one["ts"]) >= float(self.oldest)]
            found = await self._posted(task_id, since) if whole else await self.find(task_id)
            said = said_before(place, messages, await self.calls.ourselves())
            before = [one for one in messages if float(one["ts"]) < float(self.oldest)]
            left = await self._left(task_id, before)
        else:
            kept = TrimmedMessages(chars=0)
            messages, _ = await self._messages(self.oldest, kept)
            found = await self._posted(task_id, messages)
        pressable = await self._pressable(task_id, kept)
        if place is None:
            return ThreadHistory(tuple(found), pressable=pressable)
        along, by = sent_along(place, messages, await self.calls.ourselves())
        return ThreadHistory(tuple(found), said, tuple(left), pressable, along, by)

    async def replies(self) -> list[Message]:
        """The messages since ``oldest``."""
        return (await self._messages(self.oldest, TrimmedMessages(), _HISTORY_MESSAGES))[0]

    async def whole(self, until: float) -> tuple[list[Message], bool]:
        """The messages from the beginning on, as far as a thread's context goes, and whether it was
        read to its end. What people said after ``until`` has no words.
        """
        return await self._from_the_beginning(TrimmedMessages(until))

    async def _from_the_beginning(self, kept: TrimmedMessages) -> tuple[list[Message], bool]:
        page_memory = self.calls.page_memory
        async with page_memory.only_reader(self.channel, self.thread_ts or ""):
            return await self._messages(None, kept, _HISTORY_MESSAGES, page_memory)

    async def _messages(
        self,
        oldest: str | None,
        kept: TrimmedMessages,
        at_most: float = float("inf"),
        page_memory: PageMemory | None = None,
    ) -> tuple[list[Message], bool]:
        """The messages since ``oldest``, and whether these were all of them.

        With ``page_memory`` each page first reserves its memory.
        """
        cursor: str | None = None
        chars, asked, limit = 0, 0, FIRST_PAGE
        while asked < at_most:
            async with page_memory.page(limit) if page_memory else nullcontext():
                page = await self._page(oldest, cursor, limit)
                chars += size_of(page.data)
                kept.add(messages_in(page))
                cursor = cursor_after(cursor, page)
                del page
            if cursor is None:
                return kept.messages, True
            asked += limit
            limit = next_page(asked, chars)
        return kept.messages, False

    async def _left(self, task_id: str, messages: Sequence[Message]) -> list[Posted]:
        """Our streams among these messages that no worker writes to."""
        found = await self._posted(task_id, messages, in_turn=False)
        return [one for one in found if one.live]

    async def _pressable(self, task_id: str, kept: TrimmedMessages) -> tuple[Posted, ...]:
        """The other finished answers with something to press; one in progress has its Stop."""
        ledger = (await self.calls.ourselves()).ledger
        marked = [(one, ledger.mark_of(one, self.channel)) for one in kept.pressable]
        return tuple(
            Posted(str(one["ts"]), mark, shown=body_shown(one))
            for one, mark in marked
            if mark and mark.role == "answer" and mark.parts and mark.task_id != task_id
        )

    async def _posted(
        self, task_id: str, messages: Sequence[Message], *, in_turn: bool = True
    ) -> list[Posted]:
        found: list[Posted] = []
        parts = 0
        ledger = (await self.calls.ourselves()).ledger
        alone = self._is_alone(messages, ledger)
        for message in messages:
            if not ledger.our_bot.sent(message):
                continue
            mark = ledger.mark_of(message, self.channel)
            if mark is not None and mark.task_id == task_id:
                found.append(Posted(str(message["ts"]), mark))
                parts += mark.role == "answer"
            elif mark is None and await self._is_streamed_for(
                task_id, message, in_turn=in_turn, alone=alone
            ):
                # It does not say so itself yet, but it follows the parts before it.
                parts += 1
                mark = growing_mark(task_id, parts)
                found.append(Posted(str(message["ts"]), mark, live=True))
            elif (shared := ledger.file_mark_of(task_id, message, self.channel)) is not None:
                found.append(Posted(str(message["ts"]), shared))
        return found

    def _is_alone(self, messages: Sequence[Message], ledger: Ledger) -> bool:
        """Whether nobody else has written in the thread, who may have asked, too."""
        if self.place is None or self.place.continues_thread:
            return False
        others = (one for one in messages if not ledger.our_bot.sent(one))
        return all(one["ts"] == self.place.message_ts for one in others)

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        wanted = {part.ts for part in parts}
        return {
            str(message["ts"]): body_shown(message)
            for message in await self.beside(parts)
            if message["ts"] in wanted
        }

    async def beside(self, parts: Sequence[Posted]) -> Sequence[Message]:
        """The messages from the first of these to the last, and what comes in the same page; a
        thread's begin with its parent. A page may have fewer than asked for (docs.slack.dev): the
        next ones are read while any of these is missing.
        """
        first = min((part.ts for part in parts), key=float)
        missing, found = {part.ts for part in parts}, list[Message]()
        cursor: str | None = None
        for _ in range(_PAGES_READ_BACK):
            page = await self._page(first, cursor, FIRST_PAGE)
            found += messages_in(page)
            missing -= {str(one["ts"]) for one in found}
            cursor = cursor_after(cursor, page)
            if cursor is None or not missing:
                break
        return found

    async def _is_streamed_for(
        self, task_id: str, message: Mapping[str, Any], *, in_turn: bool, alone: bool
    ) -> bool:
        """Whether an unmarked message of ours is a stream of the task, or one without an owner.

        ``in_turn`` the latter becomes the task's; ``alone`` even while Redis is lost.
        A stream that a user stopped, or that Slack ended, no longer runs but has no mark.
        """
        if self.owners is None:
            return False
        ts = str(message["ts"])
        owner = await self.owners.owner(self.channel, ts)
        if owner is None and self.starts.began(self.channel, task_id, message, alone=alone):
            await self.owners.own(self.channel, ts, task_id)
            return True
        if owner is not None or message.get("streaming_state") != "in_progress":
            return owner == task_id
        age_s = time.time() - float(ts)
        if in_turn:
            # Two tasks of a thread can be in work at once while Redis is lost.
            old = age_s > _ORPHANED_AFTER_S
            return old and await self.owners.try_own(self.channel, ts, task_id, alone=alone)
        nobodys = await self.owners.has_no_owner(self.channel, ts)
        return age_s > (_ORPHANED_AFTER_S if nobodys else _LEFT_AFTER_S)

    async def _page(self, oldest: str | None, cursor: str | None, limit: int) -> AsyncSlackResponse:
        client = self.calls.client
        wanted: dict[str, Any] = {
            "channel": self.channel,
            "oldest": oldest,
            "inclusive": True,
            "include_all_metadata": True,
            "limit": limit,
            "cursor": cursor,
        }
        if self.thread_ts is None:
            async with self.calls("conversations.history"):
                return await client.conversations_history(**wanted)
        async with self.calls("conversations.replies"):
            return await client.conversations_replies(ts=self.thread_ts, **wanted)
