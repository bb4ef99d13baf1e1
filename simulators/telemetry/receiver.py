"""OTLP over HTTP with protobuf bodies: takes spans and metrics and keeps what it was told.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]  # no types
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.telemetry.records import NotAccepted, Series, Span, read_series, read_spans

_PROTOBUF = "application/x-protobuf"
_SPANS = 50_000
_REQUESTS = 1_000
# As Google's endpoint (docs.cloud.google.com/stackdriver/quotas).
_POINTS_A_REQUEST = 200


@dataclass(frozen=True)
class Received:
    """One request: which signal, and its headers."""

    signal: str
    headers: Mapping[str, str]


@dataclass
class TelemetryReceiver:
    """Keeps the last spans, and of each series how it stands.

    Spans whose trace the journal knows already join that journey, for the page. Faults are asked
    for with the target ``telemetry`` and ``traces`` or ``metrics``; only ``error`` means something.
    """

    journal: Journal
    faults: FaultPlan
    spans: deque[Span] = field(default_factory=lambda: deque(maxlen=_SPANS))
    requests: deque[Received] = field(default_factory=lambda: deque(maxlen=_REQUESTS))
    _series: dict[tuple[str, ...], Series] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def series(self, name: str, **labels: str) -> list[Series]:
        """The series of a metric that have these labels, of every process."""
        return [
            one
            for one in self._series.values()
            if one.name == name and labels.items() <= one.labels.items()
        ]

    def total(self, name: str, **labels: str) -> float:
        """Their values added up: how often it was counted, or recorded in a histogram."""
        return sum(one.value for one in self.series(name, **labels))

    def names(self) -> set[str]:
        """The metrics that have arrived."""
        return {one.name for one in self._series.values()}

    async def wait_for(self, condition: Callable[[], object], deadline_s: float = 30.0) -> None:
        """Return once ``condition()`` holds; raises TimeoutError."""
        async with asyncio.timeout(deadline_s):
            while not condition():
                await self._changed.wait()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the block is left; gives the base URL (``OTEL_EXPORTER_OTLP_ENDPOINT``)."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._traces)
        app.router.add_post("/v1/metrics", self._metrics)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _traces(self, request: web.Request) -> web.Response:
        message = ExportTraceServiceRequest()
        refused = await self._read(request, "traces", message)
        if refused is not None:
            return refused
        for span in read_spans(message):
            self._keep(span)
        return self._answer(ExportTraceServiceResponse())

    async def _metrics(self, request: web.Request) -> web.Response:
        message = ExportMetricsServiceRequest()
        refused = await self._read(request, "metrics", message)
        if refused is not None:
            return refused
        try:
            points = list(read_series(message))
        except NotAccepted as error:
            return web.Response(status=400, text=str(error))
        if len(points) > _POINTS_A_REQUEST:
            text = f"A maximum of {_POINTS_A_REQUEST} points can be written in a single request."
            return web.Response(status=400, text=text)
        kept = {one.identity: one for one in points if not _has_no_location(one)}
        self._series.update(kept)
        answer = ExportMetricsServiceResponse()
        if dropped := sum(map(_has_no_location, points)):
            answer.partial_success.rejected_data_points = dropped
            answer.partial_success.error_message = "The resource has no location."
        return self._answer(answer)

    async def _read(
        self, request: web.Request, signal: str, message: Message
    ) -> web.Response | None:
        """Read the body into ``message``, or say why not."""
        self.requests.append(Received(signal, dict(request.headers)))
        fault = self.faults.take("telemetry", signal)
        if fault is not None and fault.kind == "error":
            return web.Response(status=fault.status, text=fault.error)
        if request.content_type != _PROTOBUF:
            return web.Response(status=415, text=f"only {_PROTOBUF} is understood here")
        try:
            # aiohttp has undone the Content-Encoding already.
            message.ParseFromString(await request.read())
        except DecodeError as error:
            return web.Response(status=400, text=f"not OTLP: {type(error).__name__}")
        return None

    def _keep(self, span: Span) -> None:
        self.spans.append(span)
        key = f"trace:{span.trace_id}"
        if not self.journal.knows(key):
            return
        self.journal.record(
            span.service,
            "span",
            [key],
            ms=(span.ended - span.began) * 1000,
            name=span.name,
            began=span.began,
            span_id=span.span_id,
            parent_id=span.parent_id,
            failed=span.failed,
        )

    def _answer(self, message: Message) -> web.Response:
        self._changed.set()
        self._changed = asyncio.Event()
        return web.Response(body=message.SerializeToString(), content_type=_PROTOBUF)


def _has_no_location(series: Series) -> bool:
    """Google drops such a point, and only such: what was sent beside it is kept."""
    on_google_cloud = "gcp.project_id" in series.resource and "faas.version" in series.resource
    return on_google_cloud and not series.resource.get("cloud.region")
