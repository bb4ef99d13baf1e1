"""The composition root: adapters are opened in order and closed in reverse."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from command_service.backfill.kept_questions import KeptQuestions, keeping
from command_service.backfill.schedule import Backfill
from command_service.backfill.sweep import BackfillDeps
from command_service.payloads.messages import read_typed
from command_service.payloads.model import Identity, RejectReason
from command_service.ports import SocketState
from command_service.pubsub.publisher import PubSubQueue, open_publisher
from command_service.settings import CommandSettings
from command_service.slack.access import SlackAccess
from command_service.slack.diagnostics import SlackDiagnostics
from command_service.slack.ephemeral import SlackUserSignals
from command_service.slack.history import SlackHistory
from command_service.slack.locales import SlackLocales
from command_service.slack.message_reader import SlackMessages
from command_service.slack.startup_check import UNREACHABLE_AFTER_S, Preflight, Waiting, preflight
from command_service.slack.views import SlackViews
from command_service.transport.command_listener import CommandListener
from command_service.transport.concurrency import ConcurrencyLimit
from command_service.transport.event_listeners import EventListeners
from command_service.transport.events_api import EVENTS_PATH, EventApi
from command_service.transport.health import Health, HealthDeps
from command_service.transport.http_server import LateRoute, serving
from command_service.transport.interaction_listeners import InteractionListeners
from command_service.transport.listeners import Listeners
from command_service.transport.signatures import Signatures
from command_service.transport.socket_mode import BusyReply, SocketMode, connected
from command_service.use_cases.app_home import REFRESH_EVERY_S, OpenHomeDeps
from command_service.use_cases.ask_again import AskAgainDeps
from command_service.use_cases.channel_facts import ChannelFacts
from command_service.use_cases.command_reply import Reply, refuse
from command_service.use_cases.feedback import VoteDeps
from command_service.use_cases.follow_ups import FollowUpDeps
from command_service.use_cases.policy import Policy
from command_service.use_cases.reactions import ReactionDeps
from command_service.use_cases.self_checks.doctor import REPORT_EVERY_S, DoctorDeps
from command_service.use_cases.self_checks.synthetic import SyntheticDeps, keep_asking
from command_service.use_cases.submit import SubmitDeps
from command_service.use_cases.throttle import GENEROSITY, Cooldown, PerUserThrottle
from shared.background import Background, alongside
from shared.ledger import Ledger
from shared.service_main import bound
from shared.slack.client import slack_client
from shared.slack.message import Payload
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Together they stay below the eight seconds that we use of the ten between SIGTERM and SIGKILL.
_DRAIN_S = 3.0
_BACKGROUND_S = 2.0
CLOSE_WITHIN_S = 8.0


@dataclass(frozen=True)
class Service:
    """The running service, for tests. ``socket`` is None in HTTP mode."""

    port: int
    slots: ConcurrencyLimit
    access: SlackAccess
    catch_up: Backfill
    socket: SocketMode | None


@dataclass(frozen=True)
class Adapters:
    """The adapters behind the use cases."""

    slack: AsyncWebClient
    access: SlackAccess
    queue: PubSubQueue
    kept: KeptQuestions
    background: Background
    ledger: Ledger
    team_id: str


class _Port:
    """``$PORT`` with the health routes and, in HTTP mode, Slack's; open as long as ``stack``."""

    def __init__(
        self, settings: CommandSettings, listener: socket.socket | None, stack: AsyncExitStack
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._stack = stack
        self.health = Health()
        self.events = LateRoute()
        self.number = 0

    async def open(self) -> None:
        """Listen. Idempotent."""
        if self.number:
            return
        server = web.Application()
        self.health.add_routes(server)
        if not self._settings.slack_socket_mode:
            server.router.add_post(EVENTS_PATH, self.events.handle)
        listener = self._listener or bound(self._settings.host, self._settings.port)
        self.number = await self._stack.enter_async_context(serving(server, listener))


@asynccontextmanager
async def running(
    settings: CommandSettings,
    listener: socket.socket | None = None,
    unreachable_after_s: float = UNREACHABLE_AFTER_S,
) -> AsyncIterator[Service]:
    """The whole service; raises StartFailed before anything of it is visible outside.

    The start asks Slack first: without good tokens nothing else matters, and for Cloud Run an open
    port means a started service. If Slack cannot be reached, the start waits with the port open.
    The queue opens before the edges that publish to it, and the port before the socket, because
    Slack may still be connecting. Closing in reverse first ends the backfill and drains the
    envelopes while their acks can still be sent, then closes the socket and the server, then the
    adapters.
    """
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        )
        port = _Port(settings, listener, stack)
        checked = await preflight(
            slack, _app_token(settings), Waiting(port.open, unreachable_after_s)
        )
        identity = checked.identity
        ledger = Ledger(settings.signing, identity.bot_id, identity.bot_user_id)

        def after_silence(silent_s: float | None) -> None:
            catch_up.after_silence(silent_s)

        queue = await stack.enter_async_context(
            open_publisher(
                settings.google_cloud_project,
                settings.pubsub_topic,
                settings.pubsub_emulator_host,
                lambda outage_s: catch_up.after_outage(outage_s),  # noqa: PLW0108 - it is made below
            )
        )
        kept = await stack.enter_async_context(keeping(queue))
        background = Background()
        stack.push_async_callback(background.close, _BACKGROUND_S)
        access = SlackAccess(slack, after_silence)
        await stack.enter_async_context(alongside(access.watch(), "slack:access"))
        adapters = Adapters(slack, access, queue, kept, background, ledger, identity.team_id)
        repetition = _use_cases(settings, adapters)
        history = SlackHistory(slack, access)
        catch_up = Backfill(BackfillDeps(history, repetition.submit_deps, identity, ledger))
        following = FollowUpDeps(repetition.submit_deps, history, ledger)
        bolt = _bolt_app(settings, slack, identity)
        socket_state = _socket_state(lambda: socket_mode)
        home = _home(settings, repetition.submit_deps, adapters)
        Listeners(
            EventListeners(
                identity,
                following,
                ReactionDeps(
                    repetition.submit_deps, SlackMessages(slack, access, ledger), identity
                ),
                home,
                ledger.signing,
            ),
            CommandListener(
                identity,
                repetition.submit_deps,
                _doctor(settings, identity, repetition.submit_deps, adapters, socket_state),
            ),
            InteractionListeners(
                identity,
                repetition,
                VoteDeps(
                    repetition.submit_deps,
                    SlackViews(slack, access, ledger.signing),
                    asks_words=settings.feedback_reasons == "log",
                ),
                home,
                ledger.signing,
            ),
        ).register(bolt)
        slots = ConcurrencyLimit(settings.max_concurrent_requests)
        socket_mode = _socket_mode(
            settings,
            bolt,
            slots,
            partial(_busy_reply, identity, repetition.submit_deps),
            after_silence,
        )
        port.health.deps = HealthDeps(queue.check, access, socket_state)
        if socket_mode is None:
            port.events.handler = EventApi(
                bolt, slots, Signatures(_signing_secret(settings))
            ).handle
        await port.open()
        if socket_mode is not None:
            await stack.enter_async_context(connected(socket_mode, checked.socket_url or ""))
        else:
            catch_up.after_silence(None)
        synthetic = SyntheticDeps(queue, access, identity, socket_state)
        await stack.enter_async_context(_asking(synthetic, settings.synthetic_question_seconds))
        stack.push_async_callback(slots.drain, _DRAIN_S)
        stack.push_async_callback(catch_up.close)
        log.info("The service is up.", action="started", port=port.number, **_described(checked))
        yield Service(port.number, slots, access, catch_up, socket_mode)
        log.info("The service is closing.", action="stopping", running=slots.running)


