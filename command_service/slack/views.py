"""Modals, App Home and suggested prompts, through the Web API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from command_service.payloads.buttons import IN_A_MODAL
from command_service.slack.access import SlackAccess
from command_service.texts.home import PROMPTS, PROMPTS_TITLE
from shared.errors import MechachangError
from shared.home.view import signed_home
from shared.signing import Signing, signed_view
from shared.task import Locale
from shared.telemetry.log import get_logger

log = get_logger(__name__)


class SlackViews:
    """``ports.Modals`` and ``ports.HomePublisher``. Failures are logged: without the agent view
    there are no prompts.
    """

    def __init__(self, access: SlackAccess, signing: Signing) -> None:
        self._access = access
        self._signing = signing

    async def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        signed = signed_view(view, IN_A_MODAL, self._signing)
        with self._noting("views.open", action="modal_not_opened"):
            await self._access.client.views_open(trigger_id=trigger_id, view=signed)

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        signed = signed_home(view, user_id, self._signing)
        with self._noting("views.publish", action="entrance_not_shown"):
            await self._access.client.views_publish(user_id=user_id, view=signed)

    async def suggest(self, channel_id: str, locale: Locale) -> None:
        method = "assistant.threads.setSuggestedPrompts"
        with self._noting(method, action="entrance_not_shown"):
            await self._access.client.assistant_threads_setSuggestedPrompts(
                channel_id=channel_id,
                title=PROMPTS_TITLE[locale],
                prompts=PROMPTS[locale],
            )

    @contextmanager
    def _noting(self, method: str, action: str) -> Iterator[None]:
        try:
            with self._access.calling(method):
                yield
        except MechachangError as failure:
            log.warning(
                "A modal, App Home or its prompts could not be shown.",
                action=action,
                method=method,
                reason=failure.reason,
                why=str(failure),
            )
