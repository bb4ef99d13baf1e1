"""Who asks, and what they see and say besides answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from shared.task import Locale, Vote

_DAY_S: Final = 24 * 3600


class HomeViews(Protocol):
    """What people find who open the app itself."""

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Replace the person's Home; idempotent. Raises as a Conversation does."""


class VoteChange(StrEnum):
    """What a vote changed. ``KNOWN``: nothing, it was cast before or is older than what counts."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


class Votes(Protocol):
    """What people think of answers, one vote each. A lost store takes each vote for new."""

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> VoteChange:
        """Count the person's vote on the task's answer, unless they cast one later than ``at``."""


class People(Protocol):
    """Who asks."""

    async def locale_of(self, user_id: str) -> Locale | None:
        """The language the person uses Slack in; None if that cannot be told quickly."""

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        """How far the person's clocks are ahead of UTC; None if that cannot be told quickly."""

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The names people are shown by, as far as they can be told quickly."""


@dataclass(frozen=True)
class Person:
    """How one person reads us: the language and the time; None is not known."""

    locale: Locale | None = None
    utc_offset: timedelta | None = None


class PeopleCache(Protocol):
    """What Slack told about people; a lost store forgets."""

    async def person(self, user_id: str) -> Person | None:
        """The person, if both language and time are known. Raises StoreUnavailable."""

    async def keep_person(self, user_id: str, person: Person) -> None:
        """Keep what is known of the person, if the store takes it."""

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The names that are kept; none while the store is lost."""

    async def keep_name(self, user_id: str, name: str) -> None:
        """Keep the person's name, if the store takes it."""


def offset_told(value: object) -> timedelta | None:
    """Seconds from UTC. Clocks are less than a day apart; anything else is None, wherever it was
    kept or told.
    """
    try:
        seconds = int(str(value))
    except ValueError:
        return None
    return timedelta(seconds=seconds) if abs(seconds) < _DAY_S else None


@dataclass(frozen=True)
class Channel:
    """A conversation. ``public``: everybody in the workspace may read it, and only then it has a
    ``name``.
    """

    public: bool
    name: str = ""


class Channels(Protocol):
    """Where people speak, and who may read it."""

    async def of(self, channel_id: str) -> Channel | None:
        """The conversation as it was lately; None if that cannot be told quickly."""

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the person may read there now. Raises as a Conversation does."""


class Groups(Protocol):
    """Groups of people that can be mentioned."""

    async def names_of(self, group_ids: Sequence[str]) -> dict[str, str]:
        """The names they are mentioned by, as far as they can be told quickly."""


class Workspace(Protocol):
    """Where we are installed."""

    async def name(self) -> str | None:
        """What the workspace is called; None if that cannot be told quickly."""
