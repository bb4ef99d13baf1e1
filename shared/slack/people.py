"""What Slack's ``users.info`` tells about a person, as both services read it."""

from collections.abc import Mapping
from typing import Any

from shared.task import Locale


def locale_of(user: Mapping[str, Any]) -> Locale | None:
    """The person's language; None where Slack does not tell it."""
    told = user.get("locale")
    return locale_named(told) if isinstance(told, str) and told else None


def locale_named(name: str) -> Locale:
    """Slack's locales are like ``ja-JP``; everything but Japanese is answered in English."""
    return "ja" if name.startswith("ja") else "en"
