"""``ports.people`` in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from processor_service.ports.people import Channel, VoteChange
from shared.task import Locale, Preferences, Vote


class FakeVotes:
    """Votes in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Vote, datetime]] = {}

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> VoteChange:
        old = self.kept.get((task_id, user_id))
        if old is not None and old[1] >= at:
            return VoteChange.KNOWN
        self.kept[task_id, user_id] = vote, at
        if old is None:
            return VoteChange.NEW
        return VoteChange.KNOWN if old[0] == vote else VoteChange.CHANGED


@dataclass
class FakePeople:
    locales: dict[str, Locale] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    utc_offsets: dict[str, timedelta] = field(default_factory=dict)

    async def locale_of(self, user_id: str) -> Locale | None:
        return self.locales.get(user_id)

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        return self.utc_offsets.get(user_id)

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        return {each: self.names[each] for each in user_ids if each in self.names}


@dataclass
class FakePreferences:
    """Choices in a dict; ``lost`` as Redis is."""

    kept: dict[str, Preferences] = field(default_factory=dict)
    lost: bool = False

    async def of(self, user_id: str) -> Preferences:
        return Preferences() if self.lost else self.kept.get(user_id, Preferences())

    async def newest(self, user_id: str, offered: Preferences) -> Preferences:
        held = await self.of(user_id)
        if offered.chosen_at is None or (held.chosen_at and offered.chosen_at <= held.chosen_at):
            return held
        if not self.lost:
            self.kept[user_id] = offered
        return offered


@dataclass
class FakeChannels:
    """All channels are public but those in ``hidden``; who has ``left`` may not read there, and
    ``guests`` not everywhere.
    """

    hidden: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    left: set[tuple[str, str]] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)
    failure: Exception | None = None

    async def of(self, channel_id: str) -> Channel | None:
        if channel_id in self.unknown:
            return None
        public = channel_id not in self.hidden
        return Channel(public, self.names.get(channel_id, "") if public else "")

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        if self.failure is not None:
            raise self.failure
        return (user_id, channel_id) not in self.left

    async def reads_public(self, user_id: str) -> bool:
        return user_id not in self.guests

    async def is_member(self, user_id: str, channel_id: str) -> bool:
        return await self.may_read(user_id, channel_id)


@dataclass
class FakeGroups:
    names: dict[str, str] = field(default_factory=dict)

    async def names_of(self, group_ids: Sequence[str]) -> dict[str, str]:
        return {each: self.names[each] for each in group_ids if each in self.names}


@dataclass
class FakeWorkspace:
    called: str | None = "Acme"

    async def name(self) -> str | None:
        return self.called

    async def url(self) -> str:
        return "https://acme.slack.com/" if self.called else ""


@dataclass
class FakeHomes:
    """The Homes that were published, by user; ``failure`` is raised instead."""

    published: dict[str, dict[str, Any]] = field(default_factory=dict)
    failure: Exception | None = None

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.published[user_id] = view
