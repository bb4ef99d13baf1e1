"""The wiring: which adapter stands behind each port. It opens nothing and asks nobody."""

import asyncio
from dataclasses import dataclass
from functools import partial

import aiohttp

from processor_service.answering.deps import AnswerDeps, AnswerSource, Coordination, SlackDeps
from processor_service.answering.generation import Generation
from processor_service.api.dependencies import Dependencies
from processor_service.api.push_auth import PushVerifier
from processor_service.api.readiness import Readiness
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
from processor_service.gemini.lazy import Gemini
from processor_service.ports.generation_options import HedgeTimes
from processor_service.prompt.build import PromptConfig
from processor_service.redis.answer_cache import RedisAnswers
from processor_service.redis.cancels import RedisCancellations
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import SAVED_ANSWER_TTL_S
from processor_service.redis.leases import RedisLeases
from processor_service.redis.limits import MostAllowed, RedisLimits
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import RedisLastThreads, RedisResponses, RedisStreamOwners
from processor_service.redis.preferences import RedisPreferences
from processor_service.redis.rate_budget import RedisRateBudget
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
from processor_service.slack.files import SlackFiles, SlackHosts
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.talks import SlackTalks
from processor_service.slack.reading.threads import SlackThreads
from processor_service.slack.user_groups import SlackGroups
from processor_service.slack.workspace import SlackHomes, SlackWorkspace
from shared.retry import RetryPolicy

_SLACK_ATTEMPTS = 6
# While a request to Gemini is written it takes some six times as much as the files in it. Four of
# the largest at once were measured at 300 MB, which a process of 512 MB can hold.
_FILE_MEMORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Connections:
    """The open connections to Redis, Slack and Gemini, and what works in the background.

    ``session`` is for all of Slack's and Google's addresses but files, which ``downloads`` is for.
    """

    redis: RedisConnection
    slack: SlackCalls
    session: aiohttp.ClientSession
    downloads: aiohttp.ClientSession
    model: Gemini
    statuses: Statuses
    late_looks: LateLooks
    readiness: Readiness
    stopping: Stopping


class Wiring:
    """The adapters that several use cases share, on ``opened`` connections."""

    def __init__(self, settings: ProcessorSettings, opened: Connections) -> None:
        self._settings = settings
        self._opened = opened
        redis, calls = opened.redis, opened.slack
        self._leases = RedisLeases(redis)
        most = MostAllowed(
            settings.user_requests_per_minute,
            settings.user_daily_tokens,
            settings.team_daily_tokens,
            settings.max_waiting_in_thread,
        )
        self._limits = RedisLimits(redis, most)
        self._preferences = RedisPreferences(redis)
        self._people = SlackPeople(calls, RedisPeopleCache(redis))
        self._cancel = CancelDeps(
            RedisCancellations(redis), RedisStreamOwners(redis), RedisThreadQueue(redis)
        )
        self._conversations = SlackConversations(
            calls,
            opened.session,
            RedisResponses(redis),
            Streaming(self._cancel.owners, settings.stream_in),
            self._people,
        )
        self._prompt_config = PromptConfig(settings.options_by_mode, settings.system_prompt_file)
        self._check_model = partial(
            check_model,
            model=opened.model,
            prompt_config=self._prompt_config,
            prices=settings.gemini_prices,
        )

    def dependencies(self, verifier: PushVerifier) -> Dependencies:
        """Everything behind the routes."""
        models = {each: partial(self._check_model, each) for each in self._models().values()}
        return Dependencies(
            verifier=verifier,
            answering=self._answering(),
            cancel=self._cancel,
            feedback=FeedbackDeps(
                RedisVotes(self._opened.redis), self._settings.feedback_reasons == "log"
            ),
            home=self._home(),
            doctor=self._doctor(),
            readiness=self._opened.readiness,
            models=Readiness(models, TRY_WITHIN_S),
        )

    def _answering(self) -> AnswerDeps:
        settings, opened, cancel = self._settings, self._opened, self._cancel
        return AnswerDeps(
            Coordination(self._leases, cancel.queue, cancel.cancellations, self._limits),
            self._source(),
            SlackDeps(
                self._conversations,
                RedisRateBudget(opened.redis),
                opened.statuses,
                opened.late_looks,
            ),
            self._follow_ups(),
            RedisLastThreads(opened.redis),
            RetryPolicy(_SLACK_ATTEMPTS, asyncio.sleep, count_asked=False),
            settings.task_deadline_seconds,
            opened.stopping,
        )

    def _source(self) -> AnswerSource:
        settings, calls, redis = self._settings, self._opened.slack, self._opened.redis
        return AnswerSource(
            saved=RedisAnswers(redis, SAVED_ANSWER_TTL_S, settings.signing),
            cache=RedisAnswers(redis, settings.cache_ttl_seconds, settings.signing),
            model=self._opened.model,
            generation=self._generation(),
            prompt_config=self._prompt_config,
            files=self._files(),
            people=self._people,
            preferences=self._preferences,
            channels=SlackChannels(calls),
            groups=SlackGroups(calls),
            workspace=SlackWorkspace(calls),
            threads=SlackThreads(calls),
        )

    def _files(self) -> Files:
        settings, opened = self._settings, self._opened
        hosts = SlackHosts(settings.slack_api_url)
        return Files(
            SlackFiles(opened.slack, opened.downloads, hosts, asyncio.sleep),
            opened.model,
            ChildDocuments(),
            MemoryBudget(max(_FILE_MEMORY_BYTES, settings.max_file_bytes)),
            settings.max_file_bytes,
        )

    def _generation(self) -> Generation:
        settings = self._settings
        return Generation(
            settings.gemini_model,
            settings.gemini_fallback_model or None,
            RetryPolicy(settings.retry_count + 1, asyncio.sleep, count_asked=False),
            prices=settings.gemini_prices,
            silence_s=settings.gemini_timeout / 1000,
            hedge=HedgeTimes(settings.gemini_hedge_seconds),
            # Without retries there is no waiting either: then Pub/Sub alone repeats.
            hold_s=HOLD_S if settings.retry_count else 0.0,
            kept=WaitingCount(stopping=self._opened.stopping),
        )

    def _follow_ups(self) -> FollowUps:
        """The cheaper model judges, if there are two."""
        settings, opened = self._settings, self._opened
        name = settings.gemini_fallback_model or settings.gemini_model
        return FollowUps(
            SlackTalks(opened.slack), Judge(opened.model, name, settings.gemini_prices)
        )

    def _home(self) -> HomeDeps:
        settings = self._settings
        return HomeDeps(
            people=self._people,
            preferences=self._preferences,
            usage=self._limits,
            homes=SlackHomes(self._opened.slack, settings.signing),
            revision=settings.k_revision,
            emoji=settings.reaction_ask,
        )

    def _doctor(self) -> ReportDeps:
        settings, opened = self._settings, self._opened
        return ReportDeps(
            leases=self._leases,
            conversations=self._conversations,
            people=self._people,
            preferences=self._preferences,
            usage=self._limits,
            check_slack=opened.readiness.checks["slack"],
            check_model=self._check_model,
            models=self._models(),
            cache_ttl_s=settings.cache_ttl_seconds,
            revision=settings.k_revision,
            stopping=opened.stopping,
        )

    def _models(self) -> dict[str, str]:
        """The models by the names of their settings."""
        models = {"GEMINI_MODEL": self._settings.gemini_model}
        if self._settings.gemini_fallback_model:
            models["GEMINI_FALLBACK_MODEL"] = self._settings.gemini_fallback_model
        return models
