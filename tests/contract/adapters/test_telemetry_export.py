"""Spans and metrics on their way to an OTLP receiver: with credentials, and through an outage."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.credentials import Credentials
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from shared.telemetry.deployment import Deployment, google_resource
from shared.telemetry.exporters import exporters
from shared.telemetry.metrics import STOPPED
from shared.telemetry.otlp import google_credentials, metric_exporter, span_exporter
from shared.telemetry.setup import FLUSH_WITHIN_S
from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal
from simulators.telemetry import TelemetryReceiver
from tests.support.machine import measured

HERE = Deployment("command-service", "acme", revision="command-00001-abc")


class FakeCredentials(Credentials):
    """A service account's credentials whose token is known at once."""

    def refresh(self, request: object) -> None:
        self.token = "a-token"


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelemetryReceiver]:
    running = TelemetryReceiver(Journal(), FaultPlan())
    async with running.serve() as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        # One attempt: the SDK's own repetition of what failed is not what is looked at here.
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
        yield running


def some_spans() -> list[ReadableSpan]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource(HERE.resource()), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("test").start_as_current_span("push"):
        pass
    return list(kept.get_finished_spans())


def some_points(number: int, **resource: str) -> MetricsData:
    reader = InMemoryMetricReader()
    meters = MeterProvider(
        metric_readers=[reader], resource=Resource(resource), shutdown_on_exit=False
    )
    counter = meters.get_meter("test").create_counter("a_total")
    for label in range(number):
        counter.add(1, {"label": str(label)})
    data = reader.get_metrics_data()
    assert data is not None
    return data


def nobody(why: str) -> None:
    raise AssertionError(why)


async def test_more_points_than_a_request_may_hold_are_sent_in_several(
    receiver: TelemetryReceiver,
) -> None:
    _, exporter = exporters("otlp", HERE)
    assert await asyncio.to_thread(exporter.export, some_points(201)) is MetricExportResult.SUCCESS
    assert receiver.total("a_total") == 201
    assert len(receiver.requests) == 2


async def test_the_receiver_refuses_a_request_of_too_many_points_as_google_does(
    receiver: TelemetryReceiver,
) -> None:
    exporter = OTLPMetricExporter()
    assert await asyncio.to_thread(exporter.export, some_points(201)) is MetricExportResult.FAILURE
    assert receiver.total("a_total") == 0


async def test_points_that_google_drops_without_a_word_are_logged(
    receiver: TelemetryReceiver,
) -> None:
    known = google_resource(HERE, {"GCE_METADATA_HOST": "127.0.0.1:1"})
    _, exporter = exporters("otlp", HERE)
    with capture_logs() as lines:
        for region in ("", "", "asia-northeast1"):
            points = some_points(3, **known, **{"cloud.region": region})
            await asyncio.to_thread(exporter.export, points)
    assert [line["action"] for line in lines] == ["telemetry_lost", "telemetry_back"]
    assert lines[0]["why"] == "3 dropped: The resource has no location."
    assert receiver.total("a_total") == 3


async def test_google_gets_our_credentials_with_each_signal(receiver: TelemetryReceiver) -> None:
    def find(here: Deployment) -> Credentials:
        assert here.project == "acme"
        return FakeCredentials()  # type: ignore[no-untyped-call] # google-auth is untyped here

    spans = span_exporter("gcp", HERE, nobody, find)
    metrics = metric_exporter("gcp", HERE, nobody, find)
    sent = await asyncio.to_thread(spans.export, some_spans())
    counted = await asyncio.to_thread(metrics.export, some_points(1))
    assert (sent, counted) == (SpanExportResult.SUCCESS, MetricExportResult.SUCCESS)
    assert [one.signal for one in receiver.requests] == ["traces", "metrics"]
    assert {one.headers["Authorization"] for one in receiver.requests} == {"Bearer a-token"}
    assert receiver.spans[0].service == "command-service"


async def test_an_outage_is_logged_once_and_so_is_its_end(receiver: TelemetryReceiver) -> None:
    receiver.faults.add("telemetry", "traces", Fault("error", status=500), times=2)
    exporter, _ = exporters("otlp", HERE)
    with capture_logs() as lines:
        results = [await asyncio.to_thread(exporter.export, some_spans()) for _ in range(4)]
    assert [result is SpanExportResult.SUCCESS for result in results] == [False, False, True, True]
    assert [line["action"] for line in lines] == ["telemetry_lost", "telemetry_back"]
    assert "500" in lines[0]["why"]


