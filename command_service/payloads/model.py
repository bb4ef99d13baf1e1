"""A user's request as data, the reasons to reject one, and conversations that are read back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Literal, TypeVar

from shared.slack.message import MessageRef, OurBot
from shared.task import Earlier, Kind, Mode, QuotedMessage, Source, Subject, Task, TaskFile, Wish


class RejectReason(StrEnum):
    """Why a trigger did not become a task; stable codes for logs and metrics."""

    OWN_MESSAGE = "own_message"
    BOT_MESSAGE = "bot_message"
    MESSAGE_CHANGED = "message_changed"
    NOT_A_QUESTION = "not_a_question"
    NOT_FOLLOWED = "not_followed"
    POSTPONED = "postponed"
    OTHER_REACTION = "other_reaction"
    DROPPED = "dropped"
    TEAM_NOT_ALLOWED = "team_not_allowed"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    USER_NOT_ALLOWED = "user_not_allowed"
    EXTERNAL_CHANNEL = "external_channel"
    NOT_IN_ROLLOUT = "not_in_rollout"
    EMPTY_PROMPT = "empty_prompt"
    THANKS = "thanks"
    HELP_ASKED = "help_asked"
    UNKNOWN_OPTION = "unknown_option"
    UNKNOWN_CHANNEL = "unknown_channel"
    NOTHING_BESIDE = "nothing_beside"
    PROMPT_TOO_LONG = "prompt_too_long"
    MESSAGE_TOO_LONG = "message_too_long"
    QUESTION_GONE = "question_gone"
    QUESTION_UNREADABLE = "question_unreadable"
    QUEUE_UNAVAILABLE = "queue_unavailable"
    SLACK_DENIED = "slack_denied"
    OVERLOADED = "overloaded"
    NOT_A_MEMBER = "not_a_member"
    NOT_THE_ASKER = "not_the_asker"
    PRESS_LOST = "press_lost"
    TOO_SOON = "too_soon"
    TAMPERED = "tampered"
    ILL_FORMED = "ill_formed"
    TOO_MANY_QUESTIONS = "too_many_questions"


@dataclass(frozen=True)
class Identity:
    """The bot's ids in the workspace, and the workspace's address, from ``auth.test``."""

    team_id: str
    bot_user_id: str
    bot_id: str | None = None
    enterprise_id: str | None = None
    url: str = ""

    @property
    def our_bot(self) -> OurBot:
        """The bot as its messages are known."""
        return OurBot(self.bot_user_id, self.bot_id)


@dataclass(frozen=True)
class EphemeralTarget:
    """The one user who will see a message.

    ``thread_ts`` only where the user wrote inside a thread: Slack does not show an ephemeral
    message in a thread without replies. With ``response_url`` the message also arrives where the
    bot is no member.
    """

    channel_id: str
    user_id: str
    thread_ts: str | None = None
    response_url: str | None = None


@dataclass(frozen=True)
class Question:
    """A trigger read as a question, before any decision on whether it may be asked."""

    task_id: str
    source: Source
    team_id: str
    channel_id: str
    user_id: str
    text: str
    mode: Mode
    occurred_at: datetime
    recipient: EphemeralTarget
    thread_ts: str | None = None
    message_ts: str | None = None
    wish: Wish | None = None
    earlier: Earlier | None = None
    quoted: tuple[QuotedMessage, ...] = ()
    files: tuple[TaskFile, ...] = ()
    response_url: str | None = None
    private: bool = False
    event_id: str | None = None
    external: bool = False
    redelivered: bool = False
    subject: Subject | None = None
    asked_in: str | None = None
    follow_up: bool = False
    """It mentions nobody: it may be a question only if we have answered in its thread."""
    thread_by: str | None = None
    """The author of its thread's first message, if Slack says."""
    kind: ClassVar[Kind] = Kind.QUESTION

    def age_s(self, now: datetime) -> float:
        """Seconds since it was asked."""
        return (now - self.occurred_at).total_seconds()


@dataclass(frozen=True)
class AskingReaction:
    """The operator's emoji that asks about the message it is put on; ``in_thread``: the answer goes
    to that message's thread, else to the reactor's direct messages.
    """

    emoji: str
    in_thread: bool = False


@dataclass(frozen=True)
class Reactor:
    """The user who reacted: whether they are a person, and their workspace, if Slack says."""

    is_person: bool
    team_id: str | None = None


@dataclass(frozen=True)
class NotAQuestion:
    """A trigger that is not a question. ``option`` is the unknown option, as typed."""

    reason: RejectReason
    option: str = ""


@dataclass(frozen=True)
class Typed:
    """A slash command as its user typed it, with readable links and channels."""

    user_id: str
    text: str


@dataclass(frozen=True)
class QuestionContent:
    """The content of a question's message when it is read again; ``by`` is the person who wrote it,
    if it is not a message of ours.
    """

    text: str
    mode: Mode = Mode.AUTO
    quoted: tuple[QuotedMessage, ...] = ()
    files: tuple[TaskFile, ...] = ()
    subject: Subject | None = None
    asked_in: str | None = None
    by: str = ""


@dataclass(frozen=True)
class Click(Question):
    """A click on a button that asks again: the question, whose words are still in Slack.

    ``source`` tells a notice's Retry from an answer's buttons; ``wish`` is the requested change of
    the answer ``earlier``; ``subject`` what the question was about, if its message does not tell.
    """

    keeps_mode: bool = False
    """The button names no mode: the question's own counts."""

    @property
    def place(self) -> MessageRef:
        """The message to read again."""
        return MessageRef(self.channel_id, self.thread_ts or "", self.message_ts or "")


@dataclass(frozen=True)
class SideTask:
    """A user's task without a question. ``only_for``: the one user who may request it, if set;
    ``external``: the user belongs to another organisation.
    """

    task: Task
    only_for: str | None = None
    external: bool = False

    @property
    def recipient(self) -> EphemeralTarget:
        """The user to tell about its outcome."""
        return EphemeralTarget(self.task.channel_id, self.task.user_id, self.task.thread_ts)


ConversationKind = Literal["im", "public_channel", "private_channel", "mpim"]
KINDS: tuple[ConversationKind, ...] = ("im", "public_channel", "private_channel", "mpim")


ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class JoinedConversation:
    """A conversation that the bot is in. ``external``: shared with other organisations."""

    id: str
    kind: ConversationKind
    external: bool = False


@dataclass(frozen=True)
class Page(Generic[ItemT]):
    """A part of a list; without a ``cursor`` it is the last one."""

    items: tuple[ItemT, ...]
    cursor: str | None = None
