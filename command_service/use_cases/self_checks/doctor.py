"""``/gemini doctor``: checks everything between a user and an answer, and says what to fix.

The command service replies with its checks; the processor reports to the same user by itself.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from command_service.envelope.ack_deadline import at_most_s
from command_service.envelope.metrics import count_event
from command_service.payloads.model import Identity, RejectReason
from command_service.payloads.slash_command import DoctorRequest
from command_service.ports import Diagnostics, FindSocketState
from command_service.scopes import ALL_SCOPES, ASKING_SCOPES, GROUP_SCOPES
from command_service.texts import doctor as texts
from command_service.use_cases.policy import Presence, checks, turned_away
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    count,
    locale_to_tell,
    publish,
    refusal_texts,
)
from command_service.use_cases.throttle import Cooldown
from shared.errors import MechachangError, QueueUnavailable
from shared.slack.findings import CheckResult, Report, report
from shared.task import Kind, Locale, Source, Task
from shared.telemetry.log import bound_task, get_logger
from shared.version import described

log = get_logger(__name__)

REPORT_EVERY_S: Final = 10.0

# Whether the channel is shared is looked up, and reported with the place.
_RULES: Final = {
    RejectReason.TEAM_NOT_ALLOWED: texts.TEAM,
    RejectReason.CHANNEL_NOT_ALLOWED: texts.CHANNEL,
    RejectReason.USER_NOT_ALLOWED: texts.USER,
    RejectReason.NOT_IN_ROLLOUT: texts.ROLLOUT,
}
# Slack shows nothing before the ack, and waits for it no longer than 3 s.
_LOOK_WITHIN_S: Final = 1.5


@dataclass(frozen=True)
class DoctorDeps:
    """Dependencies of the checks. In HTTP mode there is no socket, and so no state of it."""

    submit_deps: SubmitDeps
    identity: Identity
    diagnostics: Diagnostics
    socket_state: FindSocketState
    cooldown: Cooldown
    revision: str | None


async def run_checks(request: DoctorRequest, deps: DoctorDeps) -> Report:
    """The command service's checks, in words for this one user. Never raises, and ends in time for
    the ack; the processor is asked for its own report.
    """
    with bound_task(request.task_id):
        locale = await locale_to_tell(request.by.user_id, deps.submit_deps)
        if (kept_out := _kept_out(request, locale, deps)) is not None:
            return kept_out
        on_slack, on_place, on_queue = await asyncio.gather(
            _on_slack(locale, deps), _on_place(request, locale, deps), _on_queue(request, deps)
        )
        findings = [
            texts.COMMAND_VERSION.found(True, locale, version=described(deps.revision)),
            *on_slack,
            *await _on_socket(locale, deps),
            *_on_rules(request, locale, deps),
            *on_place,
        ]
        findings.append(_of_queue(on_queue, locale))
        log.info(
            "The doctor's checks ran.",
            action="doctor_examined",
            failed=sum(not finding.ok for finding in findings),
        )
        unreachable = isinstance(on_queue, QueueUnavailable)
        awaited = (texts.NO_REPORT if unreachable else texts.REPORT_COMES)[locale]
        return report(texts.COMMAND_WELL[locale], findings, awaited)


def _kept_out(request: DoctorRequest, locale: Locale, deps: DoctorDeps) -> Report | None:
    """The reply, without any check, to a user who may not ask or has asked a moment ago."""
    submit_deps = deps.submit_deps
    reason = turned_away(_presence(request), submit_deps.policy)
    if reason is None and deps.cooldown.take(request.by.user_id):
        return None
    count_event(Source.SLASH_COMMAND, "refused", reason or RejectReason.TOO_SOON, Kind.DOCTOR)
    if reason is None:
        return Report(texts.EXAMINED_LATELY[locale].format(every=deps.cooldown.every_s))
    told = refusal_texts(reason, submit_deps)[locale]
    rules = _on_rules(request, locale, deps)
    return Report(told) if all(each.ok for each in rules) else report("", rules, told)


async def _on_slack(locale: Locale, deps: DoctorDeps) -> list[CheckResult]:
    try:
        async with asyncio.timeout(at_most_s(_LOOK_WITHIN_S)):
            granted = await deps.diagnostics.scopes()
    except (MechachangError, TimeoutError) as error:
        return [texts.TOKEN.found(False, locale, why=_why(error))]
    accepted = texts.TOKEN.found(True, locale)
    if granted is None:
        return [accepted]
    unused = frozenset() if deps.submit_deps.asking else ASKING_SCOPES
    return [accepted, *_on_scopes(ALL_SCOPES - unused - granted, locale)]


def _on_scopes(missing: frozenset[str], locale: Locale) -> list[CheckResult]:
    if not missing:
        return [texts.SCOPES.found(True, locale, missing="")]
    apart = (
        (texts.SCOPES, missing - GROUP_SCOPES - ASKING_SCOPES),
        (texts.GROUPS, missing & GROUP_SCOPES),
        (texts.REACTIONS, missing & ASKING_SCOPES),
    )
    return [
        check.found(False, locale, missing=", ".join(f"`{scope}`" for scope in sorted(scopes)))
        for check, scopes in apart
        if scopes
    ]


async def _on_socket(locale: Locale, deps: DoctorDeps) -> list[CheckResult]:
    state = await deps.socket_state()
    if state is None:
        return []
    down, heard = state.down_s, state.heard_age_s
    return [texts.SOCKET.found(state.connected, locale, heard=heard, down=down)]


def _on_rules(request: DoctorRequest, locale: Locale, deps: DoctorDeps) -> list[CheckResult]:
    policy = deps.submit_deps.policy
    passed = checks(_presence(request), policy)
    by = request.by
    ids = {"team": by.team_id, "channel": by.channel_id, "user": by.user_id}
    percent = policy.rollout_percent
    return [
        check.found(passed[reason], locale, percent=percent, **ids)
        for reason, check in _RULES.items()
    ]


def _presence(request: DoctorRequest) -> Presence:
    return Presence(request.by.team_id, request.by.user_id, request.by.channel_id)


async def _on_place(request: DoctorRequest, locale: Locale, deps: DoctorDeps) -> list[CheckResult]:
    try:
        async with asyncio.timeout(at_most_s(_LOOK_WITHIN_S)):
            place = await deps.diagnostics.channel(request.by.channel_id)
    except (MechachangError, TimeoutError) as error:
        return [texts.PLACE.found(False, locale, why=_why(error))]
    member = texts.MEMBER.found(place.member, locale, bot=deps.identity.bot_user_id)
    allowed = deps.submit_deps.policy.external_channels
    if place.external and allowed:
        return [member, texts.SHARED_AND_ALLOWED.found(True, locale)]
    return [member, texts.INTERNAL.found(not place.external, locale)]


async def _on_queue(request: DoctorRequest, deps: DoctorDeps) -> float | QueueUnavailable:
    """The seconds the queue took for the processor's part, or why it did not take it."""
    task, began = _task(request, deps.submit_deps), time.perf_counter()
    try:
        await publish(task, deps.submit_deps)
    except QueueUnavailable as error:
        count(task, HandedBack(error))
        return error
    took_s = time.perf_counter() - began
    count(task, Accepted(task))
    return took_s


def _of_queue(outcome: float | QueueUnavailable, locale: Locale) -> CheckResult:
    if isinstance(outcome, QueueUnavailable):
        return texts.QUEUE.found(False, locale, why=_why(outcome))
    return texts.QUEUE.found(True, locale, ms=outcome * 1000)


def _task(request: DoctorRequest, submit_deps: SubmitDeps) -> Task:
    return Task.side(
        Kind.DOCTOR,
        request.task_id,
        request.by,
        submit_deps.now(),
        locale=submit_deps.locales.of(request.by.user_id),
        response_url=request.response_url,
        private=True,
    )


def _why(error: MechachangError | TimeoutError) -> str:
    return f"`{getattr(error, 'slack_error', getattr(error, 'reason', 'timeout'))}`"
