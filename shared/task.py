"""The task on the wire between the two services: its model, its encoding, its identity.

Version 1, JSON in the data of a Pub/Sub message. Golden files in ``tests/unit/shared/wire`` pin it.
"""

import hashlib
import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self, TypedDict, Unpack

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.errors import UndecodableTask


class Kind(StrEnum):
    """The request to the processor."""

    QUESTION = "question"
    CANCEL = "cancel"
    FEEDBACK = "feedback"
    HOME = "home"
    DOCTOR = "doctor"
    SHARE = "share"
    SYNTHETIC = "synthetic"


class Source(StrEnum):
    """The trigger of a task."""

    MENTION = "mention"
    DM = "dm"
    SLASH_COMMAND = "slash_command"
    SHORTCUT = "shortcut"
    REACTION = "reaction"
    BUTTON = "button"
    RETRY = "retry"
    APP_HOME = "app_home"
    SYNTHETIC = "synthetic"


class Mode(StrEnum):
    """The layout of an answer; ``auto`` lets the model choose."""

    AUTO = "auto"
    CHAT = "chat"
    GENERAL = "general"
    CODE = "code"
    DATA = "data"
    CREATIVE = "creative"


class Wish(StrEnum):
    """How the next answer to a question shall differ from the usual one."""

    SHORTER = "shorter"
    LONGER = "longer"


class Vote(StrEnum):
    """A user's opinion of an answer."""

    UP = "up"
    DOWN = "down"


class FeedbackReason(StrEnum):
    """A user's reason for a vote; stable codes for logs and metrics."""

    WRONG = "wrong"
    OFF_TOPIC = "off_topic"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    OTHER = "other"


class Following(StrEnum):
    """How it is decided whether a message without a mention is a question."""

    ASKER = "asker"
    JUDGE = "judge"


Locale = Literal["ja", "en"]
Texts = dict[Locale, str]
"""A text for people in each language."""


class TaskFile(BaseModel):
    """A file of the question as in Slack's event; its content stays in Slack.

    Without a ``url`` Slack describes it only when asked (files.info). ``gone``: Slack no longer has
    its content. ``forwarded``: it belongs to a message that the user sent along.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str = ""
    mimetype: str = ""
    size: int = 0
    url: str = ""
    gone: bool = False
    # What is not there is not sent, as before there was such a thing.
    forwarded: Annotated[bool, Field(exclude_if=operator.not_)] = False


class QuotedMessage(BaseModel):
    """What somebody else wrote and a message brings along: a forward, or the preview of a link.

    ``by`` is a person's id or an app's name, ``name`` the person's name as Slack shows it; ``ts``
    is when it was written, ``source`` the address of a page that is no message. ``file_names`` are
    those of its files. ``preview``: Slack shows it below a link, to those who may read it there.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    by: str = ""
    by_app: bool = False
    name: str = ""
    channel_id: str = ""
    channel_name: str = ""
    ts: str = ""
    source: str = ""
    file_names: tuple[str, ...] = ()
    preview: Annotated[bool, Field(exclude_if=operator.not_)] = False


class Cancel(BaseModel):
    """The answer to stop: of this task, or the one streamed into these messages.

    Slack's own Stop names the messages only, and possibly none: then it means the whole thread.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str | None = None
    streams: tuple[str, ...] = ()


class Feedback(BaseModel):
    """A user's vote on the answer of ``task_id``. ``flaw`` and ``comment`` say why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str
    vote: Vote
    mode: Mode = Mode.AUTO
    flaw: FeedbackReason | None = None
    comment: str | None = None


class Share(BaseModel):
    """A private answer to ``task_id``, in ``mode``, that its asker shares to a channel."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str
    channel_id: str
    mode: Mode = Mode.CHAT


class Preferences(BaseModel):
    """A user's choices on their Home; what is None is left to us. The latest ones count."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Locale | None = None
    mode: Mode | None = None
    chosen_at: AwareDatetime | None = None

    def is_newer_than(self, other: "Preferences") -> bool:
        """Whether these were chosen after ``other``; what was never chosen is oldest."""
        if self.chosen_at is None or other.chosen_at is None:
            return self.chosen_at is not None
        return self.chosen_at > other.chosen_at


