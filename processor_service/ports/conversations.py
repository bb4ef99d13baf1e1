"""Slack's conversations: reading them, and writing to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from processor_service.ports.citations import WebPage
from shared.ledger import Mark
from shared.slack.message import MessageRef
from shared.task import Mode, QuotedMessage, Subject, Task, TaskFile


@dataclass(frozen=True)
class Body:
    """The content of one message: blocks, and the text of its notification."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Posted:
    """A message of ours in Slack; ``live`` while text is still streamed into it.

    ``shown`` is its content as Slack returned it, if it did. ``with_cards``: its stream began with
    task cards.
    """

    ts: str
    mark: Mark
    live: bool = False
    shown: Body | None = field(default=None, compare=False)
    with_cards: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class TaskCard:
    """A step on the way to an answer, as Slack shows it in a stream. An update of the same ``id``
    replaces what it says, but its details are added to those before.
    """

    id: str
    title: str
    status: Literal["in_progress", "complete", "error"] = "in_progress"
    details: str = ""
    sources: tuple[WebPage, ...] = ()


@dataclass(frozen=True)
class Document:
    """The whole text of an answer as a file; ``digest`` is that of its answer's mark."""

    task_id: str
    digest: str
    title: str
    text: str


@dataclass(frozen=True)
class ThreadMessage:
    """A message in a thread before a question: of a person, another app, or ourselves.

    ``by`` is the person's id or the app's name; it brings along what others wrote, ``quoted``.
    One that was found in a channel has its time, its address and the number of its replies.
    """

    role: Literal["person", "app", "us"]
    by: str
    text: str
    files: tuple[TaskFile, ...] = ()
    quoted: tuple[QuotedMessage, ...] = ()
    ts: str = ""
    link: str = ""
    replies: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """All texts in it, whoever wrote them."""
        return (self.text, *(one.text for one in self.quoted))


@dataclass(frozen=True)
class ThreadHistory:
    """A task's messages, the messages before its question, and earlier tasks' abandoned streams.

    ``pressable`` are the newest other answers in the thread that have something to press, with
    their content; ``sent_along`` is what the question's message brings along by now, and
    ``sent_by`` the person who wrote that message.
    """

    posted: tuple[Posted, ...]
    said: tuple[ThreadMessage, ...] = ()
    left: tuple[Posted, ...] = ()
    pressable: tuple[Posted, ...] = ()
    sent_along: tuple[QuotedMessage, ...] = ()
    sent_by: str = ""


