"""The content of side tasks, which have no question for Gemini."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from pydantic import AwareDatetime, BaseModel

from shared.task.kinds import FeedbackReason, Locale, Mode, Vote


class Cancel(BaseModel, frozen=True, extra="ignore"):
    """The answer to stop: of this task, or the one streamed into these messages.

    Slack's own Stop names the messages only, and possibly none: then it means the whole thread.
    """

    task_id: str | None = None
    streams: tuple[str, ...] = ()


class Feedback(BaseModel, frozen=True, extra="ignore"):
    """A user's vote on the answer of ``task_id``. ``flaw`` and ``comment`` say why."""

    task_id: str
    vote: Vote
    mode: Mode = Mode.AUTO
    flaw: FeedbackReason | None = None
    comment: str | None = None


class Share(BaseModel, frozen=True, extra="ignore"):
    """A private answer to ``task_id``, in ``mode``, that its asker shares to a channel."""

    task_id: str
    channel_id: str
    mode: Mode = Mode.CHAT


class Preferences(BaseModel, frozen=True, extra="ignore"):
    """A user's choices on their Home; None leaves the choice to us. The latest ones count."""

    language: Locale | None = None
    mode: Mode | None = None
    chosen_at: AwareDatetime | None = None


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
