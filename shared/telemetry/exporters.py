"""The destinations of spans and metrics. Data that cannot be sent is lost; no request waits."""

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricExporter,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

from shared.telemetry.deployment import Deployment
from shared.telemetry.log import get_logger

if TYPE_CHECKING:
    from shared.telemetry.otlp import Receiver, Refused

log = get_logger(__name__)

Destination = Literal["console", "otlp", "gcp"]
ExporterT = TypeVar("ExporterT", SpanExporter, MetricExporter)
ResultT = TypeVar("ResultT")


def exporters(destination: Destination, here: Deployment) -> tuple[SpanExporter, MetricExporter]:
    """The senders of spans and of metrics, which log one failure per outage and never raise."""
    if destination == "console":
        # Not on standard output: the log there stays one JSON object a line.
        return ConsoleSpanExporter(out=sys.stderr), ConsoleMetricExporter(out=sys.stderr)
    heard = _quietened()
    return (
        WatchedSpans(partial(_spans, destination, here), Outage("spans", heard)),
        WatchedMetrics(partial(_metrics, destination, here), Outage("metrics", heard)),
    )


# The exporting thread imports requests, protobuf and google-auth, so that no question waits for it.


def _spans(destination: "Receiver", here: Deployment, refused: "Refused") -> SpanExporter:
    from shared.telemetry.otlp import span_exporter  # noqa: PLC0415 - as said above

    return span_exporter(destination, here, refused)


def _metrics(destination: "Receiver", here: Deployment, refused: "Refused") -> MetricExporter:
    from shared.telemetry.otlp import metric_exporter  # noqa: PLC0415 - as said above

    return metric_exporter(destination, here, refused)


class LastWords(logging.Handler):
    """Keeps the last log record of the SDK's exporters, instead of writing it at each failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said = record.getMessage()


def _quietened() -> LastWords:
    heard = LastWords()
    for name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
        sdk = logging.getLogger(name)
        sdk.handlers[:] = [heard]
        sdk.propagate = False
    return heard


class Outage:
    """The outage of one signal: logs its beginning and its end. A request of which the receiver
    dropped a part counts as lost.
    """

    def __init__(self, signal: str, heard: LastWords) -> None:
        self._signal = signal
        self._heard = heard
        self._lost = False
        self._refused: str | None = None

    def refused(self, why: str) -> None:
        """Note that the receiver dropped a part of the current request."""
        self._refused = why

    def note(self, sent: bool, why: str | None = None) -> None:
        """Note that the request was sent, or was not."""
        dropped, self._refused = self._refused, None
        sent, why = sent and dropped is None, why or dropped
        if sent and self._lost:
            log.info("Telemetry is sent again.", action="telemetry_back", signal=self._signal)
        if not sent and not self._lost:
            log.warning(
                "Telemetry cannot be sent; what is recorded meanwhile is lost.",
                action="telemetry_lost",
                signal=self._signal,
                why=why or self._heard.said,
            )
        self._lost = not sent


class _Watched(Generic[ExporterT]):
    """An exporter, built in the exporting thread with the first data, so that the service does not
    wait for the search for credentials.
    """

    def __init__(self, build: Callable[["Refused"], ExporterT], outage: Outage) -> None:
        super().__init__()
        self._build: Callable[[Refused], ExporterT] = build
        self._outage = outage
        self._exporter: ExporterT | None = None

    def _sent(self, send: Callable[[ExporterT], ResultT], failure: ResultT) -> ResultT:
        try:
            self._exporter = self._exporter or self._build(self._outage.refused)
            result = send(self._exporter)
        except Exception as error:
            # The outermost edge of its thread: telemetry must not end because of one failure.
            self._outage.note(False, type(error).__name__)
            return failure
        self._outage.note(result is not failure)
        return result

    def force_flush(self, timeout_millis: float = 0) -> bool:
        """Nothing is buffered here."""
        return True

    def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """Shut down the exporter, if one was built."""
        if self._exporter is not None:
            self._exporter.shutdown(*args, **kwargs)


class WatchedSpans(_Watched[SpanExporter], SpanExporter):
    """A watched exporter of spans."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them now; never raises."""
        return self._sent(lambda exporter: exporter.export(spans), SpanExportResult.FAILURE)


class WatchedMetrics(_Watched[MetricExporter], MetricExporter):
    """The same for metrics; cumulative whatever the environment says, for PromQL's ``rate``."""

    def export(self, metrics_data: MetricsData, *args: Any, **kwargs: Any) -> MetricExportResult:
        """Send them now; never raises."""
        return self._sent(
            lambda exporter: exporter.export(metrics_data, *args, **kwargs),
            MetricExportResult.FAILURE,
        )
