"""The values of the names in the files: shared queries, and each installation's own settings."""

from dataclasses import dataclass

from deploy import objectives
from deploy.objectives import Scope

_3M, _5M, _10M, _15M = Scope("3m"), Scope("5m"), Scope("10m"), Scope("15m")
_12M = Scope("12m")
_1H, _6H, _1D = Scope("1h"), Scope("6h"), Scope("1d")


@dataclass(frozen=True)
class Installation:
    """What differs from one installation to the next; channels are comma-separated."""

    critical_channels: str
    warning_channels: str
    runbooks_url: str
    daily_budget_usd: float
    processor_instances: int = objectives.PROCESSOR_INSTANCES


def values(installation: Installation) -> dict[str, str]:
    """Each name that a file may use, with its text."""
    return {
        **_objectives(),
        **_percentiles(),
        **_small(),
        **_outages(),
        "critical_channels": installation.critical_channels,
        "warning_channels": installation.warning_channels,
        "runbooks_url": installation.runbooks_url.rstrip("/"),
        "daily_budget_usd": f"{installation.daily_budget_usd:g}",
        "processor_instances": f"{installation.processor_instances}",
    }


def _objectives() -> dict[str, str]:
    return {
        "error_rate_5m": objectives.error_rate(_5M),
        "judged_5m": objectives.count(objectives.JUDGED, _5M),
        "latency_p95_10m": objectives.quantile(0.95, objectives.LATENCY, _10M),
        "latency_count_10m": objectives.count(f"{objectives.LATENCY}_count", _10M),
        "cost_usd_1d": objectives.count("mechachang_gemini_cost_usd_total", _1D),
        "goal_error_rate": f"{objectives.GOAL.error_rate:g}",
        "goal_cpu": f"{objectives.CPU_GOAL:g}",
        "goal_memory": f"{objectives.MEMORY_GOAL:g}",
        "alert_error_rate": f"{objectives.ALERT.error_rate:g}",
        "alert_latency_p95_s": f"{objectives.ALERT.latency_p95_s:g}",
        "rollback_latency_p95_s": f"{objectives.ROLLBACK.latency_p95_s:g}",
        "tasks_subscription": objectives.TASKS_SUBSCRIPTION,
        "dead_letter_subscription": objectives.DEAD_LETTER_SUBSCRIPTION,
    }


def _small() -> dict[str, str]:
    """For teams that ask so little that five or ten minutes say nothing."""
    windows = {"5m": _5M, "15m": _15M, "1h": _1H, "6h": _6H}
    return {
        **{f"error_rate_{name}": objectives.error_rate(each) for name, each in windows.items()},
        **{
            f"failed_{name}": objectives.count(objectives.FAILED, each)
            for name, each in windows.items()
        },
        "fast_burn": f"{objectives.FAST_BURN * objectives.GOAL.error_rate:g}",
        "slow_burn": f"{objectives.SLOW_BURN * objectives.GOAL.error_rate:g}",
        "latency_p95_1h": objectives.quantile(0.95, objectives.LATENCY, _1H),
        "late_10m": objectives.late(objectives.ALERT.latency_p95_s, _10M),
        "late_1h": objectives.late(objectives.ALERT.latency_p95_s, _1H),
        "came_again_10m": objectives.some(objectives.REDELIVERIES, _10M),
        "came_again_1h": objectives.some(objectives.REDELIVERIES, _1H),
    }


def _outages() -> dict[str, str]:
    """The queries that tell that a part is down."""
    return {
        "accepted_15m": objectives.count(objectives.ACCEPTED, _15M),
        "tried_15m": objectives.some(objectives.TRIED, _15M),
        "tried_10m": objectives.some(objectives.TRIED, _10M),
        "tried_5m": objectives.some(objectives.TRIED, _5M),
        "accepted_10m": objectives.some(objectives.ACCEPTED, _10M),
        "broken_10m": objectives.count(objectives.BROKEN, _10M),
        "not_queued_10m": objectives.count(objectives.NOT_QUEUED, _10M),
        "denied_5m": objectives.count(objectives.DENIED, _5M),
        **{
            f"{name}_{scope.window}": objectives.count_by("model", counter, scope)
            for name, counter in {
                "attempts": objectives.ATTEMPTS,
                "model_away": objectives.MODEL_AWAY,
                "model_refuses": objectives.MODEL_REFUSES,
            }.items()
            for scope in (_3M, _15M, _1H)
        },
        "synthetic_asked_12m": objectives.count(objectives.SYNTHETIC_ASKED, _12M),
        "synthetic_answered_12m": objectives.some(objectives.SYNTHETIC_ANSWERED, _12M),
        "synthetic_asked_15m": objectives.some(objectives.SYNTHETIC_ASKED, _15M),
        "synthetic_not_queued_15m": objectives.count(objectives.SYNTHETIC_NOT_QUEUED, _15M),
        "redis_away_3m": objectives.grown_in_grown_up(objectives.REDIS_AWAY, _3M),
        "redis_away_10m": objectives.grown_in_grown_up(objectives.REDIS_AWAY, _10M),
        "processor_service": objectives.PROCESSOR_SERVICE,
    }


def _percentiles() -> dict[str, str]:
    histograms = {
        "first_sign": objectives.FIRST_SIGN,
        "first_words": objectives.FIRST_WORDS,
        "finished": objectives.FINISHED,
        "ack": "mechachang_ack_duration_seconds",
        "queue_age": "mechachang_queue_age_seconds",
        "gemini": "mechachang_gemini_duration_seconds",
        "gemini_first_token": "mechachang_gemini_first_token_seconds",
    }
    services = {"command": objectives.COMMAND_SERVICE, "processor": objectives.PROCESSOR_SERVICE}
    return {
        f"{name}_p{percent}": objectives.quantile(percent / 100, histogram, _5M)
        for name, histogram in histograms.items()
        for percent in (50, 95, 99)
    } | {
        f"{short}_{kind}": objectives.utilisation(kind, service, "5m")
        for short, service in services.items()
        for kind in ("cpu", "memory")
    }
