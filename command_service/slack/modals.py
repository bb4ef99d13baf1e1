"""Modals through the Web API."""

import json
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from command_service.payloads.buttons import IN_A_MODAL
from command_service.slack.access import SlackAccess
from shared.errors import MechachangError
from shared.signing import Signing, signed_value
from shared.telemetry.log import get_logger

log = get_logger(__name__)


class SlackModals:
    """``ports.Modals`` by ``views.open``."""

    def __init__(self, client: AsyncWebClient, access: SlackAccess, signing: Signing) -> None:
        self._client = client
        self._access = access
        self._signing = signing

    async def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        try:
            with self._access.calling("views.open"):
                await self._client.views_open(trigger_id=trigger_id, view=self._signed(view))
        except MechachangError as failure:
            log.warning(
                "A modal could not be opened.",
                action="modal_not_opened",
                reason=failure.reason,
                why=str(failure),
            )

    def _signed(self, view: Mapping[str, Any]) -> dict[str, Any]:
        kept = json.loads(view["private_metadata"])
        return {**view, "private_metadata": signed_value(kept, IN_A_MODAL, self._signing)}
