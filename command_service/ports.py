"""The ports: Protocols through which use cases reach the outside; adapters implement them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from command_service.payloads.model import (
    ConversationKind,
    EphemeralTarget,
    JoinedConversation,
    Page,
    Question,
    QuestionContent,
    Reactor,
)
from shared.errors import SlackDenied
from shared.slack.blocks import Block
from shared.slack.message import Message, MessageRef
from shared.task import Locale, Task


class TaskQueue(Protocol):
    """The queue of tasks for the processor."""

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        """Queue the task. Once this returns, it will be worked on, at least once.

        Raises QueueUnavailable without that promise: the queue may or may not have the task.
        """


class Keeping(Protocol):
    """Questions that the queue did not take, and whose users were told that they are kept."""

    def keep(self, task: Task) -> None:
        """Queue the task once the queue takes it. It may also be queued again by others."""

    def drop(self, task_id: str) -> None:
        """Forget the task, if it is kept: nobody wants its answer any more."""


class Access(Protocol):
    """Whether Slack accepts our token."""

    @property
    def denied(self) -> SlackDenied | None:
        """Slack's denial, or None: during a denial the bot can neither read nor answer."""


class UserSignals(Protocol):
    """Signs to the user. No method raises: no answer depends on them."""

    async def tell(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Block] = ()
    ) -> None:
        """Show ``text`` to the recipient alone; or ``blocks``, with ``text`` as their summary."""

    async def dismiss(self, response_url: str) -> None:
        """Remove an ephemeral message, by the address that came with the click on it."""

    async def acknowledge(self, question: Question) -> None:
        """React to the message, which asks nothing."""

    async def show_thinking(
        self, question: Question, locale: Callable[[], Awaitable[Locale]]
    ) -> None:
        """Show in the question's thread, in the ``locale``, that an answer is being prepared."""

    async def hide_thinking(self, question: Question) -> None:
        """Remove that sign: the question was not taken. Waits for a sign in progress."""


class Modals(Protocol):
    """Modal windows. No method raises: nothing depends on them."""

    async def open(self, trigger_id: str, view: Block) -> None:
        """Open one for the user whose action got ``trigger_id`` from Slack."""


class Questions(Protocol):
    """Messages with questions, read again."""

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        """The question, or None if it is gone or was never one.

        Raises RetryableError when Slack could not be asked.
        """


class ReactedMessages(Protocol):
    """Messages with a reaction, and who reacted. Each method raises RetryableError when Slack could
    not be asked.
    """

    async def message_at(self, channel_id: str, message_ts: str) -> Message | None:
        """The message, also one within a thread; None if it is gone or hidden from us."""

    async def reactor(self, user_id: str) -> Reactor:
        """The user. One whom Slack does not show us does not count as a person."""


class ChannelHistory(Protocol):
    """The bot's conversations, read back page by page; None is the cursor of the first page.

    Each method raises RetryableError, or SlackRefused where the bot may not look.
    """

    async def conversations(
        self, kind: ConversationKind, cursor: str | None
    ) -> Page[JoinedConversation]:
        """The conversations of one kind."""

    async def messages(
        self, conversation_id: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        """Messages since ``oldest`` outside of threads and the first ones of threads."""

    async def replies(
        self, conversation_id: str, thread_ts: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        """The first message of a thread and its replies since ``oldest``, with our marks."""


class Locales(Protocol):
    """The languages of users: the one chosen on their Home, else the one they use Slack in."""

    def choose(self, user_id: str, language: Locale | None) -> None:
        """Use ``language`` from now on; None is Slack's again. A restart forgets it."""

    def of(self, user_id: str) -> Locale:
        """The user's language as known by now, at once; the default for a new user."""

    async def found(self, user_id: str) -> Locale:
        """The user's language, looked up if needed, however long that takes; never raises."""


class HomePublisher(Protocol):
    """The App Home and the agent view. No method raises."""

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Show ``view`` as the user's Home."""

    async def suggest(self, channel_id: str, locale: Locale) -> None:
        """Offer prompts in the user's conversation with the bot."""


@dataclass(frozen=True)
class ChannelDiagnosis:
    """Whether the bot is in a channel, and whether it is, or is about to be, shared with other
    organisations; None: Slack hides it from the bot.
    """

    member: bool
    external: bool | None
    public: bool = False


class Diagnostics(Protocol):
    """Slack's view of the bot. Each method raises MechachangErrors."""

    async def scopes(self) -> frozenset[str] | None:
        """The scopes of our token; None if Slack does not name them."""

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        """The channel, as far as the bot can see it."""

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the user may read there now; False if the bot cannot see it."""


@dataclass(frozen=True)
class SocketState:
    """``connected``: open, and Slack is heard on it.

    ``heard_age_s``: seconds since Slack was last heard, or since the start if it never was.
    ``down_s``: the same while not connected, else 0. ``kept_age_s``: since the task that keeps the
    socket last looked at it.
    """

    connected: bool
    down_s: float
    heard_age_s: float
    kept_age_s: float


FindSocketState = Callable[[], Awaitable[SocketState | None]]
"""The socket's state; None in HTTP mode."""
