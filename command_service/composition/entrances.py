"""The service's two entrances: Slack's envelopes come by Socket Mode, or by HTTP to ``$PORT``.

Both call the same Bolt app. ``$PORT`` also serves the health routes, whichever entrance is open.
"""

import logging
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from command_service.composition.use_case_deps import UseCaseDeps
from command_service.payloads.messages import read_typed
from command_service.payloads.model import Identity, RejectReason
from command_service.settings import CommandSettings
from command_service.transport.command_listener import CommandListener
from command_service.transport.concurrency import BusyReply, ConcurrencyLimit
from command_service.transport.event_listeners import EventListeners
from command_service.transport.events_api import EVENTS_PATH, EventApi
from command_service.transport.health import Health
from command_service.transport.http_server import serving
from command_service.transport.interaction_listeners import InteractionListeners
from command_service.transport.listener_errors import on_error
from command_service.transport.socket_mode import SocketMode
from command_service.use_cases.command_reply import Reply, refuse
from command_service.use_cases.submit import SubmitDeps
from shared.service_main import bound
from shared.slack.message import Payload


class HttpPort:
    """``$PORT`` with the health routes and, in HTTP mode, Slack's; open as long as ``stack``."""

    def __init__(
        self, settings: CommandSettings, listener: socket.socket | None, stack: AsyncExitStack
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._stack = stack
        self._events: EventApi | None = None
        self.health = Health()
        self.number = 0

    async def open(self) -> None:
        """Listen. Idempotent."""
        if self.number:
            return
        server = web.Application()
        self.health.add_routes(server)
        if not self._settings.slack_socket_mode:
            server.router.add_post(EVENTS_PATH, self._take_event)
        listener = self._listener or bound(self._settings.host, self._settings.port)
        self.number = await self._stack.enter_async_context(serving(server, listener))

    def take_events(self, bolt: AsyncApp, slots: ConcurrencyLimit, busy_reply: BusyReply) -> None:
        """Hand Slack's requests to ``bolt`` from now on; before, they are answered with 503."""
        self._events = EventApi(bolt, slots, busy_reply, _signing_secret(self._settings))

    async def _take_event(self, request: web.Request) -> web.Response:
        if self._events is None:
            return web.Response(status=503)
        return await self._events.handle(request)


def app_token(settings: CommandSettings) -> str | None:
    """The app-level token, with which a socket is opened; None in HTTP mode."""
    if not settings.slack_socket_mode or settings.slack_app_token is None:
        return None
    return settings.slack_app_token.get_secret_value()


def socket_mode(
    settings: CommandSettings,
    bolt: AsyncApp,
    slots: ConcurrencyLimit,
    busy_reply: BusyReply,
    on_heard_again: Callable[[float | None], None],
) -> SocketMode | None:
    """The socket, not connected yet; None in HTTP mode."""
    token = app_token(settings)
    if token is None:
        return None
    return SocketMode(bolt, token, slots, busy_reply, on_heard_again)


async def refuse_busy(identity: Identity, submit_deps: SubmitDeps, body: Payload) -> Reply:
    """The reply to a slash command that gets no slot."""
    return await refuse(read_typed(body, identity), RejectReason.OVERLOADED, submit_deps)


def bolt_app(
    settings: CommandSettings, slack: AsyncWebClient, identity: Identity, deps: UseCaseDeps
) -> AsyncApp:
    """Bolt with all listeners, and with the preflight's answer for every request: its own cache
    lets a burst ask again.
    """
    authorized = AuthorizeResult(
        enterprise_id=identity.enterprise_id,
        team_id=identity.team_id,
        bot_user_id=identity.bot_user_id,
        bot_id=identity.bot_id,
        bot_token=settings.slack_bot_token.get_secret_value(),
    )

    async def authorize() -> AuthorizeResult:
        return authorized

    # Below ERROR, Bolt warns of an intended token beside ``authorize``; its error handling is ours.
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        logger=logger,
        name="mechachang",
        client=slack,
        authorize=authorize,
        signing_secret=_signing_secret(settings),
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Our own messages are recognised, with a reason, where all other triggers are.
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    signing = settings.signing
    # Bolt asks one listener after another, and takes the first that matches. Four that do not match
    # double its share of an event (0.12 to 0.25 ms), so the most frequent come first.
    EventListeners(identity, deps.follow_ups, deps.reactions, deps.home, signing).register(app)
    CommandListener(identity, deps.submit, deps.doctor).register(app)
    InteractionListeners(identity, deps.asking_again, deps.votes, deps.home, signing).register(app)
    app.error(on_error)
    return app


def _signing_secret(settings: CommandSettings) -> str:
    secret = settings.slack_signing_secret
    return secret.get_secret_value() if secret is not None else ""
