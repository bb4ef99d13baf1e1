"""Spans and metrics as plain values, read from OTLP's messages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

Kind = Literal["counter", "gauge", "histogram"]

_NANO = 1_000_000_000


class NotAccepted(Exception):
    """What a receiver that feeds PromQL cannot use; the text says why."""


@dataclass(frozen=True)
class Span:
    """One finished span. Times are Unix seconds, ids hexadecimal; ``parent_id`` may be empty."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    began: float
    ended: float
    failed: bool
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    text: str
    """Everything of it that was sent, for searching."""

    @property
    def service(self) -> str:
        """Which service it is of."""
        return str(self.resource.get("service.name", "unknown"))


@dataclass(frozen=True)
class Series:
    """One metric with one set of labels, as it stands. A histogram's ``value`` is its count."""

    name: str
    kind: Kind
    unit: str
    labels: Mapping[str, str]
    value: float
    sum: float
    bounds: tuple[float, ...]
    resource: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for each export of it by one process."""
        instance = str(self.resource.get("service.instance.id", ""))
        return (instance, self.name, *(f"{key}={self.labels[key]}" for key in sorted(self.labels)))


def read_spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Every span of a request."""
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield _span(span, resource)


def _span(span: trace_pb2.Span, resource: Mapping[str, Any]) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        began=span.start_time_unix_nano / _NANO,
        ended=span.end_time_unix_nano / _NANO,
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        resource=resource,
        text=str(span),
    )


def read_series(request: ExportMetricsServiceRequest) -> Iterator[Series]:
    """Every series of a request; raises NotAccepted for one that PromQL could not use."""
    for group in request.resource_metrics:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                yield from _series(metric, resource)


def _series(metric: metrics_pb2.Metric, resource: Mapping[str, Any]) -> Iterator[Series]:
    which = metric.WhichOneof("data")
    if which == "gauge":
        for point in metric.gauge.data_points:
            yield _number(metric, "gauge", point, resource)
    elif which == "sum":
        _require_cumulative(metric.name, metric.sum.aggregation_temporality)
        kind: Kind = "counter" if metric.sum.is_monotonic else "gauge"
        for point in metric.sum.data_points:
            yield _number(metric, kind, point, resource)
    elif which == "histogram":
        _require_cumulative(metric.name, metric.histogram.aggregation_temporality)
        for spread in metric.histogram.data_points:
            yield Series(
                metric.name,
                "histogram",
                metric.unit,
                _attributes(spread.attributes),
                spread.count,
                spread.sum,
                tuple(spread.explicit_bounds),
                resource,
            )
    else:
        raise NotAccepted(f"{metric.name}: {which} is not known here")


def _number(
    metric: metrics_pb2.Metric,
    kind: Kind,
    point: metrics_pb2.NumberDataPoint,
    resource: Mapping[str, Any],
) -> Series:
    is_int = point.WhichOneof("value") == "as_int"
    value = float(point.as_int if is_int else point.as_double)
    labels = _attributes(point.attributes)
    return Series(metric.name, kind, metric.unit, labels, value, value, (), resource)


def _require_cumulative(name: str, temporality: int) -> None:
    if temporality != metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE:
        raise NotAccepted(f"{name}: only cumulative metrics can be asked for in PromQL")


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, which) if which else None
