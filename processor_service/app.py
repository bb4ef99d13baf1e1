"""The composition root: adapters are opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
from fastapi import FastAPI
from slack_sdk.web.async_client import AsyncWebClient

from processor_service import cold_start
from processor_service.answering.deps import AnswerDeps, AnswerSource, Coordination, SlackDeps
from processor_service.answering.generate import Generation
from processor_service.answering.preferred import PeopleByChoice
from processor_service.api.dependencies import Dependencies
from processor_service.api.push_auth import Certs, NoVerification, OidcVerifier, PushVerifier
from processor_service.api.readiness import Readiness
from processor_service.api.routes import router
from processor_service.attachments.attach import Files
from processor_service.attachments.documents.reader import ChildDocuments
from processor_service.delivery.thread_status import Statuses
from processor_service.features.app_home import HomeDeps
from processor_service.features.cancel import CancelDeps
from processor_service.features.doctor import ReportDeps
from processor_service.features.feedback import FeedbackDeps
from processor_service.features.model_check import TRY_WITHIN_S, check_model
from processor_service.following.follow_up import FollowUps
from processor_service.following.judge import Judge
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.lazy import Gemini, gemini
from processor_service.ports.generation_options import HedgeTimes
from processor_service.ports.limits import READ
from processor_service.prompt.build import PromptConfig
from processor_service.redis.answer_cache import RedisAnswers
from processor_service.redis.cancels import RedisCancellations
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import SAVED_ANSWER_TTL_S
from processor_service.redis.leases import RedisLeases
from processor_service.redis.limits import RedisLimits
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import RedisLastThreads, RedisResponses, RedisStreamOwners
from processor_service.redis.preferences import RedisPreferences
from processor_service.redis.rate_budget import RedisRateBudget
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.redis.sealing import Seal
from processor_service.redis.turns import RedisThreadQueue
from processor_service.redis.votes import RedisVotes
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.memory_budget import MemoryBudget
from processor_service.resilience.outage_wait import HOLD_S, WaitingCount
from processor_service.resilience.stopping import Stopping
from processor_service.settings import ProcessorSettings
from processor_service.slack.channels import SlackChannels
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.files import DOWNLOAD_TIMEOUT, SlackFiles, SlackHosts
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.reader import SlackThreads
from processor_service.slack.reading.talks import SlackTalks
from processor_service.slack.user_groups import SlackGroups
from processor_service.slack.workspace import SlackHomes, SlackWorkspace
from shared.errors import RetryableError
from shared.retry import RetryPolicy
from shared.slack.client import SLACK_FAILURES, slack_client, slack_error
from shared.telemetry.log import get_logger
from shared.telemetry.tracing import traced_session

log = get_logger(__name__)

_SLACK_ATTEMPTS = 6
_HTTP_TIMEOUT_S = 10.0
# After 8 s to drain (``__main__``) and before 1.5 s for telemetry: Cloud Run kills after ten.
_LEFT_WITHIN_S = 0.5
# While a request to Gemini is written it takes some six times as much as the files in it. Four of
# the largest at once were measured at 300 MB, which a process of 512 MB can hold.
_FILE_MEMORY_BYTES = 64 * 1024 * 1024

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
    """The real adapters. ``stopping`` tells that the process ends.

    Redis comes first, because only its connection is waited for; the sessions to Slack and Gemini
    connect with their first call. Closing in reverse ends the calls to Gemini and Slack before the
    leases' store closes.
    """
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(
            redis_connection(
                settings.redis_url, settings.redis_timeout / 1000, settings.redis_ca_file
            )
        )
        slack = await stack.enter_async_context(
            slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        )
        timeout = aiohttp.ClientTimeout(total=_HTTP_TIMEOUT_S)
        session = await stack.enter_async_context(traced_session(timeout=timeout))
        downloads = await stack.enter_async_context(traced_session(timeout=DOWNLOAD_TIMEOUT))
        model = await stack.enter_async_context(
            gemini(gemini_access(settings), settings.gemini_timeout / 1000)
        )
        holds = RedisRateLimitHolds(redis)
        statuses, late_looks = Statuses(), LateLooks(limited=partial(holds.delay_s, READ))
        stack.push_async_callback(_close_both, statuses, late_looks)
        readiness = _readiness(settings, redis, slack, model)
        signing = settings.signing
        denied = partial(readiness.report, "slack")
        calls = SlackCalls(slack, holds, denied, signing)
        cancel = CancelDeps(
            RedisCancellations(redis), RedisStreamOwners(redis), RedisThreadQueue(redis)
        )
        limits = RedisLimits(
            redis,
            settings.user_requests_per_minute,
            settings.user_daily_tokens,
            settings.team_daily_tokens,
            settings.max_waiting_in_thread,
        )
        seal, leases = Seal(signing.sign("seal", length=64)), RedisLeases(redis)
        preferences = RedisPreferences(redis)
        source = AnswerSource(
            saved=RedisAnswers(redis, SAVED_ANSWER_TTL_S, seal, signing),
            cache=RedisAnswers(redis, settings.cache_ttl_seconds, seal, signing),
            model=model,
            generation=_generation(settings, stopping),
            prompt_config=PromptConfig(settings.options_by_mode, settings.system_prompt_file),
            files=Files(
                SlackFiles(calls, downloads, SlackHosts(settings.slack_api_url), asyncio.sleep),
                model,
                ChildDocuments(),
                MemoryBudget(max(_FILE_MEMORY_BYTES, settings.max_file_bytes)),
                settings.max_file_bytes,
            ),
            people=PeopleByChoice(SlackPeople(calls, RedisPeopleCache(redis)), preferences),
            preferences=preferences,
            channels=SlackChannels(calls),
            groups=SlackGroups(calls),
            workspace=SlackWorkspace(calls),
            threads=SlackThreads(calls),
        )
        conversations = SlackConversations(
            calls,
            session,
            RedisResponses(redis),
            Streaming(cancel.owners, settings.stream_in),
            source.people,
        )
        answering = AnswerDeps(
            Coordination(leases, cancel.queue, cancel.cancellations, limits),
            source,
            SlackDeps(conversations, RedisRateBudget(redis), statuses, late_looks),
            _follow_ups(settings, calls, model),
            RedisLastThreads(redis),
            RetryPolicy(_SLACK_ATTEMPTS, asyncio.sleep, count_asked=False),
            settings.task_deadline_seconds,
            stopping,
        )
        tried = partial(
            check_model,
            model=model,
            prompt_config=source.prompt_config,
            prices=settings.gemini_prices,
        )
        home = HomeDeps(
            people=source.people,
            preferences=preferences,
            usage=limits,
            homes=SlackHomes(calls, signing),
            revision=settings.k_revision,
            emoji=settings.reaction_ask,
        )
        doctor = ReportDeps(
            leases=leases,
            conversations=conversations,
            people=source.people,
            usage=limits,
            check_slack=readiness.checks["slack"],
            check_model=tried,
            models=_models(settings),
            cache_ttl_s=settings.cache_ttl_seconds,
            revision=settings.k_revision,
            stopping=stopping,
        )
        certs = Certs(session, settings.pubsub_push_certs_url)
        stack.push_async_callback(certs.close)
        await stack.enter_async_context(cold_start.meanwhile(*_later(settings), model.load))
        yield Dependencies(
            verifier=_verifier(settings, certs),
            answering=answering,
            cancel=cancel,
            feedback=FeedbackDeps(RedisVotes(redis), settings.feedback_reasons == "log"),
            home=home,
            doctor=doctor,
            readiness=readiness,
            models=Readiness(
                {each: partial(tried, each) for each in _models(settings).values()},
                TRY_WITHIN_S,
            ),
        )


def _follow_ups(settings: ProcessorSettings, calls: SlackCalls, model: Gemini) -> FollowUps:
    """The cheaper model judges, if there are two."""
    name = settings.gemini_fallback_model or settings.gemini_model
    return FollowUps(SlackTalks(calls), Judge(model, name, settings.gemini_prices))


async def _close_both(statuses: Statuses, late_looks: LateLooks) -> None:
    """Side by side: Cloud Run leaves a second for both."""
    await asyncio.gather(statuses.close(), late_looks.close())


def _later(settings: ProcessorSettings) -> list[Callable[[], Awaitable[object]]]:
    """The steps that only the first push needs, in the order it needs them."""
    of_tokens = [cold_start.import_token_reader] if settings.push_is_authenticated else []
    return [*of_tokens, cold_start.import_answering]


def _models(settings: ProcessorSettings) -> dict[str, str]:
    models = {"GEMINI_MODEL": settings.gemini_model}
    if settings.gemini_fallback_model:
        models["GEMINI_FALLBACK_MODEL"] = settings.gemini_fallback_model
    return models


def _generation(settings: ProcessorSettings, stopping: Stopping) -> Generation:
    return Generation(
        settings.gemini_model,
        settings.gemini_fallback_model or None,
        RetryPolicy(settings.retry_count + 1, asyncio.sleep, count_asked=False),
        prices=settings.gemini_prices,
        silence_s=settings.gemini_timeout / 1000,
        hedge=HedgeTimes(settings.gemini_hedge_seconds),
        # Without retries there is no waiting either: then Pub/Sub alone repeats.
        hold_s=HOLD_S if settings.retry_count else 0.0,
        kept=WaitingCount(stopping=stopping),
    )


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
