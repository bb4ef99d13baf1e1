"""The success criteria of the migration plan (9.1), each with its query and its limit."""

from dataclasses import dataclass

from deploy import objectives
from deploy.canary.prometheus import Prometheus
from deploy.language import padded, words
from deploy.objectives import GOAL, Scope


@dataclass(frozen=True)
class Criterion:
    """What must stay below ``limit``; ``shown`` formats a value for people.

    ``name`` is the one for machines too.
    """

    name: str
    name_ja: str
    query: str
    limit: float
    shown: str


@dataclass(frozen=True)
class Result:
    """A criterion and its value, None without data."""

    criterion: Criterion
    value: float | None

    @property
    def is_met(self) -> bool:
        """Whether there is data, and it is below the limit."""
        return self.value is not None and self.value < self.criterion.limit

    def line(self) -> str:
        """For people: verdict, name, value, limit."""
        criterion = self.criterion
        if self.value is None:
            verdict, value = words("no data", "データなし"), "-"
        else:
            verdict = words("met", "達成") if self.is_met else words("MISSED", "未達")
            value = criterion.shown.format(self.value)
        limit = criterion.shown.format(criterion.limit)
        name = words(criterion.name, criterion.name_ja)
        return f"{padded(verdict, 10)} {padded(name, 32)} {value:>10}  (< {limit})"


def criteria(window: str) -> list[Criterion]:
    """All of them over ``window`` (PromQL: ``7d``)."""
    scope = Scope(window)
    services = (objectives.COMMAND_SERVICE, objectives.PROCESSOR_SERVICE)
    return [
        Criterion(
            "error rate", "エラー率", objectives.error_rate(scope), GOAL.error_rate, "{:.3%}"
        ),
        Criterion(
            "latency p95 (first words)",
            "最初の言葉までの p95",
            objectives.quantile(0.95, objectives.LATENCY, scope),
            GOAL.latency_p95_s,
            "{:.2f} s",
        ),
        *(
            Criterion(
                f"{kind} p95, {service}",
                f"{kind_ja} p95、{service}",
                objectives.utilisation(kind, service, window),
                limit,
                "{:.1%}",
            )
            for service in services
            for kind, kind_ja, limit in (
                ("cpu", "CPU", objectives.CPU_GOAL),
                ("memory", "メモリ", objectives.MEMORY_GOAL),
            )
        ),
    ]


def results(prometheus: Prometheus, window: str) -> list[Result]:
    """Every criterion with its value; raises MetricsUnavailable."""
    return [Result(each, prometheus.number(each.query)) for each in criteria(window)]
