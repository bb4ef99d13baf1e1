"""The stand-in's PromQL; the numbers are those of Prometheus' own promtool for the same series."""

import math

import pytest

from simulators.prometheus.evaluation import QueryRefused, evaluate
from simulators.prometheus.series import Store

NOW = 600.0


def store() -> Store:
    """Points each minute for ten minutes, as in promtool's ``0+10x10`` notation."""
    written = Store()
    for minute in range(11):
        at = minute * 60.0
        add(written, "asked_total", at, 10 * minute, job="a", instance="old")
        add(written, "up", at, 1, job="a", instance="old", revision="1")
        if minute >= 8:
            # Appears with its first event, like every counter of OpenTelemetry.
            add(written, "asked_total", at, 7 + minute - 8, job="a", instance="new")
            add(written, "up", at, 1, job="a", instance="new", revision="2")
        if minute <= 8:
            add(written, "failed_total", at, 3 if minute < 4 else minute - 4, job="a", instance="x")
        for bound, share in (("1", 0.5), ("2", 0.9), ("+Inf", 1.0)):
            add(written, "took_bucket", at, 10 * minute * share, le=bound)
    return written


def add(to: Store, name: str, at: float, value: float, **labels: str) -> None:
    to.add({"__name__": name, **labels}, at, value)


def values(promql: str) -> dict[str, float]:
    """The value of each series by its instance or bound."""
    result = evaluate(promql, store(), NOW)
    assert not isinstance(result, float)
    return {
        dict(labels).get("instance", dict(labels).get("le", "")): value
        for labels, value in result.items()
    }


@pytest.mark.parametrize(
    ("promql", "expected"),
    [
        ('asked_total{instance="old"}', {"old": 100}),
        ('asked_total{instance!="old"}', {"new": 9}),
        ('asked_total{instance=~"o.*|n.*",job!~"b|c"}', {"old": 100, "new": 9}),
        ("asked_total offset 3m", {"old": 70}),
        ("failed_total", {"x": 4}),
        ("increase(asked_total[270s])", {"old": 45, "new": 2.5}),
        ("rate(asked_total[270s])", {"old": 45 / 270, "new": 2.5 / 270}),
        # It fell from 3 to 0: what counts from there is added.
        ("increase(failed_total[570s])", {"x": 4 * 480 / 420}),
        ("max_over_time(failed_total[570s])", {"x": 4}),
        ("sum(asked_total)", {"": 109}),
        ("max by (instance) (asked_total)", {"old": 100, "new": 9}),
        ("count(asked_total)", {"": 2}),
        ("sum(asked_total) / sum(failed_total)", {"": 27.25}),
        ("asked_total > 50", {"old": 100}),
        ("sum(nothing) or vector(0)", {"": 0}),
        ("asked_total unless asked_total offset 5m", {"new": 9}),
        ("asked_total and on (instance) failed_total", {}),
        ('asked_total * on (job, instance) group_left () up{revision="2"}', {"new": 9}),
        ("sum(asked_total) > 200 and sum(asked_total) > 1", {}),
        ("histogram_quantile(0.5, took_bucket)", {"": 1.0}),
        ("histogram_quantile(0.7, sum by (le) (took_bucket))", {"": 1.5}),
        ("histogram_quantile(0.99, took_bucket)", {"": 2.0}),
    ],
)
def test_the_value_is_prometheus_value(promql: str, expected: dict[str, float]) -> None:
    assert values(promql) == pytest.approx(expected)


def test_a_quantile_of_nothing_is_no_number() -> None:
    empty = Store()
    for bound in ("1", "+Inf"):
        add(empty, "took_bucket", NOW, 0, le=bound)
    result = evaluate("histogram_quantile(0.5, took_bucket)", empty, NOW)
    assert not isinstance(result, float)
    assert [math.isnan(value) for value in result.values()] == [True]


@pytest.mark.parametrize(
    "promql",
    [
        "sum(",
        "topk(1, asked_total)",
        "absent(x)",
        "sum without (job) (asked_total)",
        "-asked_total",
    ],
)
def test_what_is_not_understood_is_refused(promql: str) -> None:
    with pytest.raises(QueryRefused):
        evaluate(promql, store(), NOW)
