"""Each alert's condition, evaluated over series that should raise it and series that should not."""

from collections.abc import Mapping
from typing import Any

import pytest

from deploy.monitoring import files
from deploy.monitoring.values import Installation, values
from simulators.prometheus.evaluation import evaluate
from simulators.prometheus.series import Store
from tests.support.raised_alerts import POLICIES

NOW = 100_000.0
# Name, labels, value before the window began (None: not there yet), and now.
Given = tuple[str, Mapping[str, str], float | None, float]


def holds(alert: str, given: list[Given], policies: Mapping[str, Any] = POLICIES) -> bool:
    store = Store()
    for name, labels, before, now in given:
        if before is not None:
            for ago in range(90_000, 700, -30):
                store.add({"__name__": name, **labels}, NOW - ago, before)
        store.add({"__name__": name, **labels}, NOW - 10, now)
    return any(
        evaluate(condition["conditionPrometheusQueryLanguage"]["query"], store, NOW)
        for condition in policies[alert]["conditions"]
    )


def tasks(outcome: str, reason: str, before: float | None, now: float) -> Given:
    labels = {"outcome": outcome, "reason": reason, "instance": outcome}
    return ("mechachang_tasks_total", labels, before, now)


def first_words(slow: float, all_of_them: float) -> list[Given]:
    name, instance = "mechachang_first_words_seconds", {"instance": "1"}
    within = {"2.5": all_of_them - slow, "3.5": all_of_them, "+Inf": all_of_them}
    buckets: list[Given] = [
        (f"{name}_bucket", {**instance, "le": bound}, None, count)
        for bound, count in within.items()
    ]
    return [*buckets, (f"{name}_count", instance, None, all_of_them)]


def queue(metric: str, value: float, subscription: str = "mechachang-tasks-push") -> Given:
    labels = {"monitored_resource": "pubsub_subscription", "subscription_id": subscription}
    return (f"pubsub_googleapis_com:subscription_{metric}", labels, None, value)


def instances(active: float, idle: float) -> list[Given]:
    name = "run_googleapis_com:container_instance_count"
    labels = {"monitored_resource": "cloud_run_revision", "service_name": "processor-service"}
    return [
        (name, {**labels, "state": state}, None, number)
        for state, number in (("active", active), ("idle", idle))
    ]


ANSWERED = tasks("answered", "none", None, 100)
SOCKET = "mechachang_socket_connected"
COST = "mechachang_gemini_cost_usd_total"


@pytest.mark.parametrize(
    ("alert", "given"),
    [
        ("high-error-rate", [ANSWERED, tasks("told_failure", "model_denied", None, 2)]),
        ("high-error-rate", [ANSWERED, tasks("gave_up", "model_unavailable", None, 2)]),
        ("high-latency", first_words(slow=6, all_of_them=100)),
        ("dead-letters", [queue("num_undelivered_messages", 1, "mechachang-dead-letter-pull")]),
        (
            "oldest-unacked",
            [queue("oldest_unacked_message_age", 121), queue("num_undelivered_messages", 1)],
        ),
        ("queue-backlog", [queue("num_undelivered_messages", 101)]),
        ("socket-down", [(SOCKET, {"instance": "1"}, 1, 0)]),
        ("socket-down", []),
        ("queue-backlog", instances(12, 8)),
        ("high-error-rate", [tasks("told_failure", "model_denied", None, 3)]),
        ("high-latency", first_words(slow=3, all_of_them=9)),
        ("budget", [(COST, {"model": "a", "instance": "1"}, None, 21)]),
    ],
)
def test_it_is_raised(alert: str, given: list[Given]) -> None:
    assert holds(alert, given)


@pytest.mark.parametrize(
    ("alert", "given"),
    [
        ("high-error-rate", [ANSWERED, tasks("told_failure", "model_denied", None, 1)]),
        # Nobody's fault, or nobody's answer yet.
        ("high-error-rate", [ANSWERED, tasks("told_failure", "question_blocked", None, 50)]),
        ("high-error-rate", [ANSWERED, tasks("try_later", "model_unavailable", None, 50)]),
        # Too few questions to say anything.
        ("high-error-rate", [tasks("told_failure", "model_denied", None, 2)]),
        ("high-error-rate", []),
        ("high-latency", first_words(slow=4, all_of_them=100)),
        ("high-latency", first_words(slow=2, all_of_them=9)),
        ("queue-backlog", instances(12, 7)),
        ("dead-letters", [queue("num_undelivered_messages", 0, "mechachang-dead-letter-pull")]),
        ("dead-letters", [queue("num_undelivered_messages", 9)]),
        ("oldest-unacked", [queue("oldest_unacked_message_age", 121)]),
        (
            "oldest-unacked",
            [queue("oldest_unacked_message_age", 120), queue("num_undelivered_messages", 1)],
        ),
        ("queue-backlog", [queue("num_undelivered_messages", 100)]),
        ("socket-down", [(SOCKET, {"instance": "1"}, 0, 1)]),
        ("budget", [(COST, {"model": "a", "instance": "1"}, None, 19)]),
    ],
)
def test_it_is_not_raised(alert: str, given: list[Given]) -> None:
    assert not holds(alert, given)


def test_the_alert_of_the_queue_rings_for_as_many_processors_as_it_was_told_may_run() -> None:
    told = Installation("oncall", "chat", "https://example.com", 20, processor_instances=40)
    policies = files.policies(values(told))
    assert not holds("queue-backlog", instances(30, 9), policies)
    assert holds("queue-backlog", instances(30, 10), policies)
