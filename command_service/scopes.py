"""The scopes of our bot token: what each is for, and which of them Slack has granted.

``deploy/slack-manifest.yaml`` asks for exactly ``ALL_SCOPES``.
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
"""The bot scopes that nothing works without."""
CATCH_UP_SCOPES: Final = frozenset({"channels:read", "groups:read", "im:read"})
"""What looking for missed questions needs, and telling whether a channel is shared and who may read
it: one a kind of conversation.
"""
FILE_SCOPES: Final = frozenset({"files:read", "files:write"})
"""What the processor needs to fetch files, without which each answer says so, and to give very long
answers as a file, without which they go into the thread whole.
"""
DIRECT_SCOPES: Final = frozenset({"im:write"})
"""What opening direct messages needs: for shortcuts, and notices where we may not speak."""
PROMPT_SCOPES: Final = frozenset({"assistant:write"})
"""What suggesting prompts needs."""
ALL_SCOPES: Final = NEEDED_SCOPES | CATCH_UP_SCOPES | FILE_SCOPES | DIRECT_SCOPES | PROMPT_SCOPES


def granted_scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The scopes that Slack names in a header of every answer; None if it does not."""
    named = next((v for k, v in headers.items() if k.lower() == "x-oauth-scopes"), None)
    if named is None:
        return None
    return frozenset(scope.strip() for scope in named.split(",") if scope.strip())