class Purpose(StrEnum):
    """The purpose of a message shortcut; ``ASK`` is a reaction's, ``CATCH_UP`` the command's and
    about a channel.
    """

    SUMMARISE = "summarise"
    TRANSLATE = "translate"
    EXPLAIN = "explain"
    ASK = "ask"
    CATCH_UP = "catch_up"


class Subject(BaseModel):
    """The message that a shortcut was used on, or a reaction put on, and the purpose.

    ``thread_ts`` names its thread, ``by`` its author: a person's id or an app's name. To catch up
    is about the channel's messages from ``since`` to ``message_ts``, when it was asked. ``beside``:
    it was open beside the agent view, and the task's ``text`` is its user's question about it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    purpose: Purpose
    channel_id: str
    message_ts: str
    thread_ts: str | None = None
    by: str = ""
    by_app: bool = False
    permalink: str = ""
    since: Annotated[str | None, Field(exclude_if=operator.not_)] = None
    beside: Annotated[bool, Field(exclude_if=operator.not_)] = False


@dataclass(frozen=True)
class Requester:
    """The user of a side task, and their place."""

    team_id: str
    channel_id: str
    user_id: str
    thread_ts: str | None = None


class SideContent(TypedDict, total=False):
    """The optional content of a side task. ``occurred_at`` is set if Slack says when it was."""

    cancel: Cancel
    feedback: Feedback
    share: Share
    preferences: Preferences | None
    message_ts: str
    locale: Locale
    response_url: str | None
    private: bool
    event_id: str | None
    occurred_at: datetime


class Earlier(BaseModel):
    """The answer below which a button asked for another one: its last message, in the thread."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_ts: str


_SIDE_SOURCES: Final = {
    Kind.HOME: Source.APP_HOME,
    Kind.DOCTOR: Source.SLASH_COMMAND,
    Kind.SYNTHETIC: Source.SYNTHETIC,
}


class Task(BaseModel):
    """One accepted question. Equal triggers give equal ``task_id``; unknown fields are ignored.

    With a ``subject`` the ``text`` is another person's message: material, not the user's words,
    unless it stands ``beside``. So is what is ``quoted``, in any case.
    With ``follow_up`` it mentions nobody, and is a question only if its thread says so.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    task_id: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[0-9a-z-]+$")]
    kind: Kind = Kind.QUESTION
    source: Source
    team_id: str
    channel_id: str
    user_id: str
    thread_ts: str | None = None
    message_ts: str | None = None
    text: str
    mode: Mode = Mode.AUTO
    wish: Wish | None = None
    earlier: Earlier | None = None
    cancel: Cancel | None = None
    feedback: Feedback | None = None
    share: Share | None = None
    preferences: Preferences | None = None
    quoted: Annotated[tuple[QuotedMessage, ...], Field(exclude_if=operator.not_)] = ()
    files: tuple[TaskFile, ...] = ()
    locale: Locale = "ja"
    response_url: str | None = None
    private: bool = False
    asked_in: str | None = None
    subject: Subject | None = None
    follow_up: Following | None = None
    event_id: str | None = None
    occurred_at: AwareDatetime
    received_at: AwareDatetime

    @property
    def has_words(self) -> bool:
        """Whether there is something to answer besides files."""
        return bool(self.text) or self.subject is not None or any(one.text for one in self.quoted)

    @property
    def asks_in_words(self) -> bool:
        """Whether the ``text`` is the user's own."""
        return self.subject is None or self.subject.beside

    @property
    def shown_below(self) -> str | None:
        """The thread in which a question about its message is shown and answered; None: it is not
        shown there.
        """
        if self.private or self.subject is None or self.message_ts is not None:
            return None
        return self.thread_ts

    @property
    def asked_privately_in(self) -> str | None:
        """The channel of a question that is answered in direct messages; None if there is none."""
        command = self.private and self.source is Source.SLASH_COMMAND and self.subject is None
        if self.asked_in is None and command and not self.channel_id.startswith("D"):
            return self.channel_id
        return self.asked_in

    @classmethod
    def side(
        cls,
        kind: Kind,
        task_id: str,
        by: Requester,
        received_at: datetime,
        **content: Unpack[SideContent],
    ) -> Self:
        """A task without a question for Gemini."""
        fields = {
            "source": _SIDE_SOURCES.get(kind, Source.BUTTON),
            "occurred_at": received_at,
            **asdict(by),
            **content,
        }
        return cls(kind=kind, task_id=task_id, text="", received_at=received_at, **fields)

    def encode(self) -> bytes:
        """The task as Pub/Sub data."""
        return self.model_dump_json(exclude_none=True).encode()

    def attributes(self, trace_context: Mapping[str, str]) -> dict[str, str]:
        """The message's attributes: the task's identity without decoding, and its W3C trace."""
        own = {"task_id": self.task_id, "kind": self.kind, "version": str(self.version)}
        return {**trace_context, **own}

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The task in ``data``; raises UndecodableTask for anything but a known version."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UndecodableTask(_faults(error)) from error


