"""The dashboard's and the alerts' files: whole, in Google's shape, and about metrics that exist."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from deploy import objectives
from deploy.errors import MonitoringFailed
from deploy.monitoring import files
from deploy.monitoring.changes import Kind
from deploy.monitoring.google import normalised
from deploy.monitoring.values import Installation, values
from deploy.objectives import Scope
from deploy.slo.criteria import criteria
from processor_service.texts.failures import WORDS
from shared.telemetry.instruments import Histogram
from shared.telemetry.metrics import INSTRUMENTS
from tests.unit.docs.test_runbooks import reasons

VALUES = values(Installation("oncall", "chat", "https://example.com/runbooks/", 20))
ALERTS = {
    "high-error-rate": "CRITICAL",
    "high-latency": "WARNING",
    "dead-letters": "WARNING",
    "oldest-unacked": "WARNING",
    "queue-backlog": "WARNING",
    "socket-down": "CRITICAL",
    "budget": "WARNING",
    "bot-is-silent": "CRITICAL",
    "slack-token-denied": "CRITICAL",
    "pubsub-unreachable": "CRITICAL",
    "synthetic-question": "CRITICAL",
    "gemini-down": "CRITICAL",
    "instance-dies": "CRITICAL",
    "redis-lost": "WARNING",
    "telemetry-lost": "WARNING",
    "release-failed": "WARNING",
}
LOG_BASED = {"instance-dies", "telemetry-lost", "release-failed"}
LABELS = {instrument.name: set(instrument.labels) for instrument in INSTRUMENTS}
HISTOGRAMS = {each.name for each in INSTRUMENTS if isinstance(each, Histogram)}
# What a process is known by, and a histogram's buckets.
ALWAYS = {"job", "instance", "le"}
# Google's own, as PromQL spells them (cloud.google.com/monitoring/api/metrics_gcp).
GOOGLES = {
    "pubsub_googleapis_com:subscription_num_undelivered_messages",
    "pubsub_googleapis_com:subscription_oldest_unacked_message_age",
    "run_googleapis_com:container_cpu_utilizations_bucket",
    "run_googleapis_com:container_instance_count",
    "run_googleapis_com:container_memory_utilizations_bucket",
}


def check(folder: Path) -> list[str]:
    """Everything that is wrong with the files in ``folder``."""
    faults = []
    for kind, read in ((Kind.POLICY, files.policies), (Kind.DASHBOARD, files.dashboards)):
        try:
            described = read(VALUES, folder)
        except (KeyError, ValueError) as error:
            faults.append(f"{kind}: {error!r}")
            continue
        for name, fields in described.items():
            try:
                normalised(kind, fields)
            except MonitoringFailed as error:
                faults.append(f"{name}: {error}")
            for query in queries(fields):
                faults += [f"{name}: {fault}" for fault in query_faults(query)]
    return faults


def queries(part: Any) -> Iterator[str]:
    """Every PromQL query in a file."""
    if isinstance(part, list):
        for each in part:
            yield from queries(each)
    elif isinstance(part, Mapping):
        for name, each in part.items():
            if name in ("query", "prometheusQuery"):
                yield each
            else:
                yield from queries(each)


def query_faults(query: str) -> list[str]:
    """Why a query can't be evaluated, or asks for what nobody writes."""
    try:
        expression = promql_parser.parse(query)
    except ValueError as error:
        return [f"{error} in {query}"]
    return [fault for selector in selectors(expression) for fault in selector_faults(selector)]


def selectors(expression: Any) -> Iterator[Any]:
    """Every selector in a query."""
    match expression:
        case promql_parser.VectorSelector():
            yield expression
        case promql_parser.MatrixSelector():
            yield expression.vector_selector
        case promql_parser.Call():
            for argument in expression.args:
                yield from selectors(argument)
        case promql_parser.BinaryExpr():
            yield from selectors(expression.lhs)
            yield from selectors(expression.rhs)
        case promql_parser.AggregateExpr() | promql_parser.ParenExpr():
            yield from selectors(expression.expr)


def selector_faults(selector: Any) -> list[str]:
    name: str = selector.name
    if not name.startswith("mechachang_"):
        return [] if name in GOOGLES else [f"{name} is no metric of Google's that we know"]
    # A histogram is known by its parts only.
    declared = re.sub(r"_(bucket|count|sum)$", "", name)
    if name in HISTOGRAMS or (name not in LABELS and declared not in HISTOGRAMS):
        return [f"{name} is not declared"]
    known = (LABELS[name] if name in LABELS else LABELS[declared]) | ALWAYS
    asked = {matcher.name for matcher in selector.matchers.matchers}
    return [f"{name} has no label {label}" for label in sorted(asked - known)]


def test_the_files_are_whole() -> None:
    assert check(files.FOLDER) == []


def test_what_an_alert_asks_a_label_for_is_what_the_services_say() -> None:
    """A misspelt reason would be an alert that is never raised."""
    asked = {
        value
        for policy in files.policies(VALUES).values()
        for query in queries(policy)
        for selector in selectors(promql_parser.parse(query))
        if selector.name.startswith("mechachang_")
        for matcher in selector.matchers.matchers
        if matcher.name in {"outcome", "reason", "kind"}
        for value in matcher.value.split("|")
    }
    assert {"slack_denied", "queue_unavailable", "model_not_found"} <= asked
    assert asked - reasons() == set()


