"""The composition root: the parts of ``composition`` are opened in order and closed in reverse."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from functools import partial

from command_service.backfill.schedule import Backfill
from command_service.backfill.sweep import BackfillDeps
from command_service.composition.adapters import open_adapters
from command_service.composition.entrances import (
    HttpPort,
    app_token,
    bolt_app,
    refuse_busy,
    socket_mode,
)
from command_service.composition.use_case_deps import use_case_deps
from command_service.ports import SocketState
from command_service.settings import CommandSettings
from command_service.slack.access import SlackAccess
from command_service.slack.startup_check import UNREACHABLE_AFTER_S, Preflight, preflight
from command_service.transport.concurrency import ConcurrencyLimit
from command_service.transport.health import HealthDeps
from command_service.transport.socket_mode import SocketMode, connected
from command_service.use_cases.self_checks.synthetic import SyntheticDeps, keep_asking
from shared.background import alongside
from shared.slack.client import slack_client
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# With two seconds for the last background work (``open_adapters``) the drain stays below the eight
# that we use of the ten between SIGTERM and SIGKILL.
_DRAIN_S = 3.0
CLOSE_WITHIN_S = 8.0


@dataclass(frozen=True)
class Service:
    """The running service, for tests. ``socket`` is None in HTTP mode."""

    port: int
    slots: ConcurrencyLimit
    access: SlackAccess
    catch_up: Backfill
    socket: SocketMode | None


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
        port = HttpPort(settings, listener, stack)
        checked = await preflight(slack, app_token(settings), port.open, unreachable_after_s)
        identity = checked.identity

        def after_silence(silent_s: float | None) -> None:
            catch_up.after_silence(silent_s)

        def after_outage(outage_s: float) -> None:
            catch_up.after_outage(outage_s)

        async def socket_state() -> SocketState | None:
            return None if slack_socket is None else await slack_socket.state()

        adapters = await stack.enter_async_context(
            open_adapters(settings, slack, identity, after_outage, after_silence)
        )
        deps = use_case_deps(settings, identity, adapters, socket_state)
        catch_up = Backfill(
            BackfillDeps(deps.follow_ups.history, deps.submit, identity, adapters.ledger)
        )
        bolt = bolt_app(settings, slack, identity, deps)
        slots = ConcurrencyLimit(settings.max_concurrent_requests)
        busy_reply = partial(refuse_busy, identity, deps.submit)
        slack_socket = socket_mode(settings, bolt, slots, busy_reply, after_silence)
        port.health.deps = HealthDeps(adapters.queue.check, adapters.access, socket_state)
        if slack_socket is None:
            port.take_events(bolt, slots, busy_reply)
        await port.open()
        if slack_socket is not None:
            await stack.enter_async_context(connected(slack_socket, checked.socket_url or ""))
        else:
            catch_up.after_silence(None)
        synthetic = SyntheticDeps(adapters.queue, adapters.access, identity, socket_state)
        await stack.enter_async_context(
            _synthetic_questions(synthetic, settings.synthetic_question_seconds)
        )
        stack.push_async_callback(slots.drain, _DRAIN_S)
        stack.push_async_callback(catch_up.close)
        log.info("The service is up.", action="started", port=port.number, **_described(checked))
        yield Service(port.number, slots, adapters.access, catch_up, slack_socket)
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


def _synthetic_questions(deps: SyntheticDeps, every_s: int) -> AbstractAsyncContextManager[None]:
    return alongside(keep_asking(deps, every_s), "synthetic:ask") if every_s else nullcontext()


def _described(checked: Preflight) -> dict[str, str]:
    mode = "http" if checked.socket_url is None else "socket"
    return {
        "mode": mode,
        "team_id": checked.identity.team_id,
        "bot_user_id": checked.identity.bot_user_id,
    }