def _faults(error: ValidationError) -> str:
    """Which fields are wrong, without their values: they may hold a prompt or a response_url."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'message'}: {fault['type']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    )


def task_id_of_message(team_id: str, channel_id: str, message_ts: str) -> str:
    """The id of the question a message asks.

    Slack redelivers an event under the same message ts, and one mention may arrive as two events
    (``app_mention`` and ``message``): all of them are the same question.
    """
    return _digest("message", team_id, channel_id, message_ts)


def task_id_of_command(team_id: str, trigger_id: str) -> str:
    """The id of the question a slash command asks; Slack gives each invocation one trigger id."""
    return _digest("command", team_id, trigger_id)


def task_id_of_action(team_id: str, channel_id: str, message_ts: str, action_ts: str) -> str:
    """The id of the question a button asks; a redelivered click has the same ``action_ts``."""
    return _digest("action", team_id, channel_id, message_ts, action_ts)


def task_id_of_retry(team_id: str, channel_id: str, notice_ts: str) -> str:
    """The id of the question a notice's Retry button asks: one per notice, whoever clicks it."""
    return _digest("retry", team_id, channel_id, notice_ts)


def task_id_of_mode(team_id: str, channel_id: str, message_ts: str, mode: Mode) -> str:
    """The id of the question an answer's mode button asks: one per mode, whoever clicks it."""
    return _digest("mode", team_id, channel_id, message_ts, mode)


def task_id_of_wish(team_id: str, channel_id: str, message_ts: str, wish: Wish) -> str:
    """The id of the question a Shorter or Longer button asks: one per button, whoever clicks it."""
    return _digest("wish", team_id, channel_id, message_ts, wish)


def task_id_of_edit(team_id: str, channel_id: str, message_ts: str, edited_ts: str) -> str:
    """The id of the question a message asks after an edit: one per edit."""
    return _digest("edit", team_id, channel_id, message_ts, edited_ts)


def task_id_of_cancel(team_id: str, channel_id: str, *stopped: str) -> str:
    """The id of the request to stop a task or streams: the same for every press."""
    return _digest("cancel", team_id, channel_id, *stopped)


def task_id_of_feedback(team_id: str, *given: str) -> str:
    """The id of one vote, or of one explanation; a redelivered click has the same parts."""
    return _digest("feedback", team_id, *given)


def task_id_of_share(team_id: str, channel_id: str, answer_task_id: str) -> str:
    """The id of sharing an answer to a channel: one for all presses."""
    return _digest("share", team_id, channel_id, answer_task_id)


def task_id_of_shortcut(
    team_id: str, channel_id: str, message_ts: str, callback_id: str, action_ts: str
) -> str:
    """The id of what a message shortcut asks; a redelivered one has the same ``action_ts``."""
    return _digest("shortcut", team_id, channel_id, message_ts, callback_id, action_ts)


def task_id_of_reaction(team_id: str, channel_id: str, message_ts: str, user_id: str) -> str:
    """The id of what a person asks with a reaction to a message: one, however often they take it
    away and put it there again.
    """
    return _digest("reaction", team_id, channel_id, message_ts, user_id)


def task_id_of_home(team_id: str, user_id: str, event_ts: str) -> str:
    """The id of one opening of an App Home, or of one choice there (its ``action_ts``)."""
    return _digest("home", team_id, user_id, event_ts)


def task_id_of_synthetic(team_id: str, asked_at: datetime) -> str:
    """The id of a synthetic question: one per moment."""
    return _digest("synthetic", team_id, asked_at.isoformat())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
