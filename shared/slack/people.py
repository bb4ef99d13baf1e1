"""Slack's ``users.info`` about a person, as both services read it."""

from collections.abc import Mapping
from typing import Any, Final

from shared.task import Locale

_RESTRICTED: Final = ("is_restricted", "is_ultra_restricted", "is_stranger")


def locale_of(user: Mapping[str, Any]) -> Locale | None:
    """The person's language; None if Slack does not say."""
    told = user.get("locale")
    return locale_named(told) if isinstance(told, str) and told else None


def locale_named(name: str) -> Locale:
    """The language for a Slack locale such as ``ja-JP``: English for everything but Japanese."""
    return "ja" if name.startswith("ja") else "en"


def is_of_the_team(user: object, team_id: str) -> bool:
    """Whether a user of Slack's is a member of our workspace: no guest, who is restricted to some
    channels, and nobody of another organisation (docs.slack.dev, user object).
    """
    if not isinstance(user, Mapping):
        return False
    grid = user.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, Mapping) else None
    ours = team_id in (user.get("team_id"), *(teams if isinstance(teams, list) else ()))
    return ours and not any(user.get(name) for name in _RESTRICTED)
