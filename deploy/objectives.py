"""What counts as failed, slow and full: the plan's numbers and their PromQL, in one place.

The alerts, the dashboard, the report, rollout and rollback all take their queries from here, so
that none of them can mean another error rate than the others.
"""

from dataclasses import dataclass
from typing import Final

# Reasons for which no version of ours could have answered: Gemini's safety rules, a place that we
# were removed from or that the asker has left, a question that was deleted, and limits that an
# administrator set.
NOT_OURS: Final = (
    "answer_blocked",
    "answer_language",
    "answer_recited",
    "model_refused",
    "not_a_member",
    "question_blocked",
    "question_declined",
    "question_gone",
    "slack_not_there",
    "team_daily_tokens",
    "thread_busy",
    "user_busy",
    "user_daily_tokens",
    "user_rate_limited",
)

_OURS = f'reason!~"{"|".join(NOT_OURS)}"'
FAILED: Final = f'mechachang_tasks_total{{outcome=~"gave_up|told_failure",{_OURS}}}'
"""Questions whose asker got a notice instead of an answer, for a reason of ours."""
JUDGED: Final = f'mechachang_tasks_total{{outcome=~"answered|gave_up|told_failure",{_OURS}}}'
"""Questions that came to an end; repeated deliveries and those handed back are not among them."""
HANDED_BACK: Final = 'mechachang_tasks_total{outcome=~"try_later|failed"}'
"""Deliveries that a processor could not finish and left to another one."""

ACCEPTED: Final = 'mechachang_events_total{outcome="accepted",kind="question"}'
"""Questions that are in the queue, and whose asker was told so."""
BROKEN: Final = 'mechachang_events_total{outcome="failed"}'
"""Events that a fault of ours kept from being looked at."""
NOT_QUEUED: Final = (
    'mechachang_events_total{outcome="handed_back",kind="question",reason="queue_unavailable"}'
)
"""Questions that Pub/Sub did not take."""
TRIED: Final = 'mechachang_tasks_total{outcome!="failed"}'
"""Deliveries that a processor did something with, if only to leave them for later."""
DENIED: Final = (
    'mechachang_slack_calls_total{outcome="slack_denied",method!="apps.connections.open"}'
)
"""Calls whose bot token Slack denied. The socket's own token is told by the socket that is lost."""
ATTEMPTS: Final = 'mechachang_gemini_attempts_total{outcome!="cancelled"}'
MODEL_AWAY: Final = (
    'mechachang_gemini_attempts_total{outcome=~"model_silent|model_unavailable|'
    'model_denied|model_misconfigured|model_not_found"}'
)
"""Attempts that failed for what the model is, and not for what it was asked."""
MODEL_REFUSES: Final = (
    'mechachang_gemini_attempts_total{outcome=~"model_denied|model_misconfigured|model_not_found"}'
)
"""Those of them that no later attempt mends."""
REDIS_AWAY: Final = "mechachang_redis_unavailable_total"

REDELIVERIES: Final = "mechachang_redeliveries_total"
"""Arrivals of a task after its first one: its answer is late for a reason that others tell."""

SYNTHETIC_ASKED: Final = 'mechachang_synthetic_questions_total{outcome="queued"}'
SYNTHETIC_NOT_QUEUED: Final = 'mechachang_synthetic_questions_total{outcome="not_queued"}'
SYNTHETIC_ANSWERED: Final = 'mechachang_synthetic_questions_total{outcome="answered"}'

FIRST_SIGN: Final = "mechachang_first_sign_seconds"
FIRST_WORDS: Final = "mechachang_first_words_seconds"
FINISHED: Final = "mechachang_answer_seconds"
LATENCY: Final = FIRST_WORDS
"""What "latency" means in every objective: from the event in Slack to its answer's first words."""

COMMAND_SERVICE: Final = "command-service"
PROCESSOR_SERVICE: Final = "processor-service"
PROCESSOR_INSTANCES: Final = 20
"""``maxScale`` of its service file."""
TASKS_SUBSCRIPTION: Final = "mechachang-tasks-push"
DEAD_LETTER_SUBSCRIPTION: Final = "mechachang-dead-letter-pull"