async def run(
    settings: CommandSettings, stop: asyncio.Event, listener: socket.socket | None = None
) -> None:
    """Run until ``stop`` is set, then close within ``CLOSE_WITHIN_S`` seconds.

    A stop while the service is still starting ends the start. Raises StartFailed.
    """
    opened = asyncio.Event()

    async def serve() -> None:
        async with running(settings, listener):
            opened.set()
            await stop.wait()

    serving_task = asyncio.create_task(serve(), name="serve")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({serving_task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not opened.is_set():
        serving_task.cancel()
    _, late = await asyncio.wait({serving_task}, timeout=CLOSE_WITHIN_S)
    if late:
        log.error("The service did not close in time.", action="close_late")
        serving_task.cancel()
    elif not serving_task.cancelled():
        serving_task.result()


def _app_token(settings: CommandSettings) -> str | None:
    if not settings.slack_socket_mode or settings.slack_app_token is None:
        return None
    return settings.slack_app_token.get_secret_value()


def _signing_secret(settings: CommandSettings) -> str:
    secret = settings.slack_signing_secret
    return secret.get_secret_value() if secret is not None else ""


def _use_cases(settings: CommandSettings, adapters: Adapters) -> AskAgainDeps:
    slack, access, background = adapters.slack, adapters.access, adapters.background
    submit_deps = SubmitDeps(
        queue=adapters.queue,
        kept=adapters.kept,
        access=access,
        replies=SlackUserSignals(slack, access, adapters.ledger),
        locales=SlackLocales(slack, access, background, settings.default_locale),
        background=background,
        policy=Policy(
            team_ids=settings.allowed_team_ids,
            channel_ids=settings.allowed_channel_ids,
            user_ids=settings.allowed_user_ids,
            external_channels=settings.allow_external_channels,
            rollout_percent=settings.rollout_percent,
            rollout_user_ids=settings.rollout_user_ids,
            max_prompt_chars=settings.max_prompt_chars,
        ),
        throttle=PerUserThrottle(GENEROSITY * settings.user_requests_per_minute),
        channel_facts=ChannelFacts(SlackDiagnostics(slack, access, adapters.team_id)),
        following=settings.following,
        asking=settings.asking_reaction,
    )
    return AskAgainDeps(submit_deps, SlackMessages(slack, access, adapters.ledger))


def _home(settings: CommandSettings, submit_deps: SubmitDeps, adapters: Adapters) -> OpenHomeDeps:
    homes = SlackViews(adapters.slack, adapters.access, adapters.ledger.signing)
    cooldown = Cooldown(REFRESH_EVERY_S)
    return OpenHomeDeps(submit_deps, homes, cooldown, settings.k_revision, settings.reaction_ask)


def _socket_state(
    socket_mode: Callable[[], SocketMode | None],
) -> Callable[[], Awaitable[SocketState | None]]:
    """The socket's state, None in HTTP mode. The socket opens after Bolt's listeners, of which the
    doctor is one, are registered.
    """

    async def socket_state() -> SocketState | None:
        socket = socket_mode()
        return None if socket is None else await socket.state()

    return socket_state


def _doctor(
    settings: CommandSettings,
    identity: Identity,
    submit_deps: SubmitDeps,
    adapters: Adapters,
    socket_state: Callable[[], Awaitable[SocketState | None]],
) -> DoctorDeps:
    diagnostics = SlackDiagnostics(adapters.slack, adapters.access, adapters.team_id)
    cooldown = Cooldown(REPORT_EVERY_S)
    return DoctorDeps(
        submit_deps, identity, diagnostics, socket_state, cooldown, settings.k_revision
    )


def _asking(deps: SyntheticDeps, every_s: int) -> AbstractAsyncContextManager[None]:
    return alongside(keep_asking(deps, every_s), "synthetic:ask") if every_s else nullcontext()


def _bolt_app(settings: CommandSettings, slack: AsyncWebClient, identity: Identity) -> AsyncApp:
    """Bolt with the preflight's answer for every request: its own cache lets a burst ask again."""
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
    return AsyncApp(
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


def _socket_mode(
    settings: CommandSettings,
    bolt: AsyncApp,
    slots: ConcurrencyLimit,
    busy_reply: BusyReply,
    on_heard_again: Callable[[float | None], None],
) -> SocketMode | None:
    token = _app_token(settings)
    if token is None:
        return None
    return SocketMode(bolt, token, slots, busy_reply, on_heard_again)


async def _busy_reply(identity: Identity, submit_deps: SubmitDeps, body: Payload) -> Reply:
    return await refuse(read_typed(body, identity), RejectReason.OVERLOADED, submit_deps)


def _described(checked: Preflight) -> dict[str, str]:
    mode = "http" if checked.socket_url is None else "socket"
    return {
        "mode": mode,
        "team_id": checked.identity.team_id,
        "bot_user_id": checked.identity.bot_user_id,
    }
