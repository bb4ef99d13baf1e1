"""The composition root: connections are opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
from fastapi import FastAPI
from slack_sdk.web.async_client import AsyncWebClient

from processor_service import cold_start
from processor_service.api.dependencies import Dependencies
from processor_service.api.push_auth import Certs, NoVerification, OidcVerifier, PushVerifier
from processor_service.api.readiness import Readiness
from processor_service.api.routes import router
from processor_service.delivery.thread_status import Statuses
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.lazy import Gemini, gemini
from processor_service.ports.limits import READ
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.stopping import Stopping
from processor_service.settings import ProcessorSettings
from processor_service.slack.client import SlackCalls
from processor_service.slack.files import DOWNLOAD_TIMEOUT
from processor_service.wiring import Connections, Wiring
from shared.errors import RetryableError
from shared.slack.client import SLACK_FAILURES, slack_client, slack_error
from shared.telemetry.log import get_logger
from shared.telemetry.tracing import traced_session

log = get_logger(__name__)

_HTTP_TIMEOUT_S = 10.0
# After 8 s to drain (``__main__``) and before 1.5 s for telemetry: Cloud Run kills after ten.
_LEFT_WITHIN_S = 0.5

OpenDependencies = Callable[[], AbstractAsyncContextManager[Dependencies]]


def create_app(open_dependencies: OpenDependencies) -> FastAPI:
    """The processor's HTTP application; tests pass dependencies of their own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_dependencies() as dependencies:
            app.state.dependencies = dependencies
            yield
            await dependencies.under_way.left(_LEFT_WITHIN_S)

    app = FastAPI(
        title="Mechachang processor",
        summary="Answers each task that Pub/Sub pushes exactly once.",
        lifespan=lifespan,
        # ``make docs`` writes it; a caller that reaches the port need not see it.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect would name the route, at whatever host the request says.
        redirect_slashes=False,
        # FastAPI's own spans and metrics of each request cost about 4 % of the processor's CPU and
        # repeat ours (docs/telemetry.md).
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.include_router(router)
    return app


@asynccontextmanager
async def open_dependencies(
    settings: ProcessorSettings, stopping: Stopping
) -> AsyncIterator[Dependencies]:
    """The real adapters. ``stopping`` tells that the process ends."""
    async with _opened(settings, stopping) as opened, AsyncExitStack() as stack:
        wiring = Wiring(settings, opened)
        certs = Certs(opened.session, settings.pubsub_push_certs_url)
        stack.push_async_callback(certs.close)
        # What only the first push needs, in the order it needs it.
        of_tokens = [cold_start.import_token_reader] if settings.push_is_authenticated else []
        await stack.enter_async_context(
            cold_start.meanwhile(*of_tokens, cold_start.import_answering, opened.model.load)
        )
        yield wiring.dependencies(_verifier(settings, certs))


@asynccontextmanager
async def _opened(settings: ProcessorSettings, stopping: Stopping) -> AsyncIterator[Connections]:
    """The connections. Redis comes first, because only its connection is waited for; the sessions
    to Slack and Gemini connect with their first call. Closing in reverse ends the calls to Gemini
    and Slack before the leases' store closes.
    """
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(
            redis_connection(
                settings.redis_url, settings.redis_timeout / 1000, settings.redis_ca_file
            )
        )
        client = await stack.enter_async_context(
            slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        )
        timeout = aiohttp.ClientTimeout(total=_HTTP_TIMEOUT_S)
        session = await stack.enter_async_context(traced_session(timeout=timeout))
        downloads = await stack.enter_async_context(traced_session(timeout=DOWNLOAD_TIMEOUT))
        model = await stack.enter_async_context(
            gemini(gemini_access(settings), settings.gemini_timeout / 1000)
        )
        readiness = _readiness(settings, redis, client, model)
        holds = RedisRateLimitHolds(redis)
        slack = SlackCalls(client, holds, partial(readiness.report, "slack"), settings.signing)
        statuses, late_looks = Statuses(), LateLooks(limited=partial(holds.delay_s, READ))
        stack.push_async_callback(_close_both, statuses, late_looks)
        yield Connections(
            redis=redis,
            slack=slack,
            session=session,
            downloads=downloads,
            model=model,
            statuses=statuses,
            late_looks=late_looks,
            readiness=readiness,
            stopping=stopping,
        )


async def _close_both(statuses: Statuses, late_looks: LateLooks) -> None:
    """Side by side: Cloud Run leaves a second for both."""
    await asyncio.gather(statuses.close(), late_looks.close())


def gemini_access(settings: ProcessorSettings) -> GeminiAccess:
    """The address and credentials that the settings give."""
    key = settings.gemini_api_key
    vertex = settings.google_genai_use_vertexai
    return GeminiAccess(
        api_key=key.get_secret_value() if key is not None else None,
        vertex_project=settings.google_cloud_project if vertex else None,
        vertex_location=settings.google_cloud_location,
        base_url=settings.google_gemini_base_url,
        api_version=settings.google_genai_api_version,
    )


def _verifier(settings: ProcessorSettings, certs: Certs) -> PushVerifier:
    audience, account = settings.pubsub_push_audience, settings.pubsub_push_service_account
    if not settings.push_is_authenticated or audience is None or account is None:
        log.warning(
            "Pushes are not authenticated: a local broker is configured.",
            action="push_unauthenticated",
        )
        return NoVerification()
    return OidcVerifier(certs, audience, account)


def _readiness(
    settings: ProcessorSettings,
    redis: RedisConnection,
    slack: AsyncWebClient,
    model: Gemini,
) -> Readiness:
    async def check_redis() -> None:
        if not await redis.alive():
            # The service goes on without it.
            raise RetryableError("Redis does not answer.", reason="redis_lost")

    async def check_slack() -> None:
        try:
            await slack.auth_test()
        except SLACK_FAILURES as error:
            raise slack_error(error, "auth.test") from error

    async def check_gemini() -> None:
        await model.check(settings.gemini_model)

    return Readiness({"redis": check_redis, "slack": check_slack, "gemini": check_gemini})
