"""What the use cases need of the outside; adapters implement these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from command_service.payloads.model import (
    ConversationKind,
    EphemeralTarget,
    JoinedConversation,
    Message,
    MessageRef,
    Page,
    Question,
    QuestionContent,
)
from shared.errors import SlackDenied
from shared.task import Locale, Task

Block = Mapping[str, Any]


class TaskQueue(Protocol):
    """Takes tasks over from us."""

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        """Hand the task over. Once it returns, the task will be worked on, at least once.

        Raises QueueUnavailable without that promise: the task may or may not have been taken.
        """


class Access(Protocol):
    """Whether Slack accepts our token."""

    @property
    def denied(self) -> SlackDenied | None:
        """Slack's denial, or None while it accepts us: then nothing can be read or answered."""


class UserSignals(Protocol):
    """Signs to the person who asked. No method raises: an answer does not depend on them."""

    async def tell(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Block] = ()
    ) -> None:
        """Show ``text`` to the recipient alone; with ``blocks`` these, and it is their summary."""

    async def dismiss(self, response_url: str) -> None:
        """Take away what was shown to one person, by the address that came with their click."""

    async def show_thinking(self, question: Question, locale: Locale) -> None:
        """Show in the question's thread that an answer is being prepared."""

    async def hide_thinking(self, question: Question) -> None:
        """Take that sign away again: the question was not taken. Waits for a sign under way."""


class Modals(Protocol):
    """Windows before a person's conversation. No method raises: nothing depends on them."""

    async def open(self, trigger_id: str, view: Block) -> None:
        """Open one for whoever has just done what Slack gave ``trigger_id`` for."""


class Questions(Protocol):
    """Messages that asked something, read again."""

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        """The question, or None if it is gone or was never one.

        Raises RetryableError when Slack could not be asked.
        """


class ChannelHistory(Protocol):
    """The conversations we are in, read back page by page; None is the cursor of the first page.

    Each method raises RetryableError, or SlackRefused where we may not look.
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
    """The languages people use Slack in."""

    def of(self, user_id: str) -> Locale:
        """What is known of the user by now, at once; the default for somebody new."""

    async def found(self, user_id: str) -> Locale:
        """What there is to know of the user, if it can be found out; never raises."""


class HomePublisher(Protocol):
    """What people find who open the app itself. No method raises."""

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Show ``view`` as the person's Home."""

    async def suggest(self, channel_id: str, locale: Locale) -> None:
        """Offer prompts in their conversation with us."""


@dataclass(frozen=True)
class ChannelDiagnosis:
    """Whether we are in a channel, and whether it is shared with other organisations, or about to
    be; None: Slack hides it from us.
    """

    member: bool
    external: bool | None
    public: bool = False


class Diagnostics(Protocol):
    """What Slack says of us. Each method raises MechachangErrors."""

    async def scopes(self) -> frozenset[str] | None:
        """The scopes of our token; None if Slack does not name them."""

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        """The channel, as far as we can see it."""

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the person may read there now; what we cannot see they may not have read."""


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
