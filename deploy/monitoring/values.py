"""What the names in the files stand for: shared queries, and what is an installation's own."""

from dataclasses import dataclass

from deploy import objectives
from deploy.objectives import Scope

_5M, _10M, _1D = Scope("5m"), Scope("10m"), Scope("1d")


@dataclass(frozen=True)
class Installation:
    """What differs from one installation to the next; channels are comma-separated."""

    critical_channels: str
    warning_channels: str
    runbooks_url: str
    daily_budget_usd: float


def values(installation: Installation) -> dict[str, str]:
    """Each name that a file may use, with its text."""
    return {
        **_objectives(),
        **_percentiles(),
        "critical_channels": installation.critical_channels,
        "warning_channels": installation.warning_channels,
        "runbooks_url": installation.runbooks_url.rstrip("/"),
        "daily_budget_usd": f"{installation.daily_budget_usd:g}",
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
