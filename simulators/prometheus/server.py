"""The HTTP side: OTLP in, Prometheus' query API out."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from simulators.prometheus.evaluation import QueryRefused, evaluate
from simulators.prometheus.otlp import POINTS_A_REQUEST, points_in, samples
from simulators.prometheus.series import Store

_PROTOBUF = "application/x-protobuf"
_QUERY = "/v1/projects/{project}/location/global/prometheus/api/v1/query"


class PrometheusSimulator:
    """``POST /v1/metrics`` takes OTLP; Cloud Monitoring's path of instant queries answers."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.store = Store()
        self.queries: list[str] = []
        self._clock = clock

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the block is left; yields the base URL."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/v1/metrics", self._receive)
        app.router.add_post("/v1/traces", self._leave_out)
        app.router.add_route("*", _QUERY, self._query)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        if request.content_type != _PROTOBUF:
            return web.Response(status=415, text="only protobuf is taken here")
        exported = ExportMetricsServiceRequest.FromString(await request.read())
        if points_in(exported) > POINTS_A_REQUEST:
            text = f"A maximum of {POINTS_A_REQUEST} points can be written in a single request."
            return web.Response(status=400, text=text)
        for labels, at, value in samples(exported):
            self.store.add(labels, at, value)
        body = ExportMetricsServiceResponse().SerializeToString()
        return web.Response(body=body, content_type=_PROTOBUF)

    async def _leave_out(self, _request: web.Request) -> web.Response:
        """Spans are taken and forgotten: exporters send both to one address."""
        return web.Response(content_type=_PROTOBUF)

    async def _query(self, request: web.Request) -> web.Response:
        asked = {**request.query, **(await request.post())}
        promql, at = str(asked.get("query", "")), float(str(asked.get("time", self._clock())))
        self.queries.append(promql)
        try:
            value = evaluate(promql, self.store, at)
        except QueryRefused as error:
            answer = {"status": "error", "errorType": "bad_data", "error": str(error)}
            return web.json_response(answer, status=400)
        if isinstance(value, float):
            data: dict[str, object] = {"resultType": "scalar", "result": [at, str(value)]}
        else:
            result = [
                {"metric": dict(labels), "value": [at, str(each)]} for labels, each in value.items()
            ]
            data = {"resultType": "vector", "result": result}
        return web.json_response({"status": "success", "data": data})
