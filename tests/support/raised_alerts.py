"""Which alerts Cloud Monitoring would have raised over recorded metrics and logs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from deploy.monitoring import files
from deploy.monitoring.values import Installation, values
from simulators.prometheus.evaluation import evaluate
from simulators.prometheus.series import Store
from tests.support.log_filter import matches

POLICIES: Final = files.policies(values(Installation("oncall", "chat", "https://example.com", 20)))


def by_metrics(store: Store, since: float, until: float) -> set[str]:
    """The alerts of ``store`` that are raised from ``since`` on (Unix seconds)."""
    return {
        name
        for name, condition in _conditions("conditionPrometheusQueryLanguage")
        if _held(condition, store, since, until)
    }


def by_log(entries: Iterable[Mapping[str, Any]]) -> set[str]:
    """The alerts that entries of Cloud Logging raise."""
    conditions = _conditions("conditionMatchedLog")
    return {
        name for entry in entries for name, each in conditions if matches(each["filter"], entry)
    }


def _conditions(kind: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, condition[kind])
        for name, policy in POLICIES.items()
        for condition in policy["conditions"]
        if kind in condition
    ]


def _held(condition: Mapping[str, str], store: Store, since: float, until: float) -> bool:
    """Whether it held at every evaluation for as long as it has to."""
    needed, step = _seconds(condition["duration"]), _seconds(condition["evaluationInterval"])
    began, at = None, since
    while at <= until:
        if evaluate(condition["query"], store, at):
            began = at if began is None else began
            if at - began >= needed:
                return True
        else:
            began = None
        at += step
    return False


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
