"""HTTP mode: Slack's events, commands and clicks at ``POST /slack/events``.

Bolt checks the signature. Slack redelivers an event that is not answered with 200 within 3 s.
"""

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from command_service.deadline import ack_deadline
from command_service.measures import NOBODY, count_event, envelope
from command_service.question import Reason
from command_service.slots import Overloaded, Slots
from shared.log import get_logger

log = get_logger(__name__)

EVENTS_PATH = "/slack/events"


class EventApi:
    """Runs each request in a slot; one that gets none is answered with 503."""

    def __init__(self, app: AsyncApp, slots: Slots) -> None:
        self._app = app
        self._slots = slots

    async def handle(self, request: web.Request) -> web.Response:
        """One request of Slack."""
        try:
            with ack_deadline(), envelope("http"):
                async with self._slots.slot():
                    answer = await self._app.async_dispatch(await to_bolt_request(request))
                    return await to_aiohttp_response(answer)
        except Overloaded as error:
            count_event(NOBODY, "turned_away", Reason.OVERLOADED)
            log.warning(
                "A request of Slack was not handled.",
                action="envelope_turned_away",
                reason=Reason.OVERLOADED,
                type="http",
                why=str(error),
            )
            return web.Response(status=503)