@dataclass(frozen=True)
class ChannelTalk:
    """The messages of a channel without the replies, the oldest first; ``whole`` unless older
    messages of the wanted time were not read.
    """

    said: tuple[ThreadMessage, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class PrivateAnswer:
    """An answer in direct messages: the question that is shown above it, and all its messages."""

    prompt: str
    mode: Mode
    parts: tuple[Posted, ...]


class ThreadReader(Protocol):
    """Reads threads for shortcuts and buttons. Raises as a Conversation does."""

    async def said_about(self, subject: Subject) -> tuple[ThreadMessage, ...]:
        """For a summary all messages of the thread, for a translation the message alone, else the
        message and those before it; the oldest first.

        Nothing if it has no words.
        """

    async def said_since(self, subject: Subject) -> ChannelTalk:
        """The newest messages of the time that a catch-up is about, as many as are read at all."""

    async def answer_at(self, place: MessageRef, last_ts: str) -> str:
        """Our answer to the question at ``place`` whose last message is ``last_ts``; "" if there is
        none of ours.
        """

    async def private_answer(self, last: MessageRef) -> PrivateAnswer | None:
        """Our answer whose last message is ``last``, with what its messages show; None if it, or
        the question that opens its thread, is not there.
        """


class Edits(Protocol):
    """Messages of ours can be read back and changed."""

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        """The current content of these messages, by their ts, as far as Slack returns it."""

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        """Replace an existing message. Idempotent."""

    async def remove(self, posted: Posted) -> None:
        """Delete a message of ours. Idempotent."""


StreamIn = Literal["everywhere", "dm", "never"]
"""Where answers are streamed: ``dm`` means in direct messages alone."""


class Streams(Protocol):
    """Text can be streamed into a message."""

    @property
    def may_begin(self) -> bool:
        """Whether one is wanted there, and Slack has not just refused to begin it."""

    @property
    def shows_cards(self) -> bool:
        """Whether Slack has not just refused task cards. What it refuses beside words is left out
        by itself.
        """

    async def start_stream(
        self, task_id: str, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> Posted:
        """Post a message that begins with ``cards`` and ``markdown``, and grows."""

    async def append_stream(
        self, posted: Posted, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> None:
        """Append to a running stream; cards only to one that began with some."""

    async def end_stream(
        self,
        posted: Posted,
        markdown: str,
        body: Body,
        mark: Mark,
        cards: Sequence[TaskCard] = (),
    ) -> Posted:
        """Add the last words, the blocks of ``body`` below them, and the mark."""


class FileSharing(Protocol):
    """A file can be shared."""

    async def upload(self, document: Document) -> str:
        """Upload a file; its id. It is invisible before it is shared."""

    async def share(self, file_id: str, document: Document) -> None:
        """Post a message with an uploaded file."""


class Status(Protocol):
    """Something can be shown below the conversation until the next message."""

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        """Show a status below the conversation; "" clears it. False if that failed.

        The ``loading`` messages take turns beside it.
        """


class Session(Protocol):
    """The conversation is a session of an agent, whose Stop Slack shows while it is at work.

    No method raises: a failure is logged, and a refusal means that there is no session.
    """

    async def show_processing(self, title: str) -> None:
        """Show the session as processing; a session that this begins gets the title."""

    async def show_active(self, *, always: bool = False) -> bool:
        """Show it as active, which ends the processing, if this process may have begun that, or
        ``always``; False if that may have failed.
        """


class Conversation(Protocol):
    """The place of one task's messages; a capability that it lacks is None.

    Every method may raise SlackUnavailable (no effect), OutcomeUnknown (find out before repeating),
    SlackDenied (our token is rejected) or SlackRefused (Slack does not allow it). Nothing is
    repeated inside.
    """

    @property
    def place(self) -> MessageRef | None:
        """The question's message, or None if it cannot be read again."""

    @property
    def capacity(self) -> int:
        """The number of messages that the conversation can take for one task."""

    @property
    def edits(self) -> Edits | None:
        """Reading back and changing; without it an answer is posted when it is whole."""

    @property
    def streams(self) -> Streams | None:
        """Streaming into a message."""

    @property
    def files(self) -> FileSharing | None:
        """Sharing a file."""

    @property
    def status(self) -> Status | None:
        """Showing the progress."""

    @property
    def session(self) -> Session | None:
        """Showing that the app is at work, with Slack's own Stop."""

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        """The task's existing messages, in order.

        A stream gets its mark only at its end, so a running one of ours counts; a caller that may
        not be ``in_turn`` in the thread gets none that another task may be writing. A message that
        shares the task's ``Document`` has the role ``file``.
        """

    async def read(self, task_id: str) -> ThreadHistory:
        """The messages that ``find`` returns, and those before the question, in the same calls."""

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post one message with its mark."""


class Conversations(Protocol):
    """The possible places of a task's messages. Opening one calls nothing and shows nothing."""

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        """The thread of a question."""

    def channel(self, task: Task) -> Conversation:
        """Where the question of a slash command, or about a message, is shown: the channel itself,
        or the thread of that message.
        """

    async def asker(self, task: Task) -> str | None:
        """The user's display name; None if it is not known quickly."""

    def response(self, task: Task, url: str) -> Conversation:
        """The messages that only the user sees, through the command's response URL."""

    async def direct(self, task: Task) -> Conversation:
        """The user's direct messages. Raises the same errors as a Conversation."""

    async def direct_id(self, task: Task) -> str:
        """The channel id of the user's direct messages. Raises the same errors."""
