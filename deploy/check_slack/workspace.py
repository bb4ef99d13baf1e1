"""The workspace that is tried out: one call, and everything that must be removed again."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from deploy.errors import OperationFailed
from deploy.language import words
from shared.errors import MechachangError, SlackDenied, SlackRefused, SlackUnavailable
from shared.slack.client import SLACK_FAILURES, slack_error

EVENT_TYPE: Final = "mechachang_operations"
_WAIT_AT_MOST_S: Final = 60.0
_GONE: Final = frozenset({"message_not_found", "thread_not_found", "file_deleted"})

Method = Callable[..., Awaitable[Any]]


class CheckImpossible(OperationFailed):
    """The workspace could not be tried out at all."""


class Refusal(Exception):
    """Slack did not do it; ``code`` is its own word, with the scope that is missing.

    ``decided`` is False if Slack was too busy or failed: then nothing is known.
    """

    def __init__(self, code: str, *, decided: bool = True, wait_s: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.decided = decided
        self.retry_after_s = wait_s


@dataclass(frozen=True)
class Thread:
    """A message of ours that others can be written below."""

    channel: str
    ts: str


@dataclass
class Workspace:
    """Slack, through the bot's own token; ``asker`` is the person for whom is streamed."""

    client: AsyncWebClient
    channel: str
    asker: str
    team: str = ""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    threads: list[Thread] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    streams: list[Thread] = field(default_factory=list)
    """The streams that may run; each is its own message, not what it stands in."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata by which our messages are recognised."""
        return {"event_type": EVENT_TYPE, "event_payload": {"notice": "check", "run": self.run}}

    async def ask(self, method: Method, /, **arguments: Any) -> Any:
        """One call, once more after a limit. Raises Refusal, or SlackDenied for a wrong token."""
        try:
            return await self.ask_once(method, **arguments)
        except Refusal as refusal:
            if refusal.retry_after_s is None or refusal.retry_after_s > _WAIT_AT_MOST_S:
                raise
            await asyncio.sleep(refusal.retry_after_s)
        return await self.ask_once(method, **arguments)

    async def ask_once(self, method: Method, /, **arguments: Any) -> Any:
        """One call, whatever comes of it."""
        try:
            return await method(**arguments)
        except SLACK_FAILURES as error:
            raise _refusal(error) from error

    async def sessions(self, thread: Thread, status: str, **begin: str) -> Any:
        """Change the session of a thread; the SDK has no method of that name yet."""
        place = {"channel_id": thread.channel, "thread_ts": thread.ts}
        return await self.ask(
            self.client.api_call,
            api_method="agents.sessions.setStatus",
            json={**place, "status": status, **begin},
        )

    async def begin(self, channel: str) -> Thread:
        """A message of ours to write below."""
        text = words(
            "Mechachang is being checked; this goes away by itself.",
            "Mechachang の動作確認中です。このメッセージは自動で削除されます。",
        )
        posted = await self.ask(
            self.client.chat_postMessage, channel=channel, text=text, metadata=self.metadata
        )
        thread = Thread(posted["channel"], posted["ts"])
        self.threads.append(thread)
        return thread

    async def replies(self, thread: Thread) -> list[Mapping[str, Any]]:
        """The messages of a thread, with all their metadata, its first one included."""
        read = await self.ask(
            self.client.conversations_replies,
            channel=thread.channel,
            ts=thread.ts,
            limit=1000,
            include_all_metadata=True,
        )
        return list(read["messages"])

    async def message(self, thread: Thread, ts: str) -> Mapping[str, Any]:
        """One message of a thread, empty if it is not there."""
        return next((each for each in await self.replies(thread) if each["ts"] == ts), {})

    async def start_stream(self, thread: Thread, **words_or_chunks: Any) -> str:
        """Begin a stream for the asker."""
        started = await self.ask(
            self.client.chat_startStream,
            channel=thread.channel,
            thread_ts=thread.ts,
            recipient_user_id=self.asker,
            recipient_team_id=self.team,
            **words_or_chunks,
        )
        self.streams.append(Thread(thread.channel, started["ts"]))
        return str(started["ts"])

    async def end_stream(self, thread: Thread, ts: str, **arguments: Any) -> None:
        """End a stream with our metadata."""
        end: dict[str, Any] = {"channel": thread.channel, "ts": ts, "metadata": self.metadata}
        await self.ask(self.client.chat_stopStream, **end, **arguments)
        self.streams.remove(Thread(thread.channel, ts))

    async def clean_up(self) -> list[str]:
        """Remove everything that was left; returns what could not be removed."""
        left: list[str] = []
        for stream in self.streams:
            # What could not be ended is named below, when it cannot be deleted either.
            await self._tried([], self.client.chat_stopStream, channel=stream.channel, ts=stream.ts)
        for file in self.files:
            await self._tried(left, self.client.files_delete, file=file)
        for thread in self.threads:
            with suppress(Refusal, MechachangError):
                await self.sessions(thread, "active")
            for ts in await self._ours(thread):
                await self._tried(left, self.client.chat_delete, channel=thread.channel, ts=ts)
        return left

    async def _ours(self, thread: Thread) -> list[str]:
        """Our messages of a thread. Its first one is last: with replies it would leave a mark."""
        known = [one.ts for one in self.streams if one.channel == thread.channel]
        try:
            found = [each for each in await self.replies(thread) if each.get("bot_id")]
        except (Refusal, MechachangError):
            return [*known, thread.ts]
        return [*reversed([each["ts"] for each in found if each["ts"] != thread.ts]), thread.ts]

    async def _tried(self, left: list[str], method: Method, **place: Any) -> None:
        try:
            await self.ask(method, **place)
        except (Refusal, MechachangError) as error:
            if str(error) not in _GONE:
                left.append(f"{' '.join(place.values())}: {error}")


def _refusal(error: Exception) -> Exception:
    """What Slack said, or that it said nothing; a token that is denied ends everything."""
    failure = slack_error(error, "")
    if isinstance(failure, SlackDenied):
        return failure
    decided = isinstance(failure, SlackRefused)
    if not isinstance(error, SlackApiError):
        return Refusal(words("no answer", "応答なし"), decided=decided)
    data: Any = getattr(error.response, "data", None)
    told = data if isinstance(data, dict) else {}
    said = told.get("error") or f"HTTP {getattr(error.response, 'status_code', 0)}"
    needed = told.get("needed")
    wait_s = failure.retry_after_s if isinstance(failure, SlackUnavailable) else None
    return Refusal(f"{said}: {needed}" if needed else str(said), decided=decided, wait_s=wait_s)
