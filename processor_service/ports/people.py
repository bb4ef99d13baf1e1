"""The people who ask: their language, their names, their Home and their votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from shared.task import Locale, Preferences, Vote

_DAY_S: Final = 24 * 3600


class HomeViews(Protocol):
    """The App Home of each user."""

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Replace the user's Home; idempotent. Raises as a Conversation does."""


class VoteChange(StrEnum):
    """The effect of a vote. ``KNOWN``: none, it was cast before or is older than what counts."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


class Votes(Protocol):
    """Votes on answers, one per user. A lost store takes each vote for new."""

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> VoteChange:
        """Count the user's vote on the task's answer, unless they cast a later one than ``at``."""


class People(Protocol):
    """The users of Slack."""

    async def locale_of(self, user_id: str) -> Locale | None:
        """The user's language; None if it is not known quickly."""

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        """How far the user's clock is ahead of UTC; None if it is not known quickly."""

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The display names, as far as they are known quickly."""


@dataclass(frozen=True)
class Person:
    """A user's language and time; None is not known."""

    locale: Locale | None = None
    utc_offset: timedelta | None = None


class PreferenceStore(Protocol):
    """Users' choices on their Home. No method raises: a lost store knows of no choices."""

    async def of(self, user_id: str) -> Preferences:
        """The user's choices."""

    async def newest(self, user_id: str, offered: Preferences) -> Preferences:
        """The newer of ``offered`` and the kept choices, which is then the kept one."""


class PeopleCache(Protocol):
    """Slack's information about users; a lost store forgets."""

    async def person(self, user_id: str) -> Person | None:
        """The user, if both language and time are known. Raises StoreUnavailable."""

    async def keep_person(self, user_id: str, person: Person) -> None:
        """Keep what is known of the user, if the store takes it."""

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The names that are kept; none while the store is lost."""

    async def keep_name(self, user_id: str, name: str) -> None:
        """Keep the user's name, if the store takes it."""


def offset_told(value: object) -> timedelta | None:
    """Seconds from UTC as a time delta; None for anything of a day or more, which no clock has."""
    try:
        seconds = int(str(value))
    except ValueError:
        return None
    return timedelta(seconds=seconds) if abs(seconds) < _DAY_S else None


@dataclass(frozen=True)
class Channel:
    """A conversation. ``public``: all members of the workspace may read it, if no guests; only then
    it has a ``name``.
    """

    public: bool
    name: str = ""


class Channels(Protocol):
    """Conversations, and who may read them."""

    async def of(self, channel_id: str) -> Channel | None:
        """The conversation as of lately; None if it is not known quickly."""

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the user may read there now. Raises as a Conversation does."""

    async def reads_public(self, user_id: str) -> bool:
        """Whether the user may read every public channel; not a guest, and nobody who is not known
        quickly.
        """

    async def is_member(self, user_id: str, channel_id: str) -> bool:
        """Whether the user is in the channel now. Raises as a Conversation does."""


class Groups(Protocol):
    """User groups that can be mentioned."""

    async def names_of(self, group_ids: Sequence[str]) -> dict[str, str]:
        """Their handles, as far as they are known quickly."""


class Workspace(Protocol):
    """The workspace of the app."""

    async def name(self) -> str | None:
        """The workspace's name; None if it is not known quickly."""

    async def url(self) -> str:
        """The workspace's address; "" if it is not known quickly."""
