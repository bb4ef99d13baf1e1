"""The scopes of our bot token: the purpose of each, and which ones Slack has granted.

``deploy/slack-manifest.yaml`` requests exactly ``ALL_SCOPES``.
"""

from collections.abc import Mapping
from typing import Final

NEEDED_SCOPES: Final = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "chat:write",
        "commands",
        "groups:history",
        "im:history",
        "users:read",
    }
)
"""The bot scopes without which nothing works."""
CATCH_UP_SCOPES: Final = frozenset({"channels:read", "groups:read", "im:read"})
"""For finding missed questions, and who may read a channel: one per kind of conversation."""
FILE_SCOPES: Final = frozenset({"files:read", "files:write"})
"""For fetching files, without which each answer says so, and for very long answers as a file,
without which they go into the thread whole.
"""
DIRECT_SCOPES: Final = frozenset({"im:write"})
"""For opening direct messages: for shortcuts, and notices where the bot may not speak."""
GROUP_SCOPES: Final = frozenset({"mpim:history", "mpim:read"})
"""For group direct messages, without which we hear nothing there."""
PROMPT_SCOPES: Final = frozenset({"assistant:write"})
"""For suggesting prompts."""
REACTION_SCOPES: Final = frozenset({"reactions:write"})
"""For a reaction to thanks, which without it get no sign at all."""
ASKING_SCOPES: Final = frozenset({"reactions:read"})
"""For hearing of reactions, with which people ask where ``REACTION_ASK`` names one."""
ALL_SCOPES: Final = NEEDED_SCOPES.union(
    *(CATCH_UP_SCOPES, FILE_SCOPES, DIRECT_SCOPES, GROUP_SCOPES),
    *(PROMPT_SCOPES, REACTION_SCOPES, ASKING_SCOPES),
)


def granted_scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The scopes that Slack names in a header of every answer; None if it does not."""
    named = headers.get("X-OAuth-Scopes")
    if named is None:
        return None
    return frozenset(scope.strip() for scope in named.split(",") if scope.strip())
