"""Notes to one user alone, tried again for as long as they help."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from slack_sdk.webhook.async_client import AsyncWebhookClient

from command_service.payloads.model import EphemeralTarget
from command_service.slack.access import SlackAccess
from shared.errors import (
    UNSHOWABLE,
    MechachangError,
    OutcomeUnknown,
    RetryableError,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Ledger
from shared.retry import Retries, RetryPolicy
from shared.signing import signed_blocks
from shared.slack.blocks import Block
from shared.slack.client import SLACK_FAILURES

HELPS_FOR_S: Final = 60.0
"""A note that comes later than this is about something its user has left."""
_PATIENCE: Final = RetryPolicy(attempts=8, count_asked=False)
_NO_EFFECT: Final = (SlackUnavailable,)

_POST = "chat.postEphemeral"
_RESPOND = "response_url"
_RESPOND_WITHIN_S = 3.0


class SlackNotes:
    """Shows and removes notes. Each method returns the failure that was final, or None.

    Slack does not show an app which notes are visible, so a note that Slack may have taken is not
    sent again; only one that had no effect is. Removing a note twice is the same as removing it
    once.
    """

    def __init__(
        self,
        access: SlackAccess,
        ledger: Ledger,
        patience: RetryPolicy = _PATIENCE,
    ) -> None:
        self._access = access
        self._ledger = ledger
        self._patience = patience

    async def show(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Block]
    ) -> MechachangError | None:
        """Show it in its channel; its summary is better than nothing."""
        retries = self._retries()
        while True:
            failure = await self._posted(recipient, text, blocks)
            if isinstance(failure, _NO_EFFECT) and await retries.again(failure):
                continue
            if failure is None or failure.reason != UNSHOWABLE or not blocks:
                return failure
            blocks = ()

    async def respond(self, url: str, text: str) -> MechachangError | None:
        """Show it where a command or a click came from."""
        return await self._respond(url, _NO_EFFECT, text=text, response_type="ephemeral")

    async def remove(self, url: str) -> MechachangError | None:
        """Remove the note whose button was clicked."""
        failure = await self._respond(url, (*_NO_EFFECT, OutcomeUnknown), delete_original=True)
        gone = isinstance(failure, SlackRefused) and failure.slack_error == "message_not_found"
        return None if gone else failure

    async def _posted(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Block]
    ) -> MechachangError | None:
        try:
            await self._access.client.chat_postEphemeral(
                channel=recipient.channel_id,
                user=recipient.user_id,
                thread_ts=recipient.thread_ts,
                text=text,
                blocks=signed_blocks(blocks, recipient.channel_id, self._ledger.signing) or None,
            )
        except SLACK_FAILURES as error:
            return self._access.failure(error, _POST)
        return None

    async def _respond(
        self, url: str, again_after: tuple[type[RetryableError], ...], **body: Any
    ) -> MechachangError | None:
        retries = self._retries()
        while True:
            failure = await self._responded(url, body)
            if not isinstance(failure, again_after) or not await retries.again(failure):
                return failure

    async def _responded(self, url: str, body: dict[str, Any]) -> MechachangError | None:
        """Post to a response URL, which tells its refusals in plain text."""
        hook = AsyncWebhookClient(url, session=self._access.client.session, retry_handlers=[])
        # Given no proxy, it has looked for one in the environment.
        hook.proxy = self._access.client.proxy
        try:
            async with asyncio.timeout(_RESPOND_WITHIN_S):
                answer = await hook.send(**body)
        except SLACK_FAILURES as error:
            return self._access.failure(error, _RESPOND)
        except UnicodeDecodeError:
            return OutcomeUnknown(f"{_RESPOND}: the answer is no text.")
        if answer.status_code == 200:
            return None
        why = f"{_RESPOND}: Slack refused ({answer.status_code} {answer.body[:50]})."
        if answer.status_code == 429:
            return SlackUnavailable(why, reason="slack_rate_limited")
        if answer.status_code >= 500:
            return OutcomeUnknown(why)
        return SlackRefused(why, slack_error=answer.body[:50])

    def _retries(self) -> Retries:
        return Retries(self._patience.ending(self._patience.clock() + HELPS_FOR_S))
