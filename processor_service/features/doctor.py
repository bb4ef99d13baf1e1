"""The processor's part of ``/gemini doctor``: its checks, reported to the user."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from processor_service.answering.user_preferences import language_of
from processor_service.ports.conversations import Body, Conversations
from processor_service.ports.limits import Usages
from processor_service.ports.people import People, PreferenceStore
from processor_service.ports.work import Leases
from processor_service.resilience.run_leased import Outcome, leased
from processor_service.resilience.stopping import Stopping
from processor_service.texts import doctor as texts
from shared import clock
from shared.errors import MechachangError, ModelRejected, RetryableError
from shared.ledger import Mark
from shared.slack.findings import CheckResult, Report, report
from shared.slack.message_text import escape
from shared.slack.usage import Used, UsedOfLimit, described_count, shown_moment
from shared.task import Locale, Task
from shared.version import described

# From zero, an instance needs some seconds.
_SLOW_QUEUE_S: Final = 10.0
_LOOK_WITHIN_S: Final = 5.0
# A model may think about its tiny question.
_TRY_WITHIN_S: Final = 20.0
_SAID_CHARS: Final = 200


@dataclass(frozen=True)
class ReportDeps:
    """Dependencies of a report. The checks raise MechachangErrors; ``models`` are by the names of
    their settings.
    """

    leases: Leases
    conversations: Conversations
    people: People
    preferences: PreferenceStore
    usage: Usages
    check_slack: Callable[[], Awaitable[None]]
    check_model: Callable[[str], Awaitable[None]]
    models: Mapping[str, str]
    cache_ttl_s: int
    revision: str | None = None
    stopping: Stopping = field(default_factory=Stopping)
    now: Callable[[], datetime] = clock.now


async def send_report(task: Task, message_id: str, deps: ReportDeps, within_s: float) -> None:
    """Send the checks' results to the user, once, through the response URL that only they see.

    Raises MechachangErrors.
    """
    url = task.response_url
    if url is None:
        return

    async with leased(task, message_id, deps.leases, within_s, deps.stopping) as work:
        if work.lease is not None:
            conversation = deps.conversations.response(task, url)
            if await conversation.find(task.task_id):
                work.outcome = Outcome.ALREADY_DONE
            else:
                found = await run_model_checks(task, deps)
                body = Body(found.text, found.blocks)
                await conversation.post(body, Mark(task.task_id, "notice"))
                work.outcome = Outcome.ANSWERED
    if work.outcome is Outcome.TRY_LATER:
        raise RetryableError("The report was not delivered.", reason="report_not_delivered")


async def run_model_checks(task: Task, deps: ReportDeps) -> Report:
    """The checks' results in the user's language."""
    through_s = (deps.now() - task.received_at).total_seconds()
    locale = await language_of(task.user_id, deps.people, deps.preferences) or task.locale
    used = await deps.usage.of(task.team_id, task.user_id)
    slack, *models = await asyncio.gather(
        _looked(deps.check_slack()),
        *(_looked(deps.check_model(each), _TRY_WITHIN_S) for each in deps.models.values()),
    )
    version, fast = described(deps.revision), through_s < _SLOW_QUEUE_S
    cache = texts.CACHE_ON if deps.cache_ttl_s else texts.CACHE_OFF
    findings = [
        texts.PROCESSOR_VERSION.found(fast, locale, version=version, through=max(0.0, through_s)),
        texts.SLACK.found(slack is None, locale, why=slack),
        texts.REDIS.found(used is not None, locale),
        *(
            texts.MODEL.found(why is None, locale, model=model, setting=setting, why=why)
            for (setting, model), why in zip(deps.models.items(), models, strict=True)
        ),
        cache.found(True, locale, minutes=deps.cache_ttl_s / 60),
        *(_of_usage(used, locale) if used is not None else []),
    ]
    return report(texts.ALL_WELL[locale], findings)


async def _looked(check: Awaitable[None], within_s: float = _LOOK_WITHIN_S) -> str | None:
    """None if all is well, else why not."""
    try:
        async with asyncio.timeout(within_s):
            await check
    except ModelRejected as error:
        # Not about a user's words: Gemini speaks of our settings.
        said = escape(error.said[:_SAID_CHARS])
        return f"`{error.reason}`: {said}" if said else f"`{error.reason}`"
    except MechachangError as error:
        return f"`{getattr(error, 'slack_error', error.reason)}`"
    except TimeoutError:
        return "`timeout`"
    return None


def _of_usage(used: Used, locale: Locale) -> list[CheckResult]:
    counts = [
        (texts.QUESTIONS_LEFT, used.questions_in_a_minute),
        (texts.TOKENS_LEFT, used.tokens),
        (texts.TEAM_TOKENS_LEFT, used.team_tokens),
    ]
    resets_at = shown_moment(used.resets_at)
    return [
        check.found(
            _is_left(count), locale, used=described_count(count, locale), resets_at=resets_at
        )
        for check, count in counts
        if count.limit or check is texts.TOKENS_LEFT
    ]


def _is_left(count: UsedOfLimit) -> bool:
    return not count.limit or count.used < count.limit
