"""OTLP metrics as Prometheus series, as Google's telemetry endpoint maps them.

``job`` is the service's name and ``instance`` its instance id; a point without an instance is
rejected there (docs.cloud.google.com/stackdriver/docs/reference/telemetry/v1.metrics).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from simulators.prometheus.series import NAME

Sample = tuple[dict[str, str], float, float]
"""Labels, time and value of one point."""


POINTS_A_REQUEST: Final = 200
"""As Google's endpoint, which refuses the whole request beyond (stackdriver/quotas)."""


def points_in(request: ExportMetricsServiceRequest) -> int:
    """How many points a request has; a histogram's is one."""
    metrics = (
        metric
        for of_resource in request.resource_metrics
        for scope in of_resource.scope_metrics
        for metric in scope.metrics
    )
    kinds = ((metric, metric.WhichOneof("data")) for metric in metrics)
    return sum(len(getattr(metric, kind).data_points) for metric, kind in kinds if kind)


def samples(request: ExportMetricsServiceRequest) -> Iterator[Sample]:
    """Every point of a request. Points of a resource without an instance are left out."""
    for of_resource in request.resource_metrics:
        resource = _attributes(of_resource.resource.attributes)
        instance = resource.get("service.instance.id", "")
        if not instance:
            continue
        target = {"job": resource.get("service.name", ""), "instance": instance}
        for scope in of_resource.scope_metrics:
            for metric in scope.metrics:
                yield from _points(metric, target)


def _points(metric: Any, target: Mapping[str, str]) -> Iterator[Sample]:
    kind = metric.WhichOneof("data")
    if kind == "histogram":
        for point in metric.histogram.data_points:
            yield from _histogram(metric.name, point, target)
    elif kind in ("sum", "gauge"):
        for point in getattr(metric, kind).data_points:
            value = float(getattr(point, point.WhichOneof("value")))
            yield _labels(metric.name, point, target), _at(point), value


def _histogram(name: str, point: Any, target: Mapping[str, str]) -> Iterator[Sample]:
    at, total = _at(point), 0
    bounds = [*(f"{bound:g}" for bound in point.explicit_bounds), "+Inf"]
    for bound, count in zip(bounds, point.bucket_counts, strict=True):
        total += count
        yield {**_labels(f"{name}_bucket", point, target), "le": bound}, at, float(total)
    yield _labels(f"{name}_count", point, target), at, float(point.count)
    yield _labels(f"{name}_sum", point, target), at, point.sum


def _labels(name: str, point: Any, target: Mapping[str, str]) -> dict[str, str]:
    return {**_attributes(point.attributes), **target, NAME: name}


def _at(point: Any) -> float:
    return float(point.time_unix_nano) / 1e9


def _attributes(pairs: Iterable[Any]) -> dict[str, str]:
    return {
        pair.key: str(getattr(pair.value, pair.value.WhichOneof("value") or "string_value"))
        for pair in pairs
    }
