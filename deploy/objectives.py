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

FIRST_SIGN: Final = "mechachang_first_sign_seconds"
FIRST_WORDS: Final = "mechachang_first_words_seconds"
FINISHED: Final = "mechachang_answer_seconds"
LATENCY: Final = FIRST_WORDS
"""What "latency" means in every objective: from the event in Slack to its answer's first words."""

COMMAND_SERVICE: Final = "command-service"
PROCESSOR_SERVICE: Final = "processor-service"
TASKS_SUBSCRIPTION: Final = "mechachang-tasks-push"
DEAD_LETTER_SUBSCRIPTION: Final = "mechachang-dead-letter-pull"


@dataclass(frozen=True)
class Limits:
    """A share of 1 and seconds: below it for a goal, not above it for the others."""

    error_rate: float
    latency_p95_s: float


GOAL: Final = Limits(error_rate=0.001, latency_p95_s=2.5)
"""The success criteria (migration plan 9.1)."""
ALERT: Final = Limits(error_rate=0.01, latency_p95_s=2.5)
"""When somebody is told (6.2)."""
ROLLBACK: Final = Limits(error_rate=0.01, latency_p95_s=5.0)
"""When a version is taken back (7.2)."""
CPU_GOAL: Final = 0.7
MEMORY_GOAL: Final = 0.8


@dataclass(frozen=True)
class Scope:
    """Which time is looked at, and the processes of which revision; all if None."""

    window: str
    revision: str | None = None


def count(counter: str, scope: Scope) -> str:
    """How much ``counter`` (a selector) grew, over all its series."""
    return f"sum({_grown(counter, scope)})"


def share(part: str, whole: str) -> str:
    """``part`` of ``whole``; 0 if nothing of it happened, nothing if the whole did not."""
    return f"({part} or vector(0)) / {whole}"


def error_rate(scope: Scope) -> str:
    """Failed for a reason of ours, as a share of what came to an end."""
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
