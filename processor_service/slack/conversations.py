"""The conversations of a task in Slack."""

from dataclasses import dataclass

import aiohttp

from processor_service.ports.conversations import StreamIn
from processor_service.ports.people import People
from processor_service.ports.work import Responses, StreamOwners
from processor_service.slack.agent_session import processing_threads
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversation import SlackConversation
from processor_service.slack.reading.unconfirmed_starts import UnconfirmedStarts
from processor_service.slack.response_url import SlackResponse
from processor_service.slack.streams import StreamRecipient
from processor_service.slack.uploads import SlackUploads
from shared.channel_ids import is_direct
from shared.errors import SlackUnavailable
from shared.slack.message import MessageRef
from shared.slack.refused_methods import RefusedMethods
from shared.task import Source, Task

# The user's clock is Slack's, ours may run ahead of it.
_CLOCK_GRACE_S = 60.0
# As long as Redis remembers a finished task.
_ASKED_BEFORE_S = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Streaming:
    """Where answers are streamed, and whose each running stream is."""

    owners: StreamOwners
    where: StreamIn = "everywhere"

    def begins_in(self, channel_id: str) -> bool:
        """Whether a stream is begun there."""
        return self.where == "everywhere" or (self.where == "dm" and is_direct(channel_id))


class SlackConversations:
    """``ports.Conversations`` in a real workspace."""

    def __init__(
        self,
        calls: SlackCalls,
        session: aiohttp.ClientSession,
        responses: Responses,
        streaming: Streaming,
        people: People,
    ) -> None:
        self._calls = calls
        self._session = session
        self._responses = responses
        self._streaming = streaming
        self._people = people
        self._starts = UnconfirmedStarts()
        self._refused = RefusedMethods()
        self._processing = processing_threads()

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> SlackConversation:
        place = MessageRef(task.channel_id, thread_ts, question_ts)
        return SlackConversation(
            self._calls,
            task.channel_id,
            question_ts,
            thread_ts=thread_ts,
            place=place,
            asker=StreamRecipient(task.team_id, task.user_id),
            owners=self._streaming.owners,
            files=SlackUploads(self._calls, self._session, task.channel_id, thread_ts),
            starts=self._starts,
            refused=self._refused,
            processing=self._processing,
            streamed=self._streaming.begins_in(task.channel_id),
        )

    def channel(self, task: Task) -> SlackConversation:
        from processor_service.rendering.question_metadata import (  # noqa: PLC0415 - see ``cold_start``
            question_payload,
        )

        return SlackConversation(
            self._calls,
            task.channel_id,
            _since(task),
            thread_ts=task.shown_below,
            payload=question_payload(task),
        )

    async def asker(self, task: Task) -> str | None:
        return (await self._people.names_of([task.user_id])).get(task.user_id)

    def response(self, task: Task, url: str) -> SlackResponse:
        channel, signing = task.channel_id, self._calls.signing
        return SlackResponse(self._session, url, self._responses, channel, signing)

    async def direct(self, task: Task) -> SlackConversation:
        return SlackConversation(self._calls, await self.direct_id(task), _since(task))

    async def direct_id(self, task: Task) -> str:
        """The channel of the user's direct messages; opening it again changes nothing."""
        async with self._calls("conversations.open"):
            opened = await self._calls.client.conversations_open(users=task.user_id)
        channel = opened.get("channel")
        channel_id = channel.get("id") if isinstance(channel, dict) else None
        if not isinstance(channel_id, str):
            raise SlackUnavailable("conversations.open: Slack names no channel.")
        return channel_id


def _since(task: Task) -> str:
    """The time from which the task's messages may be there. An earlier reaction may have brought
    them: then since its message was written, in direct messages for a week at most.
    """
    asked = task.occurred_at.timestamp() - _CLOCK_GRACE_S
    if task.source is Source.REACTION and task.subject is not None:
        written = float(task.subject.message_ts)
        earliest = 0.0 if task.shown_below is not None else asked - _ASKED_BEFORE_S
        asked = min(asked, max(written, earliest))
    return f"{asked:.6f}"