def test_every_query_of_the_report_and_the_rollout_is_whole() -> None:
    scope = Scope("600s", "processor-service-00042")
    asked = [
        *(criterion.query for criterion in criteria("7d")),
        objectives.error_rate(scope),
        objectives.quantile(0.95, objectives.LATENCY, scope),
        *(
            objectives.count(counter, scope)
            for counter in (objectives.JUDGED, objectives.FAILED, objectives.HANDED_BACK)
        ),
    ]
    assert [fault for query in asked for fault in query_faults(query)] == []


@pytest.mark.parametrize(
    ("broken", "replacement", "fault"),
    [
        ("alertStrategy:", "alertStrategie:", "alertStrategie"),
        ("severity: CRITICAL", "severity: VERY", "VERY"),
        ("mechachang_socket_connected", "mechachang_socket_conected", "is not declared"),
        ("mechachang_socket_connected", "mechachang_first_sign_seconds", "is not declared"),
        ("mechachang_socket_connected[", 'mechachang_tasks_total{result="x"}[', "no label result"),
        ("or vector(0)", "or vector(0", "vector(0"),
        ('"${critical_channels}"', '"${critical_channel}"', "critical_channel"),
    ],
)
def test_a_broken_alert_is_found(tmp_path: Path, broken: str, replacement: str, fault: str) -> None:
    faults = check(broken_copy(tmp_path, "alerts/socket-down.yaml", broken, replacement))
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize("name", sorted(ALERTS.keys() - LOG_BASED))
def test_a_broken_copy_of_each_alert_is_found(tmp_path: Path, name: str) -> None:
    file = f"alerts/{name}.yaml"
    assert check(broken_copy(tmp_path / "key", file, "conditions:", "condition:"))
    folder = broken_copy(tmp_path / "query", file, "", "")
    policy = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
    condition = policy["conditions"][0]["conditionPrometheusQueryLanguage"]
    condition["query"] = f"({condition['query']}"
    (folder / file).write_text(yaml.safe_dump(policy), encoding="utf-8")
    assert check(folder)


@pytest.mark.parametrize(
    ("broken", "replacement"),
    [
        ("plotType: LINE", "plotType: LINES"),
        ("gridLayout:", "gridLayouts:"),
        ("sum by (way)", "sum by (way"),
        ("mechachang_deliveries_total", "mechachang_delivered_total"),
        ("${goal_cpu}", "${goal_cpus}"),
    ],
)
def test_a_broken_copy_of_the_dashboard_is_found(
    tmp_path: Path, broken: str, replacement: str
) -> None:
    assert check(broken_copy(tmp_path, "dashboard.yaml", broken, replacement))


def broken_copy(tmp_path: Path, file: str, broken: str, replacement: str) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(files.FOLDER, folder, dirs_exist_ok=True)
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(broken, replacement, 1), encoding="utf-8")
    return folder


def test_each_alert_has_its_severity_a_channel_a_runbook_and_an_end() -> None:
    policies = files.policies(VALUES)
    assert {name: policy["severity"] for name, policy in policies.items()} == ALERTS
    for name, policy in policies.items():
        channel = "oncall" if policy["severity"] == "CRITICAL" else "chat"
        assert policy["notificationChannels"] == [channel]
        (link,) = policy["documentation"]["links"]
        assert link["url"] == f"https://example.com/runbooks/{name}.md"
        assert f"docs/runbooks/{name}.md" in policy["documentation"]["content"]
        assert policy["alertStrategy"]["autoClose"]


@pytest.mark.parametrize(
    ("name", "limit", "duration"),
    [("high-error-rate", "> 0.01 and", "300s"), ("high-latency", "> 2.5 and", "600s")],
)
def test_the_plans_alerts_have_the_plans_numbers_and_a_minimum_of_questions(
    name: str, limit: str, duration: str
) -> None:
    condition, *_for_small_teams = files.policies(VALUES)[name]["conditions"]
    asked = condition["conditionPrometheusQueryLanguage"]
    assert limit in asked["query"]
    assert asked["query"].endswith(">= 20")
    assert asked["duration"] == duration


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_asks_metrics_that_may_not_be_there_yet_or_one_filter_of_the_log(
    name: str,
) -> None:
    policy = files.policies(VALUES)[name]
    if name in LOG_BASED:
        # Cloud Monitoring takes one such condition in a policy, and asks how often to tell.
        (condition,) = policy["conditions"]
        assert condition["conditionMatchedLog"]["filter"]
        assert policy["alertStrategy"]["notificationRateLimit"]["period"]
        return
    assert "notificationRateLimit" not in policy["alertStrategy"]
    for condition in policy["conditions"]:
        assert condition["conditionPrometheusQueryLanguage"]["disableMetricValidation"] is True


def test_the_limit_of_instances_is_that_of_the_service_file() -> None:
    service = yaml.safe_load(Path("deploy/processor-service.yaml").read_text(encoding="utf-8"))
    limit = service["metadata"]["annotations"]["run.googleapis.com/maxScale"]
    assert int(limit) == objectives.PROCESSOR_INSTANCES


def test_every_reason_of_a_notice_is_ours_unless_it_is_listed() -> None:
    blameless = set(objectives.NOT_OURS) - {"question_gone"}
    assert blameless <= WORDS.keys()


def declared_bounds(name: str) -> tuple[float, ...]:
    (instrument,) = [each for each in INSTRUMENTS if each.name == name]
    assert isinstance(instrument, Histogram)
    return instrument.bounds


@pytest.mark.parametrize("limits", [objectives.GOAL, objectives.ALERT, objectives.ROLLBACK])
def test_each_limit_of_latency_is_a_bound_of_its_histogram(limits: objectives.Limits) -> None:
    assert limits.latency_p95_s in declared_bounds(objectives.LATENCY)