async def test_credentials_that_cannot_be_found_are_an_outage_and_no_crash(
    receiver: TelemetryReceiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    exporter, _ = exporters("gcp", HERE)
    with capture_logs() as lines:
        result = await asyncio.to_thread(exporter.export, some_spans())
    assert result is SpanExportResult.FAILURE
    assert [line["why"] for line in lines] == ["DefaultCredentialsError"]
    assert not receiver.requests


@pytest.mark.parametrize(
    ("kind", "quota"), [("authorized_user", "acme"), ("service_account", None)]
)
def test_a_person_takes_the_projects_quota_and_a_service_account_its_own(
    kind: str, quota: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    said = {
        "type": kind,
        "client_id": "1",
        "client_secret": "2",
        "refresh_token": "3",
        "client_email": "a@acme.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:1/token",
        "private_key": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
    }
    (tmp_path / "key.json").write_text(json.dumps(said))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme")
    assert google_credentials(HERE).quota_project_id == quota


async def test_a_receiver_refuses_what_is_no_protobuf(receiver: TelemetryReceiver) -> None:
    url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/v1/traces", json={}) as answer:
            assert answer.status == 415
        headers = {"Content-Type": "application/x-protobuf"}
        async with session.post(f"{url}/v1/traces", data=b"\xff", headers=headers) as answer:
            assert answer.status == 400


AN_EVENT = """
import time
from shared.telemetry.deployment import Deployment
from shared.telemetry.metrics import STOPPED
from shared.telemetry.setup import telemetry
from shared.telemetry.tracing import span
with telemetry("otlp", 1.0, Deployment("command-service", "acme")):
    with span("envelope"):
        STOPPED.add()
    ending = time.monotonic()
print(time.monotonic() - ending)
"""


async def ended_within_s(endpoint: str) -> float:
    """How long a process that has just measured something took to send it and end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AN_EVENT),
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return float(out.decode().splitlines()[-1])


async def test_what_was_just_measured_is_sent_before_the_end(receiver: TelemetryReceiver) -> None:
    await ended_within_s(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"])
    assert [one.name for one in receiver.spans] == ["envelope"]
    assert receiver.total(STOPPED.name) == 1


async def test_an_unreachable_receiver_does_not_hold_up_the_end() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            pass
        writer.close()
        ended.release()

    ended = asyncio.Semaphore(0)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with measured() as waiting:
            took_s = await ended_within_s(f"http://127.0.0.1:{port}")
        # What is still open when the loop ends fails a later test, whichever runs at the next
        # garbage collection.
        async with asyncio.timeout(30):
            await ended.acquire()
    assert took_s < (FLUSH_WITHIN_S + 0.5) * waiting.factor


async def test_without_telemetry_no_exporter_is_imported() -> None:
    code = (
        "import sys\n"
        "from shared.telemetry.deployment import Deployment\n"
        "from shared.telemetry.setup import telemetry\n"
        "with telemetry('none', 1.0, Deployment('command-service', 'local')): pass\n"
        "heavy = ('requests', 'google.auth', 'opentelemetry.exporter', "
        "'opentelemetry.sdk.metrics')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert out.decode().strip() == "[]"


async def test_on_cloud_run_the_metadata_server_names_instance_and_region() -> None:
    async def metadata(request: web.Request) -> web.Response:
        assert request.headers["Metadata-Flavor"] == "Google"
        known = {"id": "0087-instance", "region": "projects/1/regions/europe-west1"}
        return web.Response(text=known[request.match_info["what"]])

    app = web.Application()
    app.router.add_get("/computeMetadata/v1/instance/{what}", metadata)
    async with TestServer(app) as server:
        said = await asyncio.to_thread(
            google_resource, HERE, {"GCE_METADATA_HOST": f"127.0.0.1:{server.port}"}
        )
    assert said["faas.instance"] == said["service.instance.id"] == "0087-instance"
    assert said["cloud.region"] == "europe-west1"


def test_google_is_told_project_instance_and_revision_even_without_a_metadata_server() -> None:
    environment = {"K_SERVICE": "command", "REGION": "asia-northeast1"}
    said = google_resource(HERE, {"GCE_METADATA_HOST": "127.0.0.1:1", **environment})
    assert said == {
        "gcp.project_id": "acme",
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "faas.name": "command",
        "faas.version": "command-00001-abc",
        "faas.instance": HERE.instance,
        "service.instance.id": HERE.instance,
        "cloud.region": "asia-northeast1",
    }
    assert google_resource(Deployment("command-service", "acme"), {}) == {"gcp.project_id": "acme"}
