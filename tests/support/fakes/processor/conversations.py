"""``ports.conversations`` in memory."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from processor_service.ports.conversations import (
    Body,
    ChannelTalk,
    Conversation,
    Document,
    Posted,
    PrivateAnswer,
    TaskCard,
    ThreadHistory,
    ThreadMessage,
)
from shared.errors import SlackRefused
from shared.ledger import Mark, growing_mark
from shared.slack.message import MessageRef
from shared.task import QuotedMessage, Subject, Task

_OVER = ("message_not_in_streaming_state", "stopped_by_user")
"""Slack says so of a stream that it has ended."""


def markdown_body(text: str) -> Body:
    return Body(text, ({"type": "markdown", "text": text},))


@dataclass
class FakeSession:
    """A session; ``fails`` so often."""

    words: list[str] = field(default_factory=list)
    fails: int = 0
    begun: bool = False

    async def show_processing(self, title: str) -> None:
        self.begun = True
        self.words.append(f"processing: {title}")

    async def show_active(self, *, always: bool = False) -> bool:
        if not (self.begun or always):
            return True
        if self.fails:
            self.fails -= 1
            return False
        self.begun = False
        self.words.append("active")
        return True


@dataclass
class FakeConversation:
    """A thread. ``failures`` maps a call to errors raised one after the other; a failure with
    ``taken`` True is raised after the effect, as when Slack's answer is lost on its way.
    """

    place: MessageRef | None = field(
        default_factory=lambda: MessageRef("C1", "100.000001", "100.000001")
    )
    capacity: int = 1000
    messages: list[tuple[Posted, Body]] = field(default_factory=list)
    failures: dict[str, list[tuple[Exception, bool]]] = field(default_factory=dict)
    before_post: Callable[[], None] = lambda: None
    posts: int = 0
    statuses: list[str] = field(default_factory=list)
    statuses_fail: bool = False
    statuses_refused: bool = False
    at_work: FakeSession | None = None
    status_changed: asyncio.Event = field(default_factory=asyncio.Event)
    cards_changed: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[ThreadMessage] = field(default_factory=list)
    sent_along: tuple[QuotedMessage, ...] = ()
    sent_by: str = ""
    left: tuple[Posted, ...] = ()
    pressable: tuple[Posted, ...] = ()
    can_stream: bool = False
    can_edit: bool = True
    can_share: bool = False
    may_begin: bool = True
    shows_cards: bool = True
    cards: dict[str, dict[str, TaskCard]] = field(default_factory=dict)
    uploaded: dict[str, Document] = field(default_factory=dict)
    reads: int = 0
    before_read: Callable[[], None] = lambda: None
    edited: list[str] = field(default_factory=list)
    garbles: Callable[[Body], Body] = lambda body: body

    @property
    def streams(self) -> Self | None:
        return self if self.can_stream else None

    @property
    def edits(self) -> Self | None:
        return self if self.can_edit else None

    @property
    def session(self) -> FakeSession | None:
        return self.at_work

    @property
    def files(self) -> Self | None:
        return self if self.can_share else None

    @property
    def status(self) -> Self | None:
        return self if self.place is not None and not self.statuses_refused else None

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        self._fail("find", taken=False)
        return [posted for posted, _ in self.messages if posted.mark.task_id == task_id]

    async def read(self, task_id: str) -> ThreadHistory:
        return ThreadHistory(
            tuple(await self.find(task_id)),
            tuple(self.said),
            self.left,
            self.pressable,
            self.sent_along,
            self.sent_by,
        )

    async def post(self, body: Body, mark: Mark) -> Posted:
        self.before_post()
        self.posts += 1
        self._fail("post", taken=False)
        held = self.garbles(body)
        posted = Posted(f"200.{self.posts:06d}", mark, shown=held)
        self.messages.append((posted, held))
        self._fail("post", taken=True)
        return posted

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        self.before_read()
        self.reads += 1
        self._fail("contents", taken=False)
        wanted = {part.ts for part in parts}
        return {one.ts: body for one, body in self.messages if one.ts in wanted}

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        self._fail("update", taken=False)
        self._refuse_running(posted)
        self.edited.append(posted.ts)
        self.cards.pop(posted.ts, None)
        held = self.garbles(body)
        self.messages = [
            (replace(one, mark=mark, live=False), held) if one.ts == posted.ts else (one, old)
            for one, old in self.messages
        ]
        return replace(posted, mark=mark, live=False, shown=held)

    async def remove(self, posted: Posted) -> None:
        self._fail("remove", taken=False)
        self._refuse_running(posted)
        self.cards.pop(posted.ts, None)
        self.messages = [(one, body) for one, body in self.messages if one.ts != posted.ts]

    def _refuse_running(self, posted: Posted) -> None:
        """Slack changes no stream that runs; whoever knows that it does ends it first."""
        if not posted.live and any(one.live and one.ts == posted.ts for one, _ in self.messages):
            raise SlackRefused("it runs", slack_error="streaming_state_conflict")

    async def start_stream(
        self, task_id: str, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> Posted:
        self._fail("start", taken=False)
        self.posts += 1
        ts = f"200.{self.posts:06d}"
        posted = Posted(ts, growing_mark(task_id), live=True, with_cards=bool(cards))
        self.messages.append((posted, markdown_body(markdown)))
        self._take(posted, cards)
        self._fail("start", taken=True)
        return posted

    async def append_stream(
        self, posted: Posted, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> None:
        self._fail("append", taken=False)
        self._add(posted, markdown, posted)
        self._take(posted, cards)
        self._fail("append", taken=True)

    def _take(self, posted: Posted, cards: Sequence[TaskCard]) -> None:
        """Cards come only in a stream that began with some, and add to their details. Slack bounds
        what their sources say.
        """
        assert not cards or posted.with_cards
        said = [page.title or page.url for card in cards for page in card.sources]
        if any(len(one) > 256 for one in said):
            raise SlackRefused("too long", slack_error="invalid_chunks")
        known = self.cards.setdefault(posted.ts, {})
        for card in cards:
            had = known[card.id].details if card.id in known else ""
            known[card.id] = replace(card, details=had + card.details)
        self.cards_changed.set()

    def states(self) -> list[str]:
        """What the task cards of all messages say, with their states."""
        cards = [card for each in self.cards.values() for card in each.values()]
        return [f"{card.title}: {card.status}" for card in cards]

    async def end_stream(
        self,
        posted: Posted,
        markdown: str,
        body: Body,
        mark: Mark,
        cards: Sequence[TaskCard] = (),
    ) -> Posted:
        self._fail("end", taken=False)
        if not any(one.ts == posted.ts and one.live for one, _ in self.messages):
            raise SlackRefused("over", slack_error="message_not_in_streaming_state")
        ended = replace(posted, mark=mark, live=False)
        self._add(posted, markdown, ended, body.blocks)
        self._take(posted, cards)
        self._fail("end", taken=True)
        [held] = [held for one, held in self.messages if one.ts == posted.ts]
        return replace(ended, shown=held)

    def _add(
        self,
        posted: Posted,
        markdown: str,
        becomes: Posted,
        below: tuple[dict[str, Any], ...] = (),
    ) -> None:
        [old] = [body for one, body in self.messages if one.ts == posted.ts]
        grown = markdown_body(old.blocks[0]["text"] + markdown)
        grown = self.garbles(replace(grown, blocks=(*grown.blocks, *below)))
        self.messages = [
            (becomes, grown) if one.ts == posted.ts else (one, body) for one, body in self.messages
        ]

    async def upload(self, document: Document) -> str:
        self._fail("upload", taken=False)
        self.uploaded[f"F{len(self.uploaded)}"] = document
        return f"F{len(self.uploaded) - 1}"

    async def share(self, file_id: str, document: Document) -> None:
        self._fail("share", taken=False)
        self.posts += 1
        mark = Mark(document.task_id, "file", digest=document.digest)
        posted = Posted(f"200.{self.posts:06d}", mark)
        self.messages.append((posted, Body(self.uploaded[file_id].text)))
        self._fail("share", taken=True)

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        self.statuses.append(status)
        self.status_changed.set()
        return not self.statuses_fail

    async def shows(self, wanted: Callable[[], bool]) -> None:
        """Wait until a change of the status makes ``wanted`` true."""
        async with asyncio.timeout(60):
            while not wanted():
                self.status_changed.clear()
                await self.status_changed.wait()

    def _fail(self, call: str, *, taken: bool) -> None:
        waiting = self.failures.get(call, [])
        if waiting and waiting[0][1] is taken:
            error, _ = waiting.pop(0)
            if isinstance(error, SlackRefused) and error.slack_error in _OVER:
                self.messages = [(replace(one, live=False), body) for one, body in self.messages]
            raise error

    def texts(self, role: str = "answer") -> list[str]:
        return [
            body.blocks[0]["text"]
            if body.blocks and isinstance(body.blocks[0]["text"], str)
            else body.text
            for posted, body in self.messages
            if posted.mark.role == role
        ]


@dataclass
class FakeConversations:
    """One thread (and others by their ts), a channel that shows questions, a response URL and
    direct messages.
    """

    conversation: FakeConversation = field(default_factory=FakeConversation)
    threads: dict[str, FakeConversation] = field(default_factory=dict)
    shown: FakeConversation = field(default_factory=FakeConversation)
    to_asker: FakeConversation = field(
        default_factory=lambda: FakeConversation(None, 5, can_edit=False)
    )
    dm: FakeConversation = field(default_factory=lambda: FakeConversation(None))
    opened: list[str] = field(default_factory=list)
    direct_refused: SlackRefused | None = None
    asked_in: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    async def asker(self, task: Task) -> str | None:
        return self.names.get(task.user_id)

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        self.opened.append(thread_ts)
        return self.threads.get(thread_ts, self.conversation)

    def channel(self, task: Task) -> Conversation:
        self.asked_in.append(task.channel_id)
        return self.shown

    def response(self, task: Task, url: str) -> Conversation:
        return self.to_asker

    async def direct(self, task: Task) -> Conversation:
        return self.dm

    async def direct_id(self, task: Task) -> str:
        if self.direct_refused is not None:
            raise self.direct_refused
        return "D1"


@dataclass
class FakeThreads:
    """What was said where a shortcut was used, or why it cannot be read."""

    said: tuple[ThreadMessage, ...] = ()
    talk: ChannelTalk = field(default_factory=ChannelTalk)
    answers: dict[str, str] = field(default_factory=dict)
    private: dict[str, PrivateAnswer] = field(default_factory=dict)
    refused: SlackRefused | None = None
    read: list[Subject] = field(default_factory=list)

    async def answer_at(self, place: MessageRef, last_ts: str) -> str:
        if self.refused is not None:
            raise self.refused
        return self.answers.get(last_ts, "")

    async def private_answer(self, last: MessageRef) -> PrivateAnswer | None:
        return self.private.get(last.message_ts)

    async def said_since(self, subject: Subject) -> ChannelTalk:
        await self.said_about(subject)
        return self.talk

    async def said_about(self, subject: Subject) -> tuple[ThreadMessage, ...]:
        self.read.append(subject)
        if self.refused is not None:
            raise self.refused
        return self.said
