"""OTLP over HTTP: to any collector, or to Google's telemetry endpoint with our own credentials.

https://cloud.google.com/stackdriver/docs/reference/telemetry/overview
"""

import os
from collections.abc import Callable
from typing import Final, Literal

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as PersonsCredentials
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it ships no types
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from shared.telemetry.deployment import Deployment

GOOGLE_ENDPOINT: Final = "https://telemetry.googleapis.com"
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_REFRESH_WITHIN_S: Final = 5
# Google refuses a whole request beyond that (docs.cloud.google.com/stackdriver/quotas).
_POINTS_A_REQUEST: Final = 200

Receiver = Literal["otlp", "gcp"]
FindCredentials = Callable[[Deployment], Credentials]
Refused = Callable[[str], None]
"""Called with the reason when a receiver drops a part of a request, which the SDK ignores."""


def google_credentials(here: Deployment) -> Credentials:
    """The service account's credentials, or a user's with the project's quota.

    A service account uses its own project's quota; naming that would need one more permission.
    """
    credentials: Credentials
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    if isinstance(credentials, PersonsCredentials) and credentials.quota_project_id is None:
        credentials = credentials.with_quota_project(here.project)
    return credentials


def span_exporter(
    destination: Receiver,
    here: Deployment,
    refused: Refused,
    find: FindCredentials = google_credentials,
) -> OTLPSpanExporter:
    """A span exporter to any collector, which the SDK finds in ``OTEL_EXPORTER_OTLP_*``; or to
    Google, or to ``OTEL_EXPORTER_OTLP_ENDPOINT`` if a proxy is in between.
    """
    session = _session(find(here) if destination == "gcp" else None, refused)
    return OTLPSpanExporter(_address(destination, "v1/traces"), session=session)


def metric_exporter(
    destination: Receiver,
    here: Deployment,
    refused: Refused,
    find: FindCredentials = google_credentials,
) -> OTLPMetricExporter:
    """As ``span_exporter``."""
    return OTLPMetricExporter(
        _address(destination, "v1/metrics"),
        session=_session(find(here) if destination == "gcp" else None, refused),
        max_export_batch_size=_POINTS_A_REQUEST,
    )


def _address(destination: Receiver, path: str) -> str | None:
    if destination == "otlp":
        return None
    base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or GOOGLE_ENDPOINT
    return f"{base.rstrip('/')}/{path}"


def _session(credentials: Credentials | None, refused: Refused) -> requests.Session:
    """A session whose responses are checked for a partial success (OTLP specification)."""
    session = requests.Session()
    if credentials is not None:
        session = AuthorizedSession(credentials, refresh_timeout=_REFRESH_WITHIN_S)  # type: ignore[no-untyped-call]  # google-auth is untyped here

    def read(response: requests.Response, **_how: object) -> None:
        why = _dropped(response)
        if why is not None:
            refused(why)

    session.hooks["response"].append(read)
    return session


def _dropped(response: requests.Response) -> str | None:
    is_metrics = response.request.path_url.endswith("/metrics")
    told = ExportMetricsServiceResponse() if is_metrics else ExportTraceServiceResponse()
    if response.status_code != requests.codes.ok:
        return None
    try:
        told.ParseFromString(response.content)
    except DecodeError:
        return None
    part = told.partial_success
    count = part.rejected_data_points if is_metrics else part.rejected_spans
    return f"{count} dropped: {part.error_message}" if count else None
