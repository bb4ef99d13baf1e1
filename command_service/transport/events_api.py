"""HTTP mode: Slack's events, commands and clicks at ``POST /slack/events``.

Strangers can reach the port: only a body in Slack's form, signed by Slack, gets a slot or reaches
Bolt. Slack redelivers an event that is not answered with 200 within 3 s.
"""

import re
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from command_service.envelope.ack_deadline import ack_deadline
from command_service.envelope.metrics import NOBODY, count_event, envelope
from command_service.payloads.model import RejectReason
from command_service.transport.concurrency import BusyReply, ConcurrencyLimit, Overloaded
from command_service.transport.http_body import Bodies, BodyRefused
from command_service.use_cases.throttle import Cooldown
from shared.telemetry.log import get_logger

log = get_logger(__name__)

EVENTS_PATH = "/slack/events"
# Strangers must not fill the log: the metric counts all of them.
_TOLD_EVERY_S = 10.0
_TIMESTAMP: Final = "X-Slack-Request-Timestamp"
_SIGNATURE: Final = "X-Slack-Signature"
# The SDK takes both as they come: int() raises on most texts, compare_digest on non-ASCII ones.
_SHAPES: Final = {
    _TIMESTAMP: re.compile(r"[0-9]{1,12}"),
    _SIGNATURE: re.compile(r"v0=[0-9a-f]{64}"),
}


class EventApi:
    """Runs each signed request in a slot. One that gets none is answered with 503, and a slash
    command with ``busy_reply`` to its payload.
    """

    def __init__(
        self,
        app: AsyncApp,
        slots: ConcurrencyLimit,
        busy_reply: BusyReply,
        signing_secret: str,
    ) -> None:
        self._app = app
        self._slots = slots
        self._busy_reply = busy_reply
        self._verifier = SignatureVerifier(signing_secret)
        self._bodies = Bodies()
        self._told = Cooldown(_TOLD_EVERY_S)

    async def handle(self, request: web.Request) -> web.Response:
        """Handle one request, from Slack or from a stranger."""
        with ack_deadline():
            if not _looks_signed(request):
                return self._refused(401, "unsigned")
            try:
                body = await self._bodies.read(request)
            except BodyRefused as error:
                return self._refused(error.status, str(error))
            if not self._is_signed(request, body):
                return self._refused(401, "signature_wrong")
            told = _read(request, body)
            if told is None:
                return self._refused(400, "not_json")
            with envelope("http"):
                return await self._dispatch(told)

    def _is_signed(self, request: web.Request, body: str) -> bool:
        """Whether Slack signed ``body`` in the last five minutes (docs.slack.dev, verifying
        requests from Slack); the request must look signed.
        """
        headers = request.headers
        return self._verifier.is_valid(body, headers[_TIMESTAMP], headers[_SIGNATURE])

    async def _dispatch(self, told: AsyncBoltRequest) -> web.Response:
        try:
            async with self._slots.slot():
                return await to_aiohttp_response(await self._app.async_dispatch(told))
        except Overloaded as error:
            count_event(NOBODY, "turned_away", RejectReason.OVERLOADED)
            log.warning(
                "A request of Slack was not handled.",
                action="envelope_turned_away",
                reason=RejectReason.OVERLOADED,
                type="http",
                why=str(error),
            )
            if "command" in told.body:
                return web.json_response(await self._busy_reply(told.body))
            return web.Response(status=503)

    def _refused(self, status: int, reason: str) -> web.Response:
        count_event(NOBODY, "refused", reason)
        if self._told.take(reason):
            log.warning(
                "A request did not look like Slack's.",
                action="request_refused",
                reason=reason,
                status=status,
            )
        response = web.Response(status=status)
        response.force_close()
        return response


def _looks_signed(request: web.Request) -> bool:
    """Whether both headers are there, once, in Slack's form: known before the body is."""
    return all(
        len(request.headers.getall(name, ())) == 1
        and shape.fullmatch(request.headers[name]) is not None
        for name, shape in _SHAPES.items()
    )


def _read(request: web.Request, body: str) -> AsyncBoltRequest | None:
    """The signed request for Bolt; None if it is not in Slack's form.

    Bolt reads JSON, forms and JSON in forms, and does not check their content.
    """
    try:
        told = AsyncBoltRequest(
            body=body,
            query=request.query_string,
            headers={name: str(value) for name, value in request.headers.items()},
        )
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    return told if isinstance(told.body, dict) else None
