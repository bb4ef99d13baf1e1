"""Slack's ``users.info`` about a person, as both services read it."""

from collections.abc import Mapping
from typing import Any

from shared.task import Locale


def locale_of(user: Mapping[str, Any]) -> Locale | None:
    """The person's language; None if Slack does not say."""
    told = user.get("locale")
    return locale_named(told) if isinstance(told, str) and told else None


def locale_named(name: str) -> Locale:
    """The language for a Slack locale such as ``ja-JP``: English for everything but Japanese."""
    return "ja" if name.startswith("ja") else "en"
