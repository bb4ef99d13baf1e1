"""Slack's conversations: what stands there, and what is put there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from shared.actions import MessageRef
from shared.ledger import Mark
from shared.task import Subject, Task, TaskFile


@dataclass(frozen=True)
class Body:
    """One message as Slack takes it: blocks, and the text of its notification."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Posted:
    """A message of ours that stands in Slack; ``live`` while text is still streamed into it.

    ``shown`` is what Slack said that it shows, when it said so.
    """

    ts: str
    mark: Mark
    live: bool = False
    shown: Body | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Document:
    """The whole text of an answer as a file; ``digest`` is that of its answer's mark."""

    task_id: str
    digest: str
    title: str
    text: str


@dataclass(frozen=True)
class ThreadMessage:
    """A message that stood in a thread before a question: of a person, another app, or ourselves.

    ``by`` is the person's id or the app's name.
    """

    role: Literal["person", "app", "us"]
    by: str
    text: str
    files: tuple[TaskFile, ...] = ()


@dataclass(frozen=True)
class ThreadHistory:
    """What of a task stands in a conversation, what was said there before it was asked, and the
    streams that earlier tasks have left there: nobody writes on in them.
    """

    posted: tuple[Posted, ...]
    said: tuple[ThreadMessage, ...] = ()
    left: tuple[Posted, ...] = ()


class ThreadReader(Protocol):
    """What people wrote where a shortcut was used. Raises as a Conversation does."""

    async def said_about(self, subject: Subject) -> tuple[ThreadMessage, ...]:
        """For a summary all that stands in the thread, to be explained the message and what stands
        before it there, else the message alone; the oldest first.

        Nothing if it has no words.
        """


class Conversation(Protocol):
    """Where one task's messages go.

    Every method may raise SlackUnavailable (no effect), OutcomeUnknown (find out before repeating),
    SlackDenied (our token is no good) or SlackRefused (Slack does not allow it). Nothing is
    repeated inside.
    """

    @property
    def place(self) -> MessageRef | None:
        """Where the question stands, or None where it cannot be read again."""

    @property
    def capacity(self) -> int:
        """How many messages the conversation can take for one task."""

    @property
    def editable(self) -> bool:
        """Whether what was posted there can be changed; if not, it is posted when it is whole."""

    @property
    def streams(self) -> bool:
        """Whether text can be streamed into a message there."""

    @property
    def takes_files(self) -> bool:
        """Whether a file can be shared there."""

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        """The messages of the task that already stand there, in order.

        A stream takes its mark only at its end, so one of ours that still runs is counted in; a
        caller who may not be ``in_turn`` in the thread is given none that another task may be
        writing. A message that shares the task's ``Document`` has the role ``file``.
        """

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        """What these messages show now, by their ts, as far as one call tells."""

    async def read(self, task_id: str) -> ThreadHistory:
        """What ``find`` gives, and what was said before the question, in the same calls."""

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post one message with its mark."""

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        """Replace a message that already stands there. Idempotent."""

    async def start_stream(self, task_id: str, markdown: str) -> Posted:
        """Post a message that begins with ``markdown`` and grows."""

    async def append_stream(self, posted: Posted, markdown: str) -> None:
        """Write on in a message that grows."""

    async def end_stream(self, posted: Posted, markdown: str, body: Body, mark: Mark) -> Posted:
        """Add the last words, the blocks of ``body`` below them, and the mark."""

    async def remove(self, posted: Posted) -> None:
        """Delete a message of ours. Idempotent."""

    async def upload(self, document: Document) -> str:
        """Hand a file over to Slack; its id. Nobody sees it before it is shared."""

    async def share(self, file_id: str, document: Document) -> None:
        """Post a message with an uploaded file."""

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        """Show below the conversation what is going on; "" clears it. False when it could not.

        The ``loading`` messages take turns beside it.
        """


class Conversations(Protocol):
    """The places where a task's messages may go. Opening one asks nobody and shows nothing."""

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        """The thread of a question."""

    def channel(self, task: Task) -> Conversation:
        """The channel itself, where a slash command's question is shown."""

    def response(self, task: Task, url: str) -> Conversation:
        """What only the asker sees, through the command's response URL."""

    async def direct(self, task: Task) -> Conversation:
        """The asker's direct messages. Raises the same errors as a Conversation."""

    async def direct_id(self, task: Task) -> str:
        """The channel id of the asker's direct messages. Raises the same errors."""
