"""What stands in for Slack, Gemini, Pub/Sub and Redis, unless the real ones are given."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from simulators.faults import FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.redis_server import RedisServer, redis_server
from simulators.pubsub import PubSubSimulator
from simulators.slack import SlackSimulator
from simulators.stack.config import StackConfig
from simulators.stack.progress import Progress
from simulators.stack.settings import Addresses, SlackAccess, StackSettings
from simulators.telemetry import TelemetryReceiver


@dataclass(frozen=True)
class Vendors:
    """The running parts, None where the real one is used. ``page_url`` is the chat page."""

    slack: SlackSimulator | None
    gemini: GeminiSimulator | None
    pubsub: PubSubSimulator | None
    redis: RedisServer
    telemetry: TelemetryReceiver | None
    page_url: str | None
    addresses: Addresses


@dataclass(frozen=True)
class VendorPlan:
    """What to start and what the simulators share; ``events_url`` is for Slack's HTTP mode."""

    config: StackConfig
    settings: StackSettings
    journal: Journal
    faults: FaultPlan
    progress: Progress
    events_url: str


@asynccontextmanager
async def vendors(plan: VendorPlan) -> AsyncIterator[Vendors]:
    """Start what is simulated; stop it at the end, last started first."""
    async with AsyncExitStack() as opened:
        redis = await _redis(plan, opened)
        slack, page_url, access = await _slack(plan, opened)
        gemini, gemini_url = await _gemini(plan, opened)
        pubsub, pubsub_address = await _pubsub(plan, opened)
        telemetry, telemetry_url = await _telemetry(plan, opened)
        addresses = Addresses(pubsub_address, redis.url, access, gemini_url, telemetry_url)
        yield Vendors(slack, gemini, pubsub, redis, telemetry, page_url, addresses)


async def _telemetry(
    plan: VendorPlan, opened: AsyncExitStack
) -> tuple[TelemetryReceiver | None, str | None]:
    if not plan.config.telemetry:
        return None, None
    with plan.progress.starting("Telemetry") as note:
        receiver = TelemetryReceiver(plan.journal, plan.faults)
        url = await opened.enter_async_context(receiver.serve())
        note(f"OTLP, {url}")
    return receiver, url


async def _redis(plan: VendorPlan, opened: AsyncExitStack) -> RedisServer:
    with plan.progress.starting("Redis") as note:
        url, kinds = plan.settings.get("REDIS_URL"), plan.config.redis_kinds
        server = redis_server(folder=plan.config.folder, url=url, kinds=kinds)
        redis = await opened.enter_async_context(server)
        note("yours, at REDIS_URL" if redis.child is None else f"{redis.kind}, pid {redis.pid}")
    return redis


async def _slack(
    plan: VendorPlan, opened: AsyncExitStack
) -> tuple[SlackSimulator | None, str | None, SlackAccess | None]:
    with plan.progress.starting("Slack") as note:
        if plan.settings.real_slack:
            note("the real one, with your tokens")
            return None, None, None
        config = plan.config.slack
        if not plan.settings.socket_mode:
            config = replace(config, events_url=plan.events_url)
        slack = SlackSimulator(journal=plan.journal, faults=plan.faults, config=config)
        running = await opened.enter_async_context(slack.serve(port=plan.config.page_port))
        note(f"simulated, {running.base_url}")
    access = SlackAccess(running.api_url, config.bot_token, config.app_token, config.signing_secret)
    return slack, running.base_url, access


async def _gemini(
    plan: VendorPlan, opened: AsyncExitStack
) -> tuple[GeminiSimulator | None, str | None]:
    with plan.progress.starting("Gemini") as note:
        if plan.settings.real_gemini:
            note("the real one, with your key")
            return None, None
        gemini = GeminiSimulator(
            journal=plan.journal, faults=plan.faults, config=plan.config.gemini
        )
        running = await opened.enter_async_context(gemini.serve())
        note(f"simulated, {running.base_url}")
    return gemini, running.base_url


async def _pubsub(plan: VendorPlan, opened: AsyncExitStack) -> tuple[PubSubSimulator | None, str]:
    with plan.progress.starting("Pub/Sub") as note:
        address = plan.settings.get("PUBSUB_EMULATOR_HOST")
        if address is not None:
            note(f"yours, at {address}")
            return None, address
        pubsub = PubSubSimulator(
            journal=plan.journal, faults=plan.faults, config=plan.config.pubsub
        )
        running = await opened.enter_async_context(pubsub.serve())
        note(f"simulated, {running.address}")
    return pubsub, running.address
