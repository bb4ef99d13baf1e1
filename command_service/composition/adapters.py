"""The adapters that several use cases share."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from command_service.backfill.kept_questions import KeptQuestions, keeping
from command_service.envelope.ack_deadline import BackgroundOfEnvelopes
from command_service.payloads.model import Identity
from command_service.pubsub.publisher import PubSubQueue, open_publisher
from command_service.settings import CommandSettings
from command_service.slack.access import SlackAccess
from shared.background import Background, alongside
from shared.ledger import Ledger

_BACKGROUND_S = 2.0


@dataclass(frozen=True)
class Adapters:
    """Slack's access with its client, the queue with the questions kept for it, and the work that
    goes on after an ack.
    """

    access: SlackAccess
    queue: PubSubQueue
    kept: KeptQuestions
    background: Background
    ledger: Ledger


@asynccontextmanager
async def open_adapters(
    settings: CommandSettings,
    slack: AsyncWebClient,
    identity: Identity,
    on_outage: Callable[[float], None],
    on_denial: Callable[[float], None],
) -> AsyncIterator[Adapters]:
    """Open the queue and watch Slack's access, until the background work has had its last seconds.

    ``on_outage`` is called after an outage of the queue, and ``on_denial`` once Slack accepts our
    token again, each with its seconds. Raises StartFailed without credentials for Pub/Sub.
    """
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(
            open_publisher(
                settings.google_cloud_project,
                settings.pubsub_topic,
                settings.pubsub_emulator_host,
                on_outage,
            )
        )
        kept = await stack.enter_async_context(keeping(queue))
        background = BackgroundOfEnvelopes()
        stack.push_async_callback(background.close, _BACKGROUND_S)
        access = SlackAccess(slack, on_denial)
        await stack.enter_async_context(alongside(access.watch(), "slack:access"))
        ledger = Ledger(settings.signing, identity.our_bot)
        yield Adapters(access, queue, kept, background, ledger)