@dataclass(frozen=True)
class Limits:
    """A share of 1 and seconds: below it for a goal, not above it for the others."""

    error_rate: float
    latency_p95_s: float
    handed_back_rate: float = 0.05
    """A processor hands back what it is stopped in the middle of, or what a dependency kept it
    from. One that hands back more is no processor, although another one may still answer."""


GOAL: Final = Limits(error_rate=0.001, latency_p95_s=2.5)
"""The success criteria (migration plan 9.1)."""
ALERT: Final = Limits(error_rate=0.01, latency_p95_s=2.5)
"""When somebody is told (6.2)."""
ROLLBACK: Final = Limits(error_rate=0.01, latency_p95_s=5.0)
"""When a version is taken back (7.2)."""
FAST_BURN: Final = 14.4
"""In one hour 2 % of the errors that the goal leaves for 30 days (Google's SRE Workbook, 5)."""
SLOW_BURN: Final = 6.0
"""In six hours 5 % of them."""
CPU_GOAL: Final = 0.7
MEMORY_GOAL: Final = 0.8


@dataclass(frozen=True)
class Scope:
    """The time window, and the revision whose processes count; all if None."""

    window: str
    revision: str | None = None


def count(counter: str, scope: Scope) -> str:
    """How much ``counter`` (a selector) grew, over all its series."""
    return f"sum({_grown(counter, scope)})"


def some(counter: str, scope: Scope) -> str:
    """``count``, and 0 where nothing of it was ever counted."""
    return f"({count(counter, scope)} or vector(0))"


def count_by(label: str, counter: str, scope: Scope) -> str:
    """``count`` for each value of ``label``."""
    return f"sum by ({label}) ({_grown(counter, scope)})"


def late(limit_s: float, scope: Scope) -> str:
    """How many answers began later than after ``limit_s``, a bound of their histogram."""
    in_time = f'{LATENCY}_bucket{{le="{limit_s:g}"}}'
    return f"({count(LATENCY + '_count', scope)} - {count(in_time, scope)})"


def grown_in_grown_up(counter: str, scope: Scope) -> str:
    """``count`` in processes that were there when the window began.

    Cloud Run connects an instance to its network while it already works: what cannot be reached in
    its first minute or two is not lost.
    """
    there = f"mechachang_build_info offset {scope.window}"
    return f"sum(({_grown(counter, scope)}) and on (job, instance) {there})"


def processes(service: str, scope: Scope) -> str:
    """How many processes of the service have reported themselves; nothing if none has."""
    of = f',revision="{scope.revision}"' if scope.revision else ""
    return f'count(max_over_time(mechachang_build_info{{service="{service}"{of}}}[{scope.window}]))'


def share(part: str, whole: str) -> str:
    """``part`` of ``whole``; 0 if nothing of it happened, nothing if the whole did not."""
    return f"({part} or vector(0)) / {whole}"


def error_rate(scope: Scope) -> str:
    """Questions that failed for a reason of ours, as a share of those that came to an end."""
    return share(count(FAILED, scope), count(JUDGED, scope))


def quantile(q: float, histogram: str, scope: Scope) -> str:
    """The ``q`` quantile (0 to 1) of what ``histogram`` observed."""
    return f"histogram_quantile({q:g}, sum by (le) ({_grown(histogram + '_bucket', scope)}))"


def _grown(selector: str, scope: Scope) -> str:
    # A counter of OpenTelemetry appears together with its first event, which ``increase`` alone
    # never sees: with a series for each reason and instance most failures would be missed. What was
    # not there before the window began with its process: its highest value is all that it counted.
    window = scope.window
    born = f"max_over_time({selector}[{window}]) unless {selector} offset {window}"
    grown = f"({born}) or increase({selector}[{window}])"
    if scope.revision is None:
        return grown
    # Only this metric says which revision a process (job, instance) is of.
    ran = f'max_over_time(mechachang_build_info{{revision="{scope.revision}"}}[{window}])'
    return f"({grown}) * on (job, instance) group_left () max by (job, instance) ({ran})"


def utilisation(kind: str, service: str, window: str) -> str:
    """p95 over time and instances of a service's ``cpu`` or ``memory``, as a share of its limit."""
    bucket = (
        f"run_googleapis_com:container_{kind}_utilizations_bucket"
        f'{{monitored_resource="cloud_run_revision",service_name="{service}"}}'
    )
    return f"histogram_quantile(0.95, sum by (le) (increase({bucket}[{window}])))"
