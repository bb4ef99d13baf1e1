"""What our services would have signed, for tests that put it into Slack by themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.ledger import Ledger, Mark, signed_metadata
from shared.signing import Signing, signed_blocks
from shared.slack.message import OurBot

SIGNING = Signing("xoxb-local")
"""That of the simulated workspace's bot token."""
LEDGER = Ledger(SIGNING, OurBot("UBOT", "BBOT"))
"""That of the bot in unit tests."""


def metadata(mark: Mark, channel: str, **kept: str) -> dict[str, Any]:
    """A mark of ours on a message in ``channel``."""
    return signed_metadata(mark, channel, SIGNING, kept)


def blocks(channel: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks with buttons of ours for ``channel``."""
    return signed_blocks(given, channel, SIGNING)


def ledger_of(stack: Any) -> Ledger:
    """The ledger of the bot in a simulated workspace."""
    workspace = stack.slack.workspace
    return Ledger(SIGNING, OurBot(workspace.bot.id, workspace.bot_id))
