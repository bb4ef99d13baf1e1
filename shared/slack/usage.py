"""A user's usage of their limits, and how Slack shows such counts and moments."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from shared.task import Locale, Texts

_OF: Final[Texts] = {"ja": "{used}（上限 {limit}）", "en": "{used} of {limit}"}


@dataclass(frozen=True)
class UsedOfLimit:
    """The used amount and its limit; a limit of 0 is none."""

    used: int
    limit: int = 0


@dataclass(frozen=True)
class Used:
    """A user's usage: today's, except for the questions of the last minute.

    The day's counts restart at ``resets_at`` (aware). ``team_tokens`` is the whole team's.
    """

    questions: int
    questions_in_a_minute: UsedOfLimit
    tokens: UsedOfLimit
    team_tokens: UsedOfLimit
    resets_at: datetime


@dataclass(frozen=True)
class HomeContent:
    """A usage with the time it was looked up; ``unknown`` if that failed."""

    used: Used
    at: datetime


Usage = HomeContent | Literal["comes", "unknown"]


def described_count(count: UsedOfLimit, locale: Locale) -> str:
    """The used amount, with its limit if there is one."""
    if not count.limit:
        return f"{count.used:,}"
    return _OF[locale].format(used=f"{count.used:,}", limit=f"{count.limit:,}")


def shown_moment(at: datetime) -> str:
    """A time that Slack shows in each reader's time zone (docs.slack.dev, formatting dates)."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"
