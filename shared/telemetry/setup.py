"""Spans and metrics of a process, exported as the setting ``TELEMETRY`` says."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from shared.telemetry.deployment import Deployment, google_resource
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import BUILD_INFO, PROCESS_CPU, PROCESS_MEMORY
from shared.telemetry.tracing import start_tracing

if TYPE_CHECKING:
    from shared.telemetry.exporters import Destination

log = get_logger(__name__)

Telemetry = Literal["none", "console", "otlp", "gcp"]

# The rest of Cloud Run's ten seconds after SIGTERM, once the services have drained for eight.
FLUSH_WITHIN_S = 1.5


@contextmanager
def telemetry(kind: Telemetry, sample_ratio: float, here: Deployment) -> Iterator[None]:
    """Export spans and metrics inside the block; at its end flush them within ``FLUSH_WITHIN_S``
    seconds.

    With ``none`` spans have ids, for Slack, Gemini and the logs, and record nothing.
    """
    if kind == "none":
        start_tracing(here, sample_ratio=0.0)
        yield
        return
    close = _start(kind, sample_ratio, here)
    try:
        yield
    finally:
        close()


def _start(destination: "Destination", sample_ratio: float, here: Deployment) -> Callable[[], None]:
    """Start both pipelines; the returned function flushes and ends them."""
    # A service that sends nothing must not pay for the SDK's metrics in its cold start.
    from opentelemetry import metrics  # noqa: PLC0415 - as said above
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - as said above
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415 - as said above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as said above

    from shared.telemetry.exporters import exporters  # noqa: PLC0415 - as said above

    to_spans, to_metrics = exporters(destination, here)
    spans = start_tracing(
        here, sample_ratio, google_resource(here) if destination == "gcp" else None
    )
    # Both are bounded: 2,048 spans wait at most, and a metric has one value for each set of labels.
    spans.add_span_processor(BatchSpanProcessor(to_spans))
    meters = MeterProvider(
        metric_readers=[PeriodicExportingMetricReader(to_metrics)],
        resource=spans.resource,
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(meters)
    _watch_process(here)
    return lambda: _end(spans.shutdown, meters.shutdown)


def _watch_process(here: Deployment) -> None:
    import psutil  # noqa: PLC0415 - as above

    process = psutil.Process()
    PROCESS_CPU.watch(lambda: sum(process.cpu_times()[:2]), service=here.service)
    PROCESS_MEMORY.watch(lambda: float(process.memory_info().rss), service=here.service)
    BUILD_INFO.set(1, **here.labels())


def _end(*shutdowns: Callable[[], None]) -> None:
    """Run them side by side; one that exceeds the deadline is abandoned in its daemon thread."""

    def quietly(shutdown: Callable[[], None]) -> None:
        # An exporter that fails now has already logged why.
        with contextlib.suppress(Exception):
            shutdown()

    threads = [threading.Thread(target=quietly, args=(one,), daemon=True) for one in shutdowns]
    for thread in threads:
        thread.start()
    until = time.monotonic() + FLUSH_WITHIN_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        log.warning("The last telemetry was not sent in time.", action="telemetry_unsent")
